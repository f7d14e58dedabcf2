// A worker's process: its channels, and whose question each answer is.  Called by the
// nursery, in the new process.  What happens to a connection is in connection*.cc.  Never
// give an answer to anybody but who asked, nor destroy a connection but in sweep().

#include "wfd/worker.h"

#include <sys/epoll.h>

#include <algorithm>

#include "common/forkable.h"
#include "common/lent_room.h"

namespace postern::wfd {
namespace {

constexpr int signer_patience_ms = 2000;
constexpr Duration review_period = milliseconds(500);
constexpr Duration tidy_period = milliseconds(250);
constexpr unsigned most_untidy = 20;  // periods in a row that always had work
constexpr int messages_a_turn = 16;   // of a role, then others have a turn
// Until the porter has room for more.  Thousands of workers with one connection each that all ask again
// soon would leave it no time to make some.
constexpr Duration report_pause = milliseconds(10), single_report_pause = milliseconds(250);

}  // namespace

Worker::Worker(Shop& shop, WorkerSeat& seat, Loop& loop)
    : shop_(shop), seat_(seat), loop_(loop), recorder_(loop, *seat.log) {}

Result<void> Worker::start() {
  shop_.server->connect(this, this);
  watch(seat_.porter, porter_watcher_);
  watch(seat_.signer, signer_watcher_);
  watch(seat_.broker, broker_watcher_);
  watch(seat_.sessions, sessions_watcher_);
  if (!porter_watcher_.active()) return fail("no channel to the porter");
  return {};
}

// ---- channels -------------------------------------------------------------------

void Worker::watch(Channel& channel, Watcher& watcher) {
  const Result<void> watched = watcher.start(loop_, channel.fd(), EPOLLIN,
                                             [this, &channel, &watcher](std::uint32_t) { hear(channel, watcher); });
  if (!watched) channel.close();
}

void Worker::hear(Channel& channel, Watcher& watcher) {
  static constexpr Handler<Worker, Worker> table[] = {
      on<&Worker::serve>(),        on<&Worker::replace>(), on<&Worker::retire>(), on<&Worker::trace>(),
      on<&Worker::page>(),         on<&Worker::ended>(),   on<&Worker::verdict>(),
      on<&Worker::session_info>(), on<&Worker::login_result>(), on<&Worker::logged_out>(),
      on<&Worker::dialled>(),      on<&Worker::dial_refused>(), on<&Worker::assertion>(),
      on<&Worker::key_list>(),     on<&Worker::verification>(), on<&Worker::own_sessions>(),
  };
  for (int i = 0; i < messages_a_turn; ++i) {
    Packet packet;
    const Heard heard = channel.receive(packet);
    if (heard == Heard::nothing) return;
    if (heard == Heard::packet && dispatch(table, *this, *this, packet)) {
      if (!watcher.active()) return;  // the channel was replaced meanwhile
      continue;
    }
    return lose(channel, watcher);
  }
}

void Worker::lose(Channel& channel, Watcher& watcher) {
  watcher.stop();
  const Role role = channel.peer();
  channel.close();
  if (role == Role::porter) return retire_all();  // nobody gives us connections any more
  if (role == Role::sessions) generations_.reset();
  if (role != Role::signer) window(role).reset();
  std::vector<Connection*> waiting;
  std::erase_if(asked_, [&](const auto& entry) {
    if (entry.second.role == role) waiting.push_back(entry.second.who);
    return entry.second.role == role;
  });
  for (Connection* c : waiting) c->on_peer_lost(role);
}

bool Worker::replace(Worker&, Peer& news, Packet& packet) {
  const auto renew = [&](Channel& channel, Watcher& watcher) {
    if (channel) lose(channel, watcher);
    channel = Channel(std::move(packet.descriptors[0]), Role::worker, news.role);
    watch(channel, watcher);
    return true;
  };
  if (news.role == Role::signer) return renew(seat_.signer, signer_watcher_);
  if (news.role == Role::broker) return renew(seat_.broker, broker_watcher_);
  if (news.role == Role::sessions) return renew(seat_.sessions, sessions_watcher_);
  return false;
}

bool Worker::retire(Worker&, Retire&, Packet&) {
  retire_all();
  return true;
}

void Worker::retire_all() {
  retiring_ = true;
  for (Connection* c : all_connections()) c->retire();
  if (connections_.empty() && over_.empty() && unsaid_.empty()) loop_.stop(0);  // else sweep() does
}

// A copy, for what is done with them may end them.
std::vector<Connection*> Worker::all_connections() {
  std::vector<Connection*> all;
  for (auto& [id, connection] : connections_) all.push_back(connection.get());
  return all;
}

bool Worker::trace(Worker&, Trace& order, Packet&) {
  seat_.trace = order.on;
  return true;
}

// ---- connections ----------------------------------------------------------------

bool Worker::serve(Worker&, Serve& order, Packet& packet) {
  const bool fits = connections_.size() + order.count <= shop_.settings.isolation.connections_per_worker;
  if (order.count != packet.brought() || !fits) return false;
  for (std::size_t i = 0; i < order.count; ++i)
    if (!serve_one(order.each[i], std::move(packet.descriptors[i]))) return false;
  return true;
}

bool Worker::serve_one(const Ticket& ticket, UniqueFd socket) {
  if (connections_.contains(ticket.connection)) return false;
  Result<TlsStream> tls = TlsStream::server(*shop_.server, std::move(socket), ticket.connection);
  if (!tls) return false;
  const std::uint64_t id = ticket.connection;
  auto connection = std::make_unique<Connection>(*this, std::move(*tls), ticket);
  Connection& c = *connection;
  connections_[id] = std::move(connection);
  if (const Result<void> started = c.start(); !started) finished(c, Cause::none);
  if (retiring_) c.retire();
  return true;
}

void Worker::finished(Connection& connection, Cause cause) {
  const auto found = connections_.find(connection.ticket().connection);
  if (found == connections_.end()) return;
  unsaid_.push_back({connection.ticket(), cause});
  report();
  over_.push_back(std::move(found->second));
  connections_.erase(found);
  sweeper_.set(loop_, loop_.now(), [this] { sweep(); });
}

// The porter counts a connection until it hears of its end: what its queue has no room for now
// is said later.  (A porter that is gone counts nothing.)
void Worker::report() {
  for (; !unsaid_.empty(); unsaid_.pop_front())
    if (seat_.reports.send(unsaid_.front()) == Told::full)
      return reporter_.set(loop_, loop_.now() + (is_single() ? single_report_pause : report_pause), [this] { report(), sweep(); });
}

void Worker::forget_connections() {
  over_.clear();
  connections_.clear();
}

// Connections are destroyed here, when none of their functions is on the stack.
void Worker::sweep() {
  over_.clear();
  if (connections_.empty() && unsaid_.empty() && (is_single() || retiring_)) loop_.stop(0);
  else rests();
}

// What a request needs while it is under way leaves holes between what its connection needs
// for good.  Whole pages of those go back to the kernel once there was nothing to do for a
// moment; in a worker that always has something to do, now and then.
void Worker::rests() {
  if (tidier_.active()) had_work_ = true;
  else tidier_.set(loop_, loop_.now() + tidy_period, [this] { tidy(); });
}

void Worker::tidy() {
  const bool later = had_work_ && ++untidy_ < most_untidy;
  had_work_ = false;
  if (later) return tidier_.set(loop_, loop_.now() + tidy_period, [this] { tidy(); });
  untidy_ = 0;
  empty_lent_room();
  give_memory_back();
}

const Ticket* Worker::ticket_of(std::uint64_t connection) const {
  const auto found = connections_.find(connection);
  return found == connections_.end() ? nullptr : &found->second->ticket();
}

// ---- sessions and broker --------------------------------------------------------

bool Worker::page(Worker&, Page& news, Packet& packet) {
  Result<GenerationReader> reader = GenerationReader::map(std::move(packet.descriptors[0]));
  if (!reader) return false;
  generations_.emplace(std::move(*reader));
  cookie_domain_ = std::string(news.domain.view());
  for (Connection* c : all_connections()) c->on_page();
  return true;
}

bool Worker::stands(const Verdict& v) const {
  return generations_ && generations_->stands(v.epoch, v.slot, v.generation, loop_.now());
}

void Worker::watch_standing() {
  if (!reviewer_.active()) reviewer_.set(loop_, loop_.now() + review_period, [this] { review(); });
}

// Nothing goes on in the one connection: no need to wake up for a look at it.
void Worker::rest_standing() {
  if (connections_.size() == 1) reviewer_.cancel();
}

void Worker::review() {
  bool something = false;
  for (Connection* c : all_connections()) something |= c->review();
  if (something) watch_standing();
}

bool Worker::ended(Worker&, Ended& news, Packet&) {
  for (Connection* c : all_connections()) c->on_ended(news.slot, news.generation);
  EndedSeen seen;
  seen.slot = news.slot;
  seen.generation = news.generation;
  return seat_.sessions.send(seen) == Told::sent;
}

// Who asked under `tag`; nullptr when nobody waits any more.
Connection* Worker::asker(std::uint32_t tag, Role role) {
  window(role).answered();
  const auto found = asked_.find(tag);
  if (found == asked_.end() || found->second.role != role) return nullptr;
  Connection* who = found->second.who;
  asked_.erase(found);
  return who;
}

bool Worker::verdict(Worker&, Verdict& answer, Packet&) {
  if (Connection* c = asker(answer.tag, Role::sessions)) c->on_verdict(answer);
  return true;
}

bool Worker::session_info(Worker&, SessionInfo& answer, Packet&) {
  if (Connection* c = asker(answer.tag, Role::sessions)) c->on_session(answer);
  return true;
}

bool Worker::login_result(Worker&, LoginResult& answer, Packet&) {
  if (Connection* c = asker(answer.tag, Role::sessions)) c->on_login(answer);
  return true;
}

bool Worker::logged_out(Worker&, LoggedOut& answer, Packet&) {
  if (Connection* c = asker(answer.tag, Role::sessions)) c->on_logged_out(answer);
  return true;
}

bool Worker::own_sessions(Worker&, OwnSessions& answer, Packet&) {
  if (Connection* c = asker(answer.tag, Role::sessions)) c->on_own_sessions(answer);
  return true;
}

bool Worker::assertion(Worker&, Assertion& answer, Packet&) {
  if (Connection* c = asker(answer.tag, Role::sessions)) c->on_assertion(answer);
  return true;
}

bool Worker::key_list(Worker&, KeyList& answer, Packet&) {
  if (Connection* c = asker(answer.tag, Role::sessions)) c->on_key_list(answer);
  return true;
}

bool Worker::verification(Worker&, Verification& answer, Packet&) {
  if (Connection* c = asker(answer.tag, Role::sessions)) c->on_verification(answer);
  return true;
}

bool Worker::dialled(Worker&, Dialled& answer, Packet& packet) {
  if (Connection* c = asker(answer.tag, Role::broker)) c->on_dialled(answer, std::move(packet.descriptors[0]));
  return true;
}

bool Worker::dial_refused(Worker&, DialRefused& answer, Packet&) {
  if (Connection* c = asker(answer.tag, Role::broker)) c->on_dial_refused(answer.fault);
  return true;
}

// ---- signer ---------------------------------------------------------------------
// OpenSSL calls these in the middle of a handshake, so they wait, within a deadline.
// Nothing but the answer can come on this channel meanwhile.

Result<SignatureBytes> Worker::sign(const SignRequest& request) {
  const Ticket* ticket = ticket_of(request.connection);
  Sign question;
  if (ticket == nullptr || !question.text.assign(request.text)) return fail("nothing to sign for");
  question.tag = next_tag_++;
  question.ticket = *ticket;
  question.certificate = request.certificate;
  question.scheme = request.scheme;
  if (seat_.signer.send(question) != Told::sent) return fail("no signer");
  Packet packet;
  Signature answer;
  if (seat_.signer.await(packet, signer_patience_ms) != Heard::packet || !packet.read(answer) ||
      answer.tag != question.tag) {
    lose(seat_.signer, signer_watcher_);
    return fail("the signer does not answer");
  }
  SignatureBytes signature;
  if (answer.bytes.empty()) return fail("the signer refuses");
  std::ranges::copy(answer.bytes.bytes(), signature.bytes.begin());
  signature.size = answer.bytes.size();
  return signature;
}

void Worker::keep(std::uint64_t connection, std::span<const std::byte> id, std::span<const std::byte> blob,
                  std::string_view sni) {
  const Ticket* ticket = ticket_of(connection);
  KeepSession news;
  if (ticket == nullptr || !news.id.assign(id) || !news.state.assign(blob) || !news.sni.assign(sni)) return;
  news.ticket = *ticket;
  (void)seat_.signer.send(news);  // without it the next handshake is a full one
}

std::size_t Worker::take(std::uint64_t connection, std::span<const std::byte> id, std::string_view sni,
                         std::span<std::byte> room) {
  const Ticket* ticket = ticket_of(connection);
  TakeSession question;
  if (ticket == nullptr || !question.id.assign(id) || !question.sni.assign(sni)) return 0;
  question.tag = next_tag_++;
  question.ticket = *ticket;
  if (seat_.signer.send(question) != Told::sent) return 0;
  Packet packet;
  TakenSession answer;
  if (seat_.signer.await(packet, signer_patience_ms) != Heard::packet || !packet.read(answer) ||
      answer.tag != question.tag) {
    lose(seat_.signer, signer_watcher_);
    return 0;
  }
  if (answer.state.size() > room.size()) return 0;
  std::ranges::copy(answer.state.bytes(), room.begin());
  return answer.state.size();
}

int run_worker(Shop& shop, WorkerSeat& seat) {
  Result<Loop> loop = Loop::open();
  if (!loop) return exit_system;
  open_lent_room(shop.settings.isolation.connections_per_worker == 1 ? few_lent : most_lent);
  auto worker = std::make_unique<Worker>(shop, seat, *loop);
  if (!worker->start()) return exit_system;
  const Result<int> code = loop->run();
  (void)worker->log().flush();  // nothing more can be done about it
  worker->forget_connections();
  (void)worker.release();  // channels and memory: the process ends, and the kernel is faster at that
  return code ? *code : exit_system;
}

}  // namespace postern::wfd
