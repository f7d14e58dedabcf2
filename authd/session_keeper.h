// What the vault must still be told of the sessions, in which order, and who waits until
// it is on disk.  It knows the table and the orders; the channel is given to it.  What was
// sent to a vault that died is sent again to the next one.
#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <optional>
#include <vector>

#include "authd/session_table.h"
#include "common/channel.h"
#include "common/messages_rows.h"

namespace postern::authd {

// Orders before the vault at once; logins must find room in the channel, too.
inline constexpr std::size_t max_orders_sent = 32;

class SessionKeeper {
 public:
  using Then = std::move_only_function<void(bool on_disk)>;

  // `table` must outlive it.  Without `persist` only logouts are told, for the history.
  SessionKeeper(const SessionTable& table, bool persist)
      : table_(table), persist_(persist), slots_(table.slots()) {}
  bool persists() const { return persist_; }

  // Nothing that is on disk counts any more.
  void forget_all();
  // A session is new in this slot, or is not what it was.
  void changed(std::uint32_t slot);
  void all_changed();
  // It was used; told in batches, see refresh().
  void used(std::uint32_t slot) { slots_[slot].used = persist_; }
  void ended(Forget order);
  // It is on disk, and should not be.
  void dropped(std::uint32_t slot, const Sid& sid);
  // It is time to say what the clocks say and what was used; what failed is tried again.
  void refresh();

  // The number of the next order: where a wait begins.
  std::uint64_t next() const { return last_ + 1; }
  // Calls `then` once every order from number `from` on, up to now, is on disk; with false
  // when one of them failed, the vault was lost, or `due` has passed.  May call it at once,
  // and does without `persist`: then nothing can come back.
  void wait(std::uint64_t from, Mono due, Then then);

  // Tells the vault what it has not heard yet; `seen` is the latest wall time that there
  // ever was.  False: it is lost.
  bool pump(Channel& vault, const Stamp& now, std::int64_t seen);
  // The vault's answer.  False: nothing of the kind was asked.
  bool noted(const Noted& answer);
  void lost();
  // Whoever has waited too long hears false.
  void give_up(Mono now);
  std::optional<Mono> first_due() const;
  // Orders that are not on disk yet.
  std::size_t open() const { return waiting_.size() + sent_.size() + failed_.size(); }

 private:
  enum class What : std::uint8_t { remember, forget, refresh };
  struct Order {
    What what = What::remember;
    std::uint64_t number = 0;
    std::uint32_t slot = 0;  // with remember
    Forget forget;           // with forget
  };
  struct Slot {
    std::uint32_t pending = 0;  // orders to remember it that are not sent yet
    bool used = false;          // since the vault heard of it
  };
  struct Wait {
    std::uint64_t from = 0, to = 0;  // the last one is not waited for
    Mono due;
    Then then;
  };

  void queue(Order order);
  Told send(Channel& vault, Order& order, const Stamp& now, std::int64_t seen);
  Told send_uses(Channel& vault, std::uint32_t tag, const Stamp& now, std::int64_t seen);
  Refresh next_uses(const Stamp& now);
  void take_back(const Refresh& message);
  void resolve(const std::function<bool(const Wait&)>& fits, bool on_disk);

  const SessionTable& table_;
  const bool persist_;
  std::vector<Slot> slots_;
  std::deque<Order> waiting_, sent_, failed_;
  std::deque<Wait> waits_;
  std::uint64_t last_ = 0;       // number of the latest order
  std::uint32_t cursor_ = 0;     // where the next batch of uses begins
  bool refreshing_ = false;      // a batch is on its way
};

}  // namespace postern::authd
