// Keeping the channels of workers.  For signer and broker alone.  What the messages mean
// is theirs; this file only knows who is there, who broke the rules, and who left.
// Never act on a worker number out of a worker's message here.

#include "wfd/clientele.h"

#include <sys/epoll.h>

#include <string>
#include <utility>

namespace postern::wfd {
namespace {

// Messages taken from one peer before the others have their turn.
constexpr int messages_per_turn = 16;

constexpr Handler<Clientele, Channel> heard_from_porter[] = {on<&Clientele::enroll>()};

}  // namespace

Clientele::Clientele(Loop& loop, Log& log, Role self, Hear hear, Left left)
    : loop_(loop), log_(log), self_(self), hear_(std::move(hear)), left_(std::move(left)) {}

void Clientele::hear_porter(UniqueFd channel) {
  from_porter_.stop();
  porter_ = Channel(std::move(channel), self_, Role::porter);
  const auto watched =
      from_porter_.start(loop_, porter_.fd(), EPOLLIN, [this](std::uint32_t) { porter_ready(); });
  if (!watched) porter_.close();  // as if the porter were gone: no new workers
}

void Clientele::porter_ready() {
  for (int i = 0; i < messages_per_turn; ++i) {
    Packet packet;
    const Heard heard = porter_.receive(packet);
    if (heard == Heard::nothing) return;
    if (heard == Heard::packet && dispatch(heard_from_porter, *this, porter_, packet))
      continue;
    if (heard != Heard::closed)
      (void)log_.write(Line("fault", Level::error)  // we go on without it either way
                           .add("role", name_of(Role::porter)).add("pid", "").add("what", "broken message"));
    from_porter_.stop();
    porter_.close();
    leave_if_done();
    return;
  }
}

bool Clientele::enroll(Channel&, Enroll& message, Packet& packet) {
  const std::uint64_t worker = message.worker;
  drop(worker);  // an older channel of that number is dead
  Client& client = clients_[worker];
  client.worker = worker;
  client.channel = Channel(std::move(packet.descriptors[0]), self_, Role::worker);
  const auto watched = client.watcher.start(loop_, client.channel.fd(), EPOLLIN,
                                            [this, worker](std::uint32_t) { client_ready(worker); });
  if (!watched) clients_.erase(worker);  // the worker sees its channel closed
  return true;
}

void Clientele::client_ready(std::uint64_t worker) {
  const auto place = clients_.find(worker);
  if (place == clients_.end()) return;
  Client& client = place->second;
  for (int i = 0; i < messages_per_turn; ++i) {
    Packet packet;
    const Heard heard = client.channel.receive(packet);
    if (heard == Heard::nothing) return;
    if (heard == Heard::packet && hear_(client, packet)) continue;
    if (heard != Heard::closed) report(worker, "broken message or foreign ticket");
    drop(worker);
    leave_if_done();
    return;
  }
}

Client* Clientele::find(std::uint64_t worker) {
  const auto place = clients_.find(worker);
  return place == clients_.end() ? nullptr : &place->second;
}

void Clientele::report(std::uint64_t worker, std::string_view why) {
  Line line("fault", Level::warning);
  line.add("role", name_of(Role::worker)).add("pid", "");
  line.add("what", "worker " + std::to_string(worker) + ": " + std::string(why));
  (void)log_.write(line);  // the channel is closed whether or not that can be recorded
}

void Clientele::drop(std::uint64_t worker) {
  if (clients_.erase(worker) != 0) left_(worker);
}

void Clientele::drop_later(std::uint64_t worker, std::string_view why) {
  report(worker, why);
  doomed_.push_back(worker);
  sweeping_.set(loop_, loop_.now(), [this] { drop_doomed(); });
}

void Clientele::drop_doomed() {
  for (const std::uint64_t worker : std::exchange(doomed_, {})) drop(worker);
  leave_if_done();
}

void Clientele::retire(std::function<void()> done) {
  retired_ = std::move(done);
  leave_if_done();
}

void Clientele::leave_if_done() {
  if (retired_ && !porter_ && clients_.empty()) std::exchange(retired_, nullptr)();
}

}  // namespace postern::wfd
