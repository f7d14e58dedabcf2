// The memory of assertions.  Called by sessions, which has judged ticket and cookie before.
// What is given out a second time is the very text that was given out first: a worker that
// asks a thousand times a second costs a look-up each.  Never sign here for a session that
// was not judged good a moment ago.

#include "authd/assertion_desk.h"

#include <algorithm>

namespace postern::authd {
namespace {

// Who names hosts without end gets no more; one that has a page of links opened does.
constexpr Duration account_period = seconds(60);

// All that tells one assertion of a session from another.
std::string purpose_of(const Subject& subject) {
  std::string text(subject.login_host);
  text.append(" ").append(subject.host).append(" ").append(subject.destination.text());
  return text;
}

}  // namespace

void AssertionDesk::take(IdentityKeys keys, Mono now) {
  if (key_ && (!keys.current || key_->shown().kid != keys.current->shown().kid)) retire(key_->shown(), now);
  if (keys.previous) retire(std::move(*keys.previous), now);
  key_ = std::move(keys.current);
  if (key_) std::erase_if(old_keys_, [this](const OldKey& old) { return old.key.kid == key_->shown().kid; });
  kept_.clear();  // a new key signs from now on
  by_name_.clear();
}

// One that is in the list already keeps its time: a reload makes nothing younger.
void AssertionDesk::retire(PublicKey key, Mono now) {
  if (std::ranges::any_of(old_keys_, [&](const OldKey& old) { return old.key.kid == key.kid; })) return;
  old_keys_.insert(old_keys_.begin(), OldKey{std::move(key), now + old_key_life});
  if (old_keys_.size() > max_old_keys) old_keys_.pop_back();
}

std::string AssertionDesk::key_list(Mono now) {
  if (!key_) return {};
  std::string json = R"({"keys":[)" + key_->shown().jwk;
  for (const OldKey& old : old_keys_)
    if (now < old.until) json += "," + old.key.jwk;
  return json + "]}";
}

Vouched AssertionDesk::vouch(const Subject& subject, Mono now, Wall wall) {
  if (!key_ || subject.login_host.empty()) return {.outcome = VouchOutcome::no_key, .fresh_for = {}, .token = {}};
  Name name(subject.generation, subject.slot, purpose_of(subject));
  const Kept* kept = find(name, now, wall);
  if (kept == nullptr) {
    if (!may_have_another(subject, now)) return {.outcome = VouchOutcome::busy, .fresh_for = {}, .token = {}};
    Result<std::string> token = write_assertion({.login_host = subject.login_host,
                                                 .host = subject.host,
                                                 .user = subject.user.view(),
                                                 .sid = subject.sid.view(),
                                                 .destination = subject.destination,
                                                 .issued = wall,
                                                 .life = subject.life},
                                                *key_);
    if (!token) return {};
    kept = &keep({std::move(name), std::move(*token), now, wall});
  }
  return {VouchOutcome::vouched, kept->made + assertion_freshness - now, kept->token};
}

// What was made in this minute.  When somebody has set the clock meanwhile, servers would
// find that text too old or too young: then it is made anew.
const AssertionDesk::Kept* AssertionDesk::find(const Name& name, Mono now, Wall wall) {
  while (!kept_.empty() && kept_.front().made + assertion_freshness <= now) forget_first();
  const auto place = by_name_.find(name);
  if (place == by_name_.end()) return nullptr;
  const Kept& kept = *place->second;
  const Duration age = now - kept.made;
  const std::int64_t by_wall = wall.s - kept.issued.s;
  if (by_wall >= age.seconds() - 2 && by_wall <= age.seconds() + 2) return &kept;
  kept_.erase(place->second);
  by_name_.erase(place);
  return nullptr;
}

const AssertionDesk::Kept& AssertionDesk::keep(Kept made) {
  if (kept_.size() >= max_kept_assertions) forget_first();
  kept_.push_back(std::move(made));
  by_name_[kept_.back().name] = std::prev(kept_.end());
  return kept_.back();
}

void AssertionDesk::forget_first() {
  by_name_.erase(kept_.front().name);
  kept_.pop_front();
}

bool AssertionDesk::may_have_another(const Subject& subject, Mono now) {
  if (subject.slot >= accounts_.size()) accounts_.resize(std::size_t{subject.slot} + 1);
  Account& account = accounts_[subject.slot];
  if (account.generation != subject.generation || account.since + account_period <= now)
    account = {subject.generation, now, 0};
  if (account.made >= assertions_a_minute) return false;
  ++account.made;
  return true;
}

}  // namespace postern::authd
