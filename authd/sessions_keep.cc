// Sessions that outlive this process.  The vault has them on disk: it is told of every
// change, in order, and asked for all of them at the start.  Until they are here nobody
// is let in, and nobody is logged in either.  An end is confirmed to whoever asked for it
// once it is on disk.  Never take a clock from a row here: session_record.cc does that.

#include <algorithm>

#include "authd/session_record.h"
#include "authd/sessions.h"
#include "authd/sessions_lines.h"

namespace postern::authd {
namespace {

constexpr Duration longest_unrecorded = seconds(30);

}  // namespace

Stamp Sessions::moment() const { return {outside_.boot, now().us, outside_.wall().s}; }

// ---- what the vault is told -----------------------------------------------------

void Sessions::tell_vault() {
  if (!ready_ || !vault_.channel) return;
  if (!keeper_.pump(vault_.channel, moment(), seen_wall_)) lose_vault();
}

// Once everybody has had his turn: a vault that turns out to be lost is not found out in
// the middle of something else.
void Sessions::tell_vault_soon() {
  if (!teller_.active()) teller_.set(outside_.loop, now(), [this] { tell_vault(); });
}

// Calls `then` when all that was told since order `from` is on disk, or will not be soon.
void Sessions::when_on_disk(std::uint64_t from, SessionKeeper::Then then) {
  keeper_.wait(from, now() + disk_patience, std::move(then));
  tell_vault_soon();
  if (!vault_.channel) keeper_.lost();
  watch_deadlines();
}

// Once in a while: who was used since, and what the clocks say.  A wall clock that was set
// back makes all that was written by it too young: it is written anew.
void Sessions::refresh() {
  const Stamp here = moment();
  const std::int64_t ahead = here.wall - now().us / 1'000'000;
  if (ahead < wall_ahead_ - 1) keeper_.all_changed();
  wall_ahead_ = ahead;
  seen_wall_ = table_.size() == 0 ? here.wall : std::max(seen_wall_, here.wall);
  keeper_.refresh();
  tell_vault_soon();
  const Duration tenth{table_.rules().idle.us / 10};
  recorder_.set(outside_.loop, now() + std::min(longest_unrecorded, tenth), [this] { refresh(); });
}

bool Sessions::noted(VaultPeer&, Noted& message, Packet&) {
  if (!keeper_.noted(message)) return false;
  tell_vault_soon();
  watch_deadlines();
  return true;
}

// ---- what it remembers ----------------------------------------------------------

void Sessions::ask_recall() {
  rows_.clear();
  recall_tag_ = ++last_tag_;
  if (!vault_.channel) return recall_timer_.cancel();  // the next one is asked
  if (vault_.channel.send(Recall{recall_tag_, recall_from_}) != Told::sent)
    note(fault_line(Role::vault, "the vault does not listen"));
  recall_timer_.set(outside_.loop, now() + recall_patience, [this] {
    note(fault_line(Role::vault, "the vault does not say what it remembers"));
    ask_recall();
  });
}

bool Sessions::recalled(VaultPeer&, Recalled& message, Packet&) {
  if (ready_ || message.tag != recall_tag_) return true;  // of a question that was given up
  if (rows_.size() >= max_recalled) return false;
  rows_.push_back(message.row);
  return true;
}

bool Sessions::recall_end(VaultPeer&, RecallEnd& message, Packet&) {
  if (ready_ || message.tag != recall_tag_) return true;
  if (!message.done) {
    note(fault_line(Role::vault, "the vault cannot read what it remembers"));
    recall_timer_.set(outside_.loop, now() + recall_pause, [this] { ask_recall(); });
    return true;
  }
  seen_wall_ = message.last.wall;
  for (const SessionRow& row : rows_) take_back(row);
  if (message.more && message.next <= recall_from_) return false;  // it goes in circles
  recall_from_ = message.next;
  if (message.more) ask_recall();
  else be_ready();
  return true;
}

// What has no place any more is forgotten.
void Sessions::take_back(const SessionRow& row) {
  if (table_.restore(row.slot, session_of(row, moment(), seen_wall_))) return;
  note(fault_line(Role::sessions, "there is no room for session " + std::string(row.sid.view())));
  keeper_.dropped(row.slot, row.sid);
}

void Sessions::be_ready() {
  ready_ = true;
  rows_ = {};
  recall_timer_.cancel();
  if (keeper_.persists()) note(recall_line(table_.size()));
  else keeper_.forget_all();
  sweep();
  const Stamp here = moment();
  wall_ahead_ = here.wall - now().us / 1'000'000;
  refresh();
}

}  // namespace postern::authd
