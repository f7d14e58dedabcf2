// The vault as the memory of role sessions, which has no place of its own to write to.
// What is noted as done is on disk; what a session is worth is not known here.  An order
// is carried out when it is read, in the order of the channel.

#include <string>

#include "authd/user_name.h"
#include "authd/vault.h"

namespace postern::authd {

// What failed is said to sessions and to the log.
bool VaultService::note(Asker& asker, std::uint32_t tag, const Result<void>& done) {
  if (!done) complain(done.error().what);
  return tell(asker, Noted{tag, done.has_value()});
}

bool VaultService::remember(Asker& asker, Remember& message, Packet&) {
  return note(asker, message.tag, vault_.remember_session(message.row));
}

// The history comes second: a session that comes back would be worse than a logout of
// which its user is not told.
bool VaultService::forget(Asker& asker, Forget& message, Packet&) {
  Result<void> done = message.all
                          ? vault_.forget_all_sessions()
                          : vault_.forget_session(message.slot, message.sid.view());
  if (done && message.logout && !message.all && is_user_name(message.user.view())) {
    const auto recorded = vault_.record_logout(message.user.view(), {message.time}, message.source.text());
    if (!recorded) complain(recorded.error().what);
  }
  return note(asker, message.tag, done);
}

bool VaultService::refresh(Asker& asker, Refresh& message, Packet&) {
  if (message.count > message.rows.size()) return false;
  return note(asker, message.tag,
              vault_.refresh_sessions(message.now, std::span(message.rows).first(message.count)));
}

bool VaultService::recall(Asker& asker, Recall& message, Packet&) {
  const auto found = vault_.sessions_from(message.from, sessions_per_answer);
  if (!found) {
    complain(found.error().what);
    return end_recall(asker, message, found);
  }
  for (const SessionRow& row : found->rows)
    if (!tell(asker, Recalled{message.tag, row})) return false;
  if (found->unusable != 0)
    complain(std::to_string(found->unusable) + " sessions cannot be read back");
  return end_recall(asker, message, found);
}

bool VaultService::end_recall(Asker& asker, const Recall& question, const Result<SessionRows>& found) {
  RecallEnd end;
  end.tag = question.tag;
  const auto last = vault_.session_clock();
  if (!last) complain(last.error().what);
  if (found && last) {
    end.done = true;
    end.more = found->next.has_value();
    end.next = found->next.value_or(0);
    end.last = *last;
  }
  return tell(asker, end);
}

}  // namespace postern::authd
