// The queue between the table of sessions and the vault.  Role sessions tells it what
// happens and gives it the channel; orders go out in the order in which things happened,
// and the vault answers them in that order.  The queue is bounded by the table: without a
// vault there is no login, so that a session changes no more, and ends only once.
// Never drop an order to forget: a session that was ended must not come back.

#include "authd/session_keeper.h"

#include <algorithm>
#include <utility>

#include "authd/session_record.h"

namespace postern::authd {

void SessionKeeper::queue(Order order) {
  order.number = ++last_;
  waiting_.push_back(std::move(order));
}

void SessionKeeper::forget_all() {
  Order order;
  order.what = What::forget;
  order.forget.all = true;
  queue(std::move(order));
}

void SessionKeeper::changed(std::uint32_t slot) {
  if (!persist_) return;
  ++slots_[slot].pending;
  Order order;
  order.slot = slot;
  queue(std::move(order));
}

void SessionKeeper::all_changed() {
  std::uint32_t slot = 0;
  for (; table_.next_live(slot) != nullptr; ++slot)
    if (slots_[slot].pending == 0) changed(slot);
}

void SessionKeeper::ended(Forget forget) {
  slots_[forget.slot].used = false;
  if (!persist_ && !forget.logout) return;
  Order order;
  order.what = What::forget;
  order.forget = std::move(forget);
  queue(std::move(order));
}

void SessionKeeper::dropped(std::uint32_t slot, const Sid& sid) {
  Order order;
  order.what = What::forget;
  order.forget.slot = slot;
  order.forget.sid = sid;
  queue(std::move(order));
}

void SessionKeeper::refresh() {
  for (Order& order : std::exchange(failed_, {})) {
    if (order.what == What::remember) changed(order.slot);
    else queue(std::move(order));
  }
  if (!persist_ || std::exchange(refreshing_, true)) return;
  cursor_ = 0;
  Order order;
  order.what = What::refresh;
  queue(std::move(order));
}

void SessionKeeper::wait(std::uint64_t from, Mono due, Then then) {
  if (!persist_ || next() <= from) return then(true);
  waits_.push_back({from, next(), due, std::move(then)});
}

// ---- to the vault ---------------------------------------------------------------

bool SessionKeeper::pump(Channel& vault, const Stamp& now, std::int64_t seen) {
  while (!waiting_.empty() && sent_.size() < max_orders_sent) {
    Order& order = waiting_.front();
    const Told told = send(vault, order, now, seen);
    if (told == Told::full) return true;  // its next answer makes room
    if (told == Told::lost) return false;
    sent_.push_back(std::move(order));
    waiting_.pop_front();
  }
  return true;
}

Told SessionKeeper::send(Channel& vault, Order& order, const Stamp& now, std::int64_t seen) {
  const auto tag = static_cast<std::uint32_t>(order.number);
  if (order.what == What::refresh) return send_uses(vault, tag, now, seen);
  if (order.what == What::forget) {
    order.forget.tag = tag;
    return vault.send(order.forget);
  }
  Forget none;  // in place of a session that is over already; its own order follows
  none.tag = tag;
  none.slot = order.slot;
  const Session* session = table_.at(order.slot);
  const Told told = session == nullptr
                        ? vault.send(none)
                        : vault.send(Remember{tag, row_of(order.slot, *session, now)});
  if (told != Told::sent) return told;
  --slots_[order.slot].pending;
  slots_[order.slot].used = false;
  return told;
}

Told SessionKeeper::send_uses(Channel& vault, std::uint32_t tag, const Stamp& now,
                              std::int64_t seen) {
  Refresh message = next_uses(now);
  message.tag = tag;
  message.now.wall = seen;
  const Told told = vault.send(message);
  if (told != Told::sent) take_back(message);
  return told;
}

// As many as one message holds.  A session that is still to be remembered is left out: in
// its slot there may be another one on disk.
Refresh SessionKeeper::next_uses(const Stamp& now) {
  Refresh message;
  message.now = now;
  while (cursor_ < slots_.size() && message.count < use_rows) {
    const std::uint32_t slot = cursor_++;
    const Session* session = slots_[slot].used && slots_[slot].pending == 0 ? table_.at(slot) : nullptr;
    if (session == nullptr) continue;
    message.rows[message.count++] = use_of(slot, *session, now);
    slots_[slot].used = false;
  }
  return message;
}

void SessionKeeper::take_back(const Refresh& message) {
  for (std::uint32_t i = 0; i < message.count; ++i) slots_[message.rows[i].slot].used = true;
  if (message.count != 0) cursor_ = message.rows[0].slot;
}

// ---- from the vault -------------------------------------------------------------

bool SessionKeeper::noted(const Noted& answer) {
  if (sent_.empty() || static_cast<std::uint32_t>(sent_.front().number) != answer.tag) return false;
  Order order = std::move(sent_.front());
  sent_.pop_front();
  const std::uint64_t number = order.number;
  if (order.what == What::refresh) {
    refreshing_ = answer.done && cursor_ < slots_.size();
    if (refreshing_) queue(std::move(order));
  } else if (!answer.done) {
    failed_.push_back(std::move(order));
  }
  if (answer.done) resolve([&](const Wait& w) { return w.to <= number + 1; }, true);
  else resolve([&](const Wait& w) { return w.from <= number && number < w.to; }, false);
  return true;
}

void SessionKeeper::lost() {
  while (!sent_.empty()) {
    if (sent_.back().what == What::remember) ++slots_[sent_.back().slot].pending;
    waiting_.push_front(std::move(sent_.back()));
    sent_.pop_back();
  }
  resolve([](const Wait&) { return true; }, false);
}

void SessionKeeper::give_up(Mono now) {
  resolve([&](const Wait& w) { return w.due <= now; }, false);
}

std::optional<Mono> SessionKeeper::first_due() const {
  if (waits_.empty()) return {};
  return std::ranges::min_element(waits_, {}, &Wait::due)->due;
}

// Those that fit are called when they are no longer in the list: they may wait anew.
void SessionKeeper::resolve(const std::function<bool(const Wait&)>& fits, bool on_disk) {
  std::vector<Then> called;
  for (auto place = waits_.begin(); place != waits_.end();) {
    if (!fits(*place)) {
      ++place;
      continue;
    }
    called.push_back(std::move(place->then));
    place = waits_.erase(place);
  }
  for (Then& then : called) then(on_disk);
}

}  // namespace postern::authd
