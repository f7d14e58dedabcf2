// Counting questions by source.  Called by sessions for /verify, whose askers are few and
// known by their network: an account lasts for a second, so nothing has to be kept in
// order.  Never use it where strangers can fill the accounts of a second.

#include "authd/source_rate.h"

namespace postern::authd {
namespace {

constexpr Duration period = seconds(1);

}  // namespace

SourceRate::Answer SourceRate::admit(const Address& source, Mono now) {
  const auto over = [now](const auto& entry) { return entry.second.since + period <= now; };
  auto place = accounts_.find(source);
  if (place == accounts_.end()) {
    if (accounts_.size() >= capacity_) std::erase_if(accounts_, over);
    if (accounts_.size() >= capacity_) return Answer::refused;
    place = accounts_.emplace(source, Account{now, 0}).first;
  }
  Account& account = place->second;
  if (account.since + period <= now) account = {now, 0};
  if (account.asked < most_) {
    ++account.asked;
    return Answer::admitted;
  }
  return account.asked++ == most_ ? Answer::first_refused : Answer::refused;
}

}  // namespace postern::authd
