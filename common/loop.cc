// epoll and deadlines.  The only file that waits, and, with the entry functions of
// the roles, the only one that reads a clock.  Called by everybody who waits.  Never
// put here: what a descriptor or a deadline means.

#include "common/loop.h"

#include <sys/epoll.h>

#include <algorithm>
#include <array>
#include <climits>

namespace postern {
namespace {

constexpr std::uint64_t tag_of(std::uint32_t slot, std::uint32_t generation) {
  return (static_cast<std::uint64_t>(generation) << 32) | slot;
}

}  // namespace

Result<void> Watcher::start(Loop& loop, int fd, std::uint32_t events, Ready ready) {
  stop();
  slot_ = loop.take_slot(this);
  epoll_event event{};
  event.events = events;
  event.data.u64 = tag_of(slot_, loop.slots_[slot_].generation);
  if (::epoll_ctl(loop.epoll_.get(), EPOLL_CTL_ADD, fd, &event) != 0) {
    const int code = errno;
    loop.slots_[slot_].watcher = nullptr;
    loop.free_.push_back(slot_);
    return fail_errno("cannot watch a descriptor", code);
  }
  loop_ = &loop;
  fd_ = fd;
  events_ = told_ = events;
  ready_ = std::move(ready);
  return {};
}

// A connection that is read in turns with another one wants to read again before anything
// comes, so taking EPOLLIN back lazily saves two system calls a turn.  Room to write is
// there nearly always: EPOLLOUT is taken back at once.
bool Watcher::want(std::uint32_t events) {
  if (loop_ == nullptr) return false;
  const bool covered = (events & ~told_) == 0 && ((told_ & ~events) & ~std::uint32_t{EPOLLIN}) == 0;
  if (!covered && !tell(events)) return false;
  events_ = events;
  return true;
}

bool Watcher::tell(std::uint32_t events) {
  epoll_event event{};
  event.events = events;
  event.data.u64 = tag_of(slot_, loop_->slots_[slot_].generation);
  if (::epoll_ctl(loop_->epoll_.get(), EPOLL_CTL_MOD, fd_, &event) != 0) return false;
  told_ = events;
  return true;
}

void Watcher::stop() {
  if (loop_ == nullptr) return;
  (void)::epoll_ctl(loop_->epoll_.get(), EPOLL_CTL_DEL, fd_, nullptr);  // gone either way
  Loop::Slot& slot = loop_->slots_[slot_];
  slot.watcher = nullptr;
  ++slot.generation;
  loop_->free_.push_back(slot_);
  loop_ = nullptr;
  fd_ = -1;
  events_ = told_ = 0;
}

void Timer::set(Loop& loop, Mono when, Due due) {
  cancel();
  due_ = std::move(due);
  loop_ = &loop;
  place_ = loop.timers_.emplace(when, this);
}

void Timer::move(Mono when) {
  if (loop_ == nullptr || place_->first == when) return;
  auto node = loop_->timers_.extract(place_);  // no allocation
  node.key() = when;
  place_ = loop_->timers_.insert(std::move(node));
}

void Timer::cancel() {
  if (loop_ == nullptr) return;
  loop_->timers_.erase(place_);
  loop_ = nullptr;
}

Result<Loop> Loop::open() {
  UniqueFd epoll = UniqueFd::adopt(::epoll_create1(EPOLL_CLOEXEC));
  if (!epoll) return fail_errno("cannot make an event queue");
  return Loop(std::move(epoll));
}

std::uint32_t Loop::take_slot(Watcher* watcher) {
  if (free_.empty()) {
    slots_.emplace_back();
    free_.push_back(static_cast<std::uint32_t>(slots_.size() - 1));
  }
  const std::uint32_t slot = free_.back();
  free_.pop_back();
  slots_[slot].watcher = watcher;
  return slot;
}

int Loop::wait_time() const {
  if (timers_.empty()) return -1;
  const Duration left = timers_.begin()->first - now_;
  if (left.us <= 0) return 0;
  return static_cast<int>(std::min<std::int64_t>((left.us + 999) / 1000, INT_MAX));
}

void Loop::fire_timers() {
  // No more than there were: one that sets itself again for now has its turn in the next
  // round, after the descriptors.
  for (std::size_t n = timers_.size(); n > 0; --n) {
    if (!running_ || timers_.empty() || now_ < timers_.begin()->first) return;
    Timer* timer = timers_.begin()->second;
    timer->cancel();
    Timer::Due due = std::move(timer->due_);  // the function may destroy or reset its timer
    due();
  }
}

void Loop::deliver(std::uint64_t tag, std::uint32_t events) {
  const auto slot = static_cast<std::uint32_t>(tag & 0xffffffff);
  const auto generation = static_cast<std::uint32_t>(tag >> 32);
  Watcher* watcher = slots_[slot].watcher;
  if (watcher == nullptr || slots_[slot].generation != generation) return;
  const std::uint32_t always = EPOLLERR | EPOLLHUP;
  events &= watcher->events_ | always;
  if (events == 0) {  // taken back a while ago; if the kernel will not hear it, its user shall
    if (watcher->tell(watcher->events_)) return;
    events = EPOLLERR;
  }
  // The function may destroy its watcher, and itself with it: it lives here meanwhile.
  Watcher::Ready ready = std::move(watcher->ready_);
  ready(events);
  if (slots_[slot].watcher == watcher && slots_[slot].generation == generation)
    watcher->ready_ = std::move(ready);
}

Result<int> Loop::run() {
  running_ = true;
  std::array<epoll_event, 64> events{};
  while (running_) {
    const int n = ::epoll_wait(epoll_.get(), events.data(), events.size(), wait_time());
    if (n < 0 && errno != EINTR) return fail_errno("cannot wait for events");
    now_ = read_mono();
    for (int i = 0; i < n && running_; ++i) {
      const epoll_event& event = events[static_cast<std::size_t>(i)];
      deliver(event.data.u64, event.events);
    }
    if (running_) fire_timers();
  }
  return code_;
}

}  // namespace postern
