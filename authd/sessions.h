// Role sessions: who is logged in, told to workers and brokers; logins, by way of the
// vault; logout, expiry and revocation, told to whom it concerns; and the operator's
// questions.  What a session is worth is decided in session_table.h; here it is heard,
// answered and logged.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>

#include "authd/assertion_desk.h"
#include "authd/known_places.h"
#include "authd/login_queue.h"
#include "authd/session_keeper.h"
#include "authd/session_links.h"
#include "authd/session_record.h"
#include "authd/session_table.h"
#include "authd/sessions_peers.h"
#include "authd/source_rate.h"
#include "common/generation_page.h"
#include "common/log.h"
#include "common/loop.h"
#include "common/settings.h"

namespace postern::authd {

// Bounds and patience (R9).
inline constexpr std::size_t max_gate_peers = 96;    // three for each wfd generation
inline constexpr std::size_t max_admin_peers = 16;
inline constexpr std::size_t max_workers = 60'000;   // below the role's limit of descriptors
// Logins that wait: for the vault, where login_queue.h bounds them, or for the time of
// their "no".  The latter cost no more than their room, so there may be many.
inline constexpr std::size_t max_logins = 1024;
inline constexpr std::size_t max_known_logins = 256;  // beyond these, for users at places of their own
inline constexpr unsigned max_logins_per_worker = 8;
inline constexpr std::size_t max_logins_per_place = 8;
inline constexpr std::size_t max_logins_per_site = 32;  // of IPv6; elsewhere a site is a place
inline constexpr std::size_t max_forwards = 16;      // operators' questions before the vault
inline constexpr Duration hello_patience = seconds(5);
inline constexpr Duration ended_patience = seconds(1);
inline constexpr Duration leaving_patience = milliseconds(50);  // for a worker that hung up, to be gone
inline constexpr Duration admin_patience = seconds(60);
inline constexpr Duration forward_patience = seconds(30);
inline constexpr Duration sweep_period = milliseconds(500);
inline constexpr Duration disk_patience = seconds(5);      // until an end is on disk
inline constexpr Duration recall_patience = seconds(30);   // for a part of what the vault remembers
inline constexpr Duration recall_pause = seconds(1);       // when it could not be read
inline constexpr std::size_t max_recalled = 4096;          // sessions in one part

class Sessions {
 public:
  // What it works with; all of it must outlive it.
  struct Outside {
    Loop& loop;
    Log& log;
    GenerationPage& page;
    Wall (*wall)();
    BootId boot{};
    Duration login_patience = seconds(10);  // with the vault
  };
  Sessions(const Outside& outside, const AuthdSettings& settings);

  // Accepts on these listening sockets from now on; only root may connect.
  Result<void> listen(UniqueFd gate, UniqueFd admin);
  // Starts the heart.  Without it no verdict stands anywhere.
  void start();
  // The vault is behind `channel` from now on; what the one before owed us is refused.
  // With persist=yes nobody is let in before it has said what it remembers.
  void take_vault(UniqueFd channel);
  // Takes over what can be taken over at run time; else says why not, and changes nothing.
  Result<void> reload(const AuthdSettings& settings);
  // The keys of assertions from now on; without any, none are made.
  void take_keys(IdentityKeys keys);

  // A connection to the gate, or of an operator, whose other end belongs to root.
  void add_gate(UniqueFd connection);
  void add_admin(UniqueFd connection);

 private:
  struct Linking {             // what a login adds to a session, instead of making one
    std::uint32_t slot = 0;
    std::uint64_t generation = 0;
    Address refused;
    LinkHandle handle;
  };
  struct PendingLogin {
    std::uint64_t worker = 0;  // id of its WorkerPeer
    std::uint32_t tag = 0;     // the worker's
    Ticket ticket;
    Text<64> user;             // as typed
    Secret<64> pin;            // until the vault has them
    Secret<16> passcode;
    CookieValue cookie;        // that the browser had
    std::optional<Linking> linking;
    Mono begun, asked;         // when it came, and when it went on to the vault
    Mono due;                  // when it ends at the latest
    std::string_view why;      // the vault's "no", which is said then; empty: it owes one
  };
  using LoginPlace = std::map<std::uint32_t, PendingLogin>::iterator;
  struct Forward {             // an operator's question that lies before the vault
    std::uint64_t admin = 0;   // id of its AdminPeer
    AdminVerb verb = AdminVerb::none;
    UserName user;
    bool dry_run = false;
    Mono due;
  };

  Mono now() const { return outside_.loop.now(); }

  // sessions.cc
  void accept(int listener, void (Sessions::*add)(UniqueFd));
  void beat();
  void sweep();
  void note(const Line& line) { (void)outside_.log.write(line); }  // best effort
  void announce(const EndedSession& ended, std::string_view event, std::string_view by,
                const Address& source = {});
  void tell_holders(std::uint32_t slot, std::uint64_t generation);
  void expel(WorkerPeer& worker, std::string_view what);
  void have_killed(const WorkerPeer& worker, Duration within);
  void name_doomed(GatePeer& gate);

  // sessions_keep.cc
  Stamp moment() const;
  void tell_vault();
  void tell_vault_soon();
  void when_on_disk(std::uint64_t from, SessionKeeper::Then then);
  void refresh();
  void ask_recall();
  void take_back(const SessionRow& row);
  void be_ready();
  bool noted(VaultPeer&, Noted& message, Packet&);
  bool recalled(VaultPeer&, Recalled& message, Packet&);
  bool recall_end(VaultPeer&, RecallEnd& message, Packet&);

  // sessions_gate.cc
  void hear_gate(GatePeer& gate);
  bool hello(GatePeer& gate, GateHello& message, Packet&);
  bool enroll(GatePeer& gate, Enroll& message, Packet& packet);
  bool judge_for_broker(GatePeer& gate, Judge& message, Packet&);

  // sessions_worker.cc
  void hear_worker(WorkerPeer& worker);
  bool judge(WorkerPeer& worker, Judge& message, Packet&);
  bool touch(WorkerPeer& worker, Touch& message, Packet&);
  bool ended_seen(WorkerPeer& worker, EndedSeen& message, Packet&);
  void use(std::uint32_t slot, std::uint64_t generation, const Ticket& ticket, Doing doing);
  Judgement judgement_of(const CookieValue& cookie, const Ticket& ticket) const;
  Verdict verdict_on(const Judgement& judgement, std::uint32_t tag, const Ticket& ticket);

  // sessions_portal.cc
  bool look(WorkerPeer& worker, Look& message, Packet&);
  bool list_own(WorkerPeer& worker, ListOwn& message, Packet&);
  bool logout(WorkerPeer& worker, Logout& message, Packet&);
  SessionInfo info_on(const Judgement& judgement) const;
  OwnRow row_on(std::uint32_t slot) const;
  std::vector<std::uint32_t> meant_by(const Logout& message, const Judgement& judgement) const;

  // sessions_identity.cc
  void learn_gate(GatePeer& gate, const GateHello& message);
  bool vouch(WorkerPeer& worker, Vouch& message, Packet&);
  bool list_keys(WorkerPeer& worker, ListKeys& message, Packet&);
  bool verify(WorkerPeer& worker, Verify& message, Packet&);

  // sessions_login.cc
  bool login(WorkerPeer& worker, Login& message, Packet&);
  std::string_view reason_against(const WorkerPeer& worker, const Ticket& ticket, bool is_known) const;
  bool crowds(const Address& client) const;
  bool refuse_login(WorkerPeer* worker, const PendingLogin& pending, std::string_view reason);
  void grant_login(WorkerPeer& worker, const PendingLogin& pending, const PasscodeResult& result);
  void end_former(const PendingLogin& pending, const UserName& user);
  void send_grant(WorkerPeer& worker, const PendingLogin& pending, const PasscodeResult& result,
                  const Created& created);
  void settle(LoginPlace place, std::string_view why);
  void settle_later(LoginPlace place, std::string_view why, Mono when);
  void watch_deadlines();

  // sessions_link.cc
  LinkHandle offer_link(const Judgement& judgement, const Ticket& ticket);
  std::optional<Address> linked_address(const Judgement& judgement, const LinkHandle& link, const Ticket& ticket) const;
  std::string_view take_link(PendingLogin& pending, const LinkHandle& link) const;
  void grant_link(WorkerPeer& worker, PendingLogin pending, const PasscodeResult& result);

  // sessions_vault.cc
  void hear_vault();
  void lose_vault();
  void ask_vault();
  Told ask_about(LoginPlace place);
  bool passcode_result(VaultPeer&, PasscodeResult& message, Packet&);
  void end_login(LoginPlace place, const PasscodeResult& result);
  bool places(VaultPeer&, Places& message, Packet&);
  void ask_places(std::uint32_t from);

  // sessions_admin.cc
  void hear_admin(AdminPeer& admin, std::uint32_t events);
  bool admin_ask(AdminPeer& admin, AdminAsk& message, Packet&);
  bool admin_chunk_in(AdminPeer& admin, AdminChunk& message, Packet&);
  bool forward(AdminPeer& admin, AdminAsk& message);
  template <class M>
  bool put_to_vault(AdminPeer& admin, M& message, Forward waiting);
  bool list_sessions(AdminPeer& admin, AdminAsk& message);
  bool kill_session(AdminPeer& admin, AdminAsk& message);
  bool kill_sessions_of_user(AdminPeer& admin, AdminAsk& message);
  bool tell_status(AdminPeer& admin, AdminAsk& message);
  bool go_on_listing(AdminPeer& admin);
  bool end_answer(AdminPeer& admin, bool done, std::string_view reason);
  bool end_sessions(AdminPeer& admin, const std::vector<EndedSession>& ended, std::string_view none);
  void throw_out(const Forward& waiting);
  bool admin_row(VaultPeer&, AdminRow& message, Packet&);
  bool admin_chunk_out(VaultPeer&, AdminChunk& message, Packet&);
  template <class M>
  bool pass_on(M& message);
  bool admin_end(VaultPeer&, AdminEnd& message, Packet&);
  void settle(std::map<std::uint32_t, Forward>::iterator place, std::string_view reason);

  Outside outside_;
  SessionTable table_;
  SessionLinks links_;
  AssertionDesk desk_;
  SourceRate verify_rate_;
  SessionKeeper keeper_;
  std::string domain_;           // of our cookie
  bool deny_unrecorded_ = true;  // [log] on_failure
  Mono started_;

  UniqueFd gate_listener_, admin_listener_;
  Watcher at_gate_, at_admin_;
  Peers<GatePeer> gates_;
  Peers<WorkerPeer> workers_;
  Peers<AdminPeer> admins_;
  VaultPeer vault_;

  std::map<std::uint32_t, PendingLogin> logins_;  // by our tag to the vault
  LoginQueue queue_;            // those of them that the vault does not have yet
  std::uint32_t at_vault_ = 0;  // the tag of the one that it has; 0: none
  Pace pace_;
  KnownPlaces places_;
  std::map<std::uint32_t, Forward> forwards_;     // by our tag to the vault
  std::uint32_t last_tag_ = 0;
  Timer heart_, broom_, deadlines_;

  bool ready_ = false;                // what the vault remembers is here
  std::vector<SessionRow> rows_;      // a part of that, until it is complete
  std::uint32_t recall_tag_ = 0, recall_from_ = 0;
  std::int64_t seen_wall_ = 0;        // the latest wall time that there ever was
  std::int64_t wall_ahead_ = 0;       // of the sure clock, in seconds, when looked at last
  Timer recorder_, teller_, recall_timer_;
};

}  // namespace postern::authd
