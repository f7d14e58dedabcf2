// The table of live sessions.  Role sessions calls it and tells the workers what ended;
// here it is only decided.  Never put here: a clock, a log line, a message, and never the
// value of a cookie beyond the call that made it.

#include "authd/session_table.h"

#include <openssl/sha.h>

#include <algorithm>
#include <bit>
#include <cstring>
#include <functional>
#include <utility>

#include "authd/random.h"

namespace postern::authd {
namespace {

constexpr unsigned prefix_v4 = 24, prefix_v6 = 56;
constexpr std::size_t sid_length = 12;
// No letter or digit that looks like another one.
constexpr std::string_view sid_letters = "abcdefghijkmnpqrstuvwxyz23456789";
static_assert(sid_letters.size() == 32);

// False when the library fails; then there is no hash to look for.
bool hash_of(const CookieValue& cookie, std::array<std::byte, 32>& hash) {
  const auto bytes = cookie.bytes();
  return bytes.size() == CookieValue::capacity &&
         SHA256(reinterpret_cast<const unsigned char*>(bytes.data()), bytes.size(),
                reinterpret_cast<unsigned char*>(hash.data())) != nullptr;
}

Result<Sid> draw_sid() {
  std::array<std::byte, sid_length> random{};
  TRY_VOID(fill_random(random));
  std::array<char, sid_length> letters{};
  for (std::size_t i = 0; i < sid_length; ++i)
    letters[i] = sid_letters[std::to_integer<std::size_t>(random[i]) % sid_letters.size()];
  return Sid(std::string_view(letters.data(), letters.size()));
}

}  // namespace

Address bound_part(const Address& client, Bind bind) {
  switch (bind) {
    case Bind::exact: return client;
    case Bind::prefix: return client.masked(client.family() == Family::v4 ? prefix_v4 : prefix_v6);
    case Bind::none: return {};
  }
  return {};
}

SessionTable::SessionTable(GenerationPage& page, const SessionRules& rules)
    : page_(page), rules_(rules), buckets_(std::bit_ceil(std::size_t{page.slots()}), no_slot),
      user_buckets_(buckets_.size(), no_slot) {
  sessions_.reserve(page.slots());  // no login moves the table later
}

void SessionTable::set_rules(const SessionRules& rules) {
  rules_ = rules;
  for (std::uint32_t slot = 0; slot < sessions_.size(); ++slot)
    if (sessions_[slot].live) publish(slot);
}

bool SessionTable::may_use(const Session& session, const Address& client) const {
  if (!client) return false;
  if (rules_.bind == Bind::none) return true;
  const Address& bound = client.family() == Family::v4 ? session.bound_v4 : session.bound_v6;
  return bound && bound_part(bound, rules_.bind) == bound_part(client, rules_.bind);
}

bool SessionTable::stands(std::uint32_t slot, std::uint64_t generation) const {
  return slot < sessions_.size() && sessions_[slot].live && page_.generation(slot) == generation;
}

void SessionTable::publish(std::uint32_t slot) {
  const Session& session = sessions_[slot];
  page_.set_deadline(slot, std::min(idle_deadline(session), life_deadline(session)));
}

std::size_t SessionTable::bucket_of(const Hash& hash) const {
  std::size_t number = 0;
  std::memcpy(&number, hash.data(), sizeof number);
  return number & (buckets_.size() - 1);
}

std::size_t SessionTable::bucket_of(std::string_view user) const {
  return std::hash<std::string_view>{}(user) & (user_buckets_.size() - 1);
}

std::uint32_t SessionTable::find(const Hash& hash) const {
  std::uint32_t slot = buckets_[bucket_of(hash)];
  while (slot != no_slot && sessions_[slot].hash != hash) slot = sessions_[slot].next;
  return slot;
}

std::uint32_t SessionTable::take_slot() {
  if (free_.empty()) {
    sessions_.emplace_back();
    return static_cast<std::uint32_t>(sessions_.size() - 1);
  }
  const std::uint32_t slot = free_.back();
  free_.pop_back();
  return slot;
}

// This very slot; false when there is none, or somebody in it.
bool SessionTable::take_slot(std::uint32_t slot) {
  if (slot >= page_.slots() || at(slot) != nullptr) return false;
  if (slot < sessions_.size()) return std::erase(free_, slot) == 1;
  while (sessions_.size() < slot) {
    free_.push_back(static_cast<std::uint32_t>(sessions_.size()));
    sessions_.emplace_back();
  }
  sessions_.emplace_back();
  return true;
}

void SessionTable::link_hash(std::uint32_t slot) {
  std::uint32_t& bucket = buckets_[bucket_of(sessions_[slot].hash)];
  sessions_[slot].next = std::exchange(bucket, slot);
}

void SessionTable::unlink_hash(std::uint32_t slot) {
  std::uint32_t* link = &buckets_[bucket_of(sessions_[slot].hash)];
  while (*link != slot) link = &sessions_[*link].next;
  *link = sessions_[slot].next;
}

void SessionTable::unlink_user(std::uint32_t slot) {
  std::uint32_t* link = &user_buckets_[bucket_of(sessions_[slot].made.user.view())];
  while (*link != slot) link = &sessions_[*link].next_of_user;
  *link = sessions_[slot].next_of_user;
}

// A slot that was taken gets its session.
void SessionTable::put(std::uint32_t slot, const Session& session) {
  sessions_[slot] = session;
  sessions_[slot].live = true;
  link_hash(slot);
  std::uint32_t& bucket = user_buckets_[bucket_of(session.made.user.view())];
  sessions_[slot].next_of_user = std::exchange(bucket, slot);
  ++size_;
  if (session.other_boot) ++from_other_boots_;
  publish(slot);
}

std::vector<std::uint32_t> SessionTable::slots_of(std::string_view user) const {
  std::vector<std::uint32_t> own;
  for (std::uint32_t slot = user_buckets_[bucket_of(user)]; slot != no_slot;
       slot = sessions_[slot].next_of_user)
    if (sessions_[slot].made.user.view() == user) own.push_back(slot);
  std::ranges::sort(own, {}, [this](std::uint32_t slot) {
    return std::pair(sessions_[slot].created, slot);
  });
  return own;
}

// The slots of `user` that must go before he gets one more, oldest first.
std::vector<std::uint32_t> SessionTable::oldest_beyond_limit(const UserName& user) const {
  std::vector<std::uint32_t> own = slots_of(user.view());
  const std::size_t most = std::max<std::size_t>(rules_.sessions_per_user, 1);
  if (own.size() < most) return {};
  own.resize(own.size() - most + 1);
  return own;
}

Result<Created> SessionTable::create(const NewSession& made, Mono now) {
  const auto going = oldest_beyond_limit(made.user);
  const std::uint32_t most = std::min(rules_.max_sessions, page_.slots());
  if (size_ - going.size() >= most) return fail("cannot begin a session: there are too many");
  Created created;
  Session session;
  TRY_VOID(fill_random(created.cookie.fill(CookieValue::capacity)));
  if (!hash_of(created.cookie, session.hash)) return fail("cannot hash a cookie");
  created.sid = session.sid = TRY(draw_sid());
  for (const std::uint32_t slot : going) created.displaced.push_back(end_slot(slot));

  session.made = made;
  (made.client.family() == Family::v4 ? session.bound_v4 : session.bound_v6) = made.client;
  session.created = session.used = now;
  created.slot = take_slot();
  put(created.slot, session);
  created.generation = page_.generation(created.slot);
  return created;
}

bool SessionTable::restore(std::uint32_t slot, const Session& session) {
  if (size_ >= std::min(rules_.max_sessions, page_.slots()) || find(session.hash) != no_slot)
    return false;
  if (!take_slot(slot)) return false;
  put(slot, session);
  return true;
}

Result<Renewed> SessionTable::renew(std::uint32_t slot, std::uint64_t generation,
                                    const Address& client) {
  if (!stands(slot, generation)) return fail("cannot renew a session: it is over");
  Renewed renewed;
  Hash hash{};
  TRY_VOID(fill_random(renewed.cookie.fill(CookieValue::capacity)));
  if (!hash_of(renewed.cookie, hash)) return fail("cannot hash a cookie");
  renewed.old_generation = generation;
  page_.end(slot);
  Session& session = sessions_[slot];
  unlink_hash(slot);
  session.hash = hash;
  link_hash(slot);
  (client.family() == Family::v4 ? session.bound_v4 : session.bound_v6) = client;
  publish(slot);
  return renewed;
}

Judgement SessionTable::judge(const CookieValue& cookie, const Address& client, Mono now) const {
  Judgement judgement = judge_anywhere(cookie, now);
  if (judgement.standing == Standing::good && !may_use(*judgement.session, client))
    judgement.standing = Standing::wrong_address;
  return judgement;
}

Judgement SessionTable::judge_anywhere(const CookieValue& cookie, Mono now) const {
  Hash hash{};
  if (!hash_of(cookie, hash)) return {};
  const std::uint32_t slot = find(hash);
  if (slot == no_slot) return {};
  const Session& session = sessions_[slot];
  const bool in_time = now < idle_deadline(session) && now < life_deadline(session);
  return {in_time ? Standing::good : Standing::expired, slot, page_.generation(slot), &session};
}

bool SessionTable::touch(std::uint32_t slot, std::uint64_t generation, const Address& client,
                         Mono now) {
  if (!stands(slot, generation)) return false;
  Session& session = sessions_[slot];
  const TimesLeft times = left(session, now);
  if (times.idle.us == 0 || times.life.us == 0 || !may_use(session, client)) return false;
  session.used = std::max(session.used, now);
  session.old_use = {};
  publish(slot);
  return true;
}

TimesLeft SessionTable::left(const Session& session, Mono now) const {
  return {std::max(idle_deadline(session) - now, Duration{}),
          std::max(life_deadline(session) - now, Duration{})};
}

EndedSession SessionTable::end_slot(std::uint32_t slot) {
  Session& session = sessions_[slot];
  const EndedSession ended{slot, page_.generation(slot), session.made.user, session.sid,
                           idle_deadline(session) < life_deadline(session)};
  page_.end(slot);
  unlink_hash(slot);
  unlink_user(slot);
  if (session.other_boot) --from_other_boots_;
  session = Session();
  free_.push_back(slot);
  --size_;
  return ended;
}

std::vector<EndedSession> SessionTable::end_slots(const std::vector<std::uint32_t>& slots) {
  std::vector<EndedSession> ended;
  for (const std::uint32_t slot : slots) ended.push_back(end_slot(slot));
  return ended;
}

std::optional<EndedSession> SessionTable::end(std::uint32_t slot, std::uint64_t generation) {
  if (!stands(slot, generation)) return {};
  return end_slot(slot);
}

std::vector<EndedSession> SessionTable::end_sid(std::string_view sid) {
  std::vector<std::uint32_t> named;
  for (std::uint32_t slot = 0; slot < sessions_.size(); ++slot)
    if (sessions_[slot].live && sessions_[slot].sid.view() == sid) named.push_back(slot);
  return end_slots(named);
}

std::vector<EndedSession> SessionTable::end_everybody() {
  std::vector<std::uint32_t> all;
  for (std::uint32_t slot = 0; slot < sessions_.size(); ++slot)
    if (sessions_[slot].live) all.push_back(slot);
  return end_slots(all);
}

std::vector<EndedSession> SessionTable::end_user(std::string_view user) {
  return end_slots(slots_of(user));
}

// The wall clock says that a session of another boot is too old, though the other one,
// which had to begin with what the wall clock said then, does not know it.
bool SessionTable::is_over(const Session& session, Wall wall) const {
  if (!session.other_boot) return false;
  const bool too_old = wall.s - session.made.login.s >= rules_.lifetime.seconds();
  const bool idle = session.old_use.s != 0 && wall.s - session.old_use.s >= rules_.idle.seconds();
  return too_old || idle;
}

// Looks at the page, which is small, and at the sessions only if some are of another boot.
std::vector<EndedSession> SessionTable::sweep(Mono now, Wall wall) {
  std::vector<std::uint32_t> over;
  for (std::uint32_t slot = 0; slot < sessions_.size(); ++slot) {
    const bool due = page_.deadline(slot) <= now;
    if (!due && from_other_boots_ == 0) continue;
    if (sessions_[slot].live && (due || is_over(sessions_[slot], wall))) over.push_back(slot);
  }
  return end_slots(over);
}

const Session* SessionTable::next_live(std::uint32_t& slot) const {
  for (; slot < sessions_.size(); ++slot)
    if (sessions_[slot].live) return &sessions_[slot];
  return nullptr;
}

}  // namespace postern::authd
