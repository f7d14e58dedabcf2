// Role worker of wfd: TLS, HTTP, login pages, relaying, for one client connection, or
// for several when connections_per_worker says so.  It asks the signer, sessions and the
// broker; it can open no file, make no socket, and see no key.
#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <vector>

#include "common/generation_page.h"
#include "common/nursery.h"
#include "common/question_window.h"
#include "common/recorder.h"
#include "wfd/connection.h"
#include "wfd/shop.h"

namespace postern::wfd {

class Worker final : public SignPeer, public ResumptionPeer {
 public:
  Worker(Shop& shop, WorkerSeat& seat, Loop& loop);
  Result<void> start();

  Shop& shop() { return shop_; }
  Loop& loop() { return loop_; }
  Log& log() { return *seat_.log; }
  // For lines about requests: they go together with others.
  Recorder& recorder() { return recorder_; }
  // Whether this process is for one connection.
  bool is_single() const { return shop_.settings.isolation.connections_per_worker == 1; }
  bool tracing() const { return seat_.trace; }
  // The domain of our cookie, as sessions told it; empty before.
  std::string_view cookie_domain() const { return cookie_domain_; }

  // Sends a question for `who`, which it empties; the answer is given to its on_...().  The
  // tag that comes back is 0 when the role is not there: then nothing will come.
  template <class M>
  std::uint32_t ask(Connection& who, Role role, M& question) {
    const std::uint32_t tag = next_tag_ == 0 ? ++next_tag_ : next_tag_;
    question.tag = tag;
    Channel& channel = role == Role::broker ? seat_.broker : seat_.sessions;
    if (!window(role).ask(channel, std::move(question))) return 0;
    asked_[tag] = {&who, role};
    return next_tag_++;
  }
  // Nobody waits for the answer to `tag` any more.
  void forget(std::uint32_t tag) { asked_.erase(tag); }
  // Sends something that has no answer.
  template <class M>
  void tell(Role role, const M& news) {
    (void)(role == Role::broker ? seat_.broker : seat_.sessions).send(news);  // lost with its role
  }
  // True while a verdict of sessions still stands by the generation page.
  bool stands(const Verdict& verdict) const;
  // True while the page is there, but has not heard from sessions for too long.
  bool sessions_is_late() const { return generations_ && !generations_->beats(loop_.now()); }
  // Something goes on under a verdict: from now on all that does is reviewed, twice a
  // second, until nothing is left.
  void watch_standing();
  // Nothing goes on any more in the connection that asks.
  void rest_standing();
  // A connection has nothing more to do for now: the memory that it needed meanwhile is wanted
  // no more.
  void rests();
  // The connection is over; it is destroyed after this round.
  void finished(Connection& connection, Cause cause);
  // Destroys all connections, and with them what is secret.  For the end, outside the loop.
  void forget_connections();

  Result<SignatureBytes> sign(const SignRequest& request) override;
  void keep(std::uint64_t connection, std::span<const std::byte> id, std::span<const std::byte> blob,
            std::string_view sni) override;
  std::size_t take(std::uint64_t connection, std::span<const std::byte> id, std::string_view sni,
                   std::span<std::byte> room) override;

 private:
  struct Asked {
    Connection* who = nullptr;
    Role role = Role::none;
  };
  QuestionWindow& window(Role role) { return role == Role::broker ? to_broker_ : to_sessions_; }
  std::vector<Connection*> all_connections();
  void retire_all();
  void watch(Channel& channel, Watcher& watcher);
  void hear(Channel& channel, Watcher& watcher);
  void lose(Channel& channel, Watcher& watcher);
  bool serve(Worker&, Serve& order, Packet& packet);
  bool serve_one(const Ticket& ticket, UniqueFd socket);
  bool replace(Worker&, Peer& news, Packet& packet);
  bool retire(Worker&, Retire&, Packet&);
  bool trace(Worker&, Trace& order, Packet&);
  bool page(Worker&, Page& news, Packet& packet);
  bool ended(Worker&, Ended& news, Packet&);
  bool verdict(Worker&, Verdict& answer, Packet&);
  bool session_info(Worker&, SessionInfo& answer, Packet&);
  bool login_result(Worker&, LoginResult& answer, Packet&);
  bool logged_out(Worker&, LoggedOut& answer, Packet&);
  bool own_sessions(Worker&, OwnSessions& answer, Packet&);
  bool assertion(Worker&, Assertion& answer, Packet&);
  bool key_list(Worker&, KeyList& answer, Packet&);
  bool verification(Worker&, Verification& answer, Packet&);
  bool dialled(Worker&, Dialled& answer, Packet& packet);
  bool dial_refused(Worker&, DialRefused& answer, Packet&);
  Connection* asker(std::uint32_t tag, Role role);
  const Ticket* ticket_of(std::uint64_t connection) const;
  void report();
  void sweep();
  void review();
  void tidy();

  Shop& shop_;
  WorkerSeat& seat_;
  Loop& loop_;
  Watcher porter_watcher_, signer_watcher_, broker_watcher_, sessions_watcher_;
  QuestionWindow to_broker_, to_sessions_;
  std::map<std::uint32_t, Asked> asked_;  // before the connections, which use it to the last
  std::uint32_t next_tag_ = 1;
  Recorder recorder_;                     // before the connections, which write to it
  std::map<std::uint64_t, std::unique_ptr<Connection>> connections_;
  std::vector<std::unique_ptr<Connection>> over_;
  std::deque<Closed> unsaid_;  // as many as there were connections, at most
  std::optional<GenerationReader> generations_;
  std::string cookie_domain_;
  Timer sweeper_, reporter_, reviewer_, tidier_;
  unsigned untidy_ = 0;    // looks at it since memory was given back
  bool had_work_ = false;  // since the last of them
  bool retiring_ = false;
};

// The whole life of a worker's process.
int run_worker(Shop& shop, WorkerSeat& seat);

}  // namespace postern::wfd
