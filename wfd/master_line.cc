// Orders to kill, from sessions to whoever passes them on.  Made and owned by gate.cc.
// Sessions has forgotten a worker once it is named here, so never drop an order: while one
// waits, nothing more is read, and sessions keeps what it still has to say.

#include "wfd/master_line.h"

#include <sys/epoll.h>

#include <utility>

namespace postern::wfd {
namespace {

constexpr Duration pause = milliseconds(10);  // until there may be room again

}  // namespace

MasterLine::MasterLine(Loop& loop, const TicketKey& key, Channel channel, Tell tell)
    : loop_(loop), channel_(std::move(channel)), tell_(std::move(tell)) {
  (void)key_.assign(key.bytes());  // of the same size
}

Result<void> MasterLine::listen() {
  return watcher_.start(loop_, channel_.fd(), EPOLLIN, [this](std::uint32_t) { hear(); });
}

void MasterLine::hear() {
  for (;;) {
    Packet packet;
    const Heard heard = channel_.receive(packet);
    if (heard == Heard::nothing) return;
    KillWorkers order;
    if (heard != Heard::packet || !packet.read(order)) return close();
    if (tell_(key_, order) == Told::full) return wait(order);
  }
}

void MasterLine::wait(const KillWorkers& order) {
  watcher_.stop();
  again_.set(loop_, loop_.now() + pause, [this, order] {
    if (tell_(key_, order) == Told::full) return wait(order);
    if (!listen()) close();
  });
}

void MasterLine::close() {
  watcher_.stop();
  channel_.close();
}

}  // namespace postern::wfd
