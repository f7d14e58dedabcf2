// The table of live sessions.  Role sessions calls it and tells the workers what ended;
// here it is only decided.  Never put here: a clock, a log line, a message, and never the
// value of a cookie beyond the call that made it.

#include "authd/session_table.h"

#include <openssl/sha.h>

#include <algorithm>
#include <bit>
#include <cstring>

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
    : page_(page), rules_(rules), buckets_(std::bit_ceil(std::size_t{page.slots()}), no_slot) {
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

void SessionTable::unlink(std::uint32_t slot) {
  std::uint32_t* link = &buckets_[bucket_of(sessions_[slot].hash)];
  while (*link != slot) link = &sessions_[*link].next;
  *link = sessions_[slot].next;
}

// The slots of `user` that must go before he gets one more, oldest first.
std::vector<std::uint32_t> SessionTable::oldest_beyond_limit(const UserName& user) const {
  std::vector<std::uint32_t> own;
  for (std::uint32_t slot = 0; slot < sessions_.size(); ++slot)
    if (sessions_[slot].live && sessions_[slot].made.user == user) own.push_back(slot);
  const std::size_t most = std::max<std::size_t>(rules_.sessions_per_user, 1);
  if (own.size() < most) return {};
  std::ranges::stable_sort(own, {}, [this](std::uint32_t slot) { return sessions_[slot].created; });
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
  session.live = true;
  created.slot = take_slot();
  std::uint32_t& bucket = buckets_[bucket_of(session.hash)];
  session.next = bucket;
  bucket = created.slot;
  sessions_[created.slot] = session;
  ++size_;
  publish(created.slot);
  created.generation = page_.generation(created.slot);
  return created;
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
  unlink(slot);
  session = Session();
  free_.push_back(slot);
  --size_;
  return ended;
}

template <class Fits>
std::vector<EndedSession> SessionTable::end_all(Fits fits) {
  std::vector<EndedSession> ended;
  for (std::uint32_t slot = 0; slot < sessions_.size(); ++slot)
    if (sessions_[slot].live && fits(sessions_[slot])) ended.push_back(end_slot(slot));
  return ended;
}

std::optional<EndedSession> SessionTable::end(std::uint32_t slot, std::uint64_t generation) {
  if (!stands(slot, generation)) return {};
  return end_slot(slot);
}

std::vector<EndedSession> SessionTable::end_sid(std::string_view sid) {
  return end_all([&](const Session& session) { return session.sid.view() == sid; });
}

std::vector<EndedSession> SessionTable::end_everybody() {
  return end_all([](const Session&) { return true; });
}

std::vector<EndedSession> SessionTable::end_user(std::string_view user) {
  return end_all([&](const Session& session) { return session.made.user.view() == user; });
}

std::vector<EndedSession> SessionTable::sweep(Mono now) {
  return end_all([&](const Session& session) {
    return now >= idle_deadline(session) || now >= life_deadline(session);
  });
}

const Session* SessionTable::next_live(std::uint32_t& slot) const {
  for (; slot < sessions_.size(); ++slot)
    if (sessions_[slot].live) return &sessions_[slot];
  return nullptr;
}

}  // namespace postern::authd
