// A worker's ends of the channels to its porter.  Called by the nursery in the process
// that it has forked, under the worker's filter.  What a connection is about stands in
// worker.cc.

#include <sys/epoll.h>

#include <algorithm>
#include <deque>
#include <utility>

#include "redird/roles.h"
#include "redird/worker.h"

namespace postern::redird {
namespace {

constexpr int messages_per_turn = 16;
constexpr Duration reporting_pause = milliseconds(2);

class Life {
 public:
  Life(Loop& loop, WorkerSeat& seat, const RedirdSettings& settings)
      : loop_(loop),
        seat_(seat),
        worker_(loop, *seat.log, settings, [this](const Ticket& ticket, Cause cause) {
          unsent_.push_back({ticket, cause});
          report_soon();
        }) {}

  Result<int> live() {
    TRY_VOID(hearing_.start(loop_, seat_.porter.fd(), EPOLLIN, [this](std::uint32_t) { hear(); }));
    return loop_.run();
  }

  // Handlers of messages (see channel.h).
  bool serve(Channel&, Serve& message, Packet& packet) {
    if (message.count != packet.brought()) return false;
    for (std::size_t i = 0; i < message.count; ++i)
      worker_.serve(std::move(packet.descriptors[i]), message.each[i]);
    return true;
  }
  bool retire(Channel&, Retire&, Packet&) {
    retiring_ = true;
    report();
    return true;
  }

 private:
  void hear();
  void report_soon();
  void report();
  Told report_some();

  Loop& loop_;
  WorkerSeat& seat_;
  Watcher hearing_;
  Watcher reporting_;          // only while the porter's queue is full
  Timer soon_;
  std::deque<Closed> unsent_;  // as many as there were connections, at most
  bool retiring_ = false;
  Worker worker_;
};

constexpr Handler<Life, Channel> heard_from_porter[] = {on<&Life::serve>(), on<&Life::retire>()};

void Life::hear() {
  for (int i = 0; i < messages_per_turn; ++i) {
    Packet packet;
    const Heard heard = seat_.porter.receive(packet);
    if (heard == Heard::nothing) return;
    if (heard == Heard::packet && dispatch(heard_from_porter, *this, seat_.porter, packet)) continue;
    hearing_.stop();
    loop_.stop(heard == Heard::closed ? 0 : exit_contradiction);
    return;
  }
}

// The porter is woken for some together, and not for each.
void Life::report_soon() {
  if (unsent_.size() >= closings_in_one || retiring_) report();
  else if (!soon_.active()) soon_.set(loop_, loop_.now() + reporting_pause, [this] { report(); });
}

Told Life::report_some() {
  ClosedMany news;
  news.count = static_cast<std::uint16_t>(std::min(unsent_.size(), news.each.size()));
  std::copy_n(unsent_.begin(), news.count, news.each.begin());
  const Told told = seat_.reports.send(news);
  if (told == Told::sent) unsent_.erase(unsent_.begin(), unsent_.begin() + news.count);
  return told;
}

// Tells the porter which connections are closed; what its queue has no room for waits.
void Life::report() {
  soon_.cancel();
  while (!unsent_.empty()) {
    const Told told = report_some();
    if (told == Told::lost) return loop_.stop(0);  // the porter is gone
    if (told == Told::full) break;
  }
  if (unsent_.empty()) {
    reporting_.stop();
    if (retiring_ && worker_.connections() == 0) loop_.stop(0);
  } else if (!reporting_.active() &&
             !reporting_.start(loop_, seat_.reports.fd(), EPOLLOUT, [this](std::uint32_t) { report(); })) {
    loop_.stop(exit_system);
  }
}

}  // namespace

int live_as_worker(WorkerSeat& seat, const RedirdSettings& settings) {
  auto loop = Loop::open();
  if (!loop) return exit_system;
  Life life(*loop, seat, settings);
  const int code = life.live().value_or(exit_system);
  (void)seat.log->flush();  // nothing more can be done about it
  return code;
}

}  // namespace postern::redird
