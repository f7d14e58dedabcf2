// The live sessions: who is logged in, from where, until when.  Pure: time, addresses and
// names are arguments, and the only thing touched outside is the generation page.  What
// the browser holds is a random value; only its SHA-256 is kept here.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "common/clock.h"
#include "common/generation_page.h"
#include "common/messages.h"
#include "common/settings.h"

namespace postern::authd {

struct SessionRules {
  Duration lifetime;                    // from login to the end, whatever happens
  Duration idle;                        // from the last request to the end
  IdleCounts idle_counts = IdleCounts::navigation;
  Bind bind = Bind::exact;
  std::uint32_t max_sessions = 0;       // never more than the page has slots
  std::uint32_t sessions_per_user = 0;  // a further login ends the oldest
};

// Who logs in, and what the vault said of the login before.
struct NewSession {
  UserName user;
  Address client;
  std::uint64_t connection = 0;  // the connection on which the login came
  Wall login;
  std::int64_t last_login = 0;   // as in PasscodeResult
  Address last_source;
  std::uint32_t failures = 0, logouts = 0;
  std::int64_t last_logout = 0;
};

struct Session {
  std::array<std::byte, 32> hash{};  // SHA-256 of the cookie value
  NewSession made;
  Sid sid;
  // The one address of each family from which it may be used; none: not from there.
  Address bound_v4, bound_v6;
  Mono created, used;
  bool live = false;
  // Of a session that was brought over from before the machine's last start, where only
  // the wall clock knew its age: if that one was behind, it ends when this shows.
  bool other_boot = false;
  Wall old_use;                      // 0: used since
  std::uint32_t next = 0;            // slot of the next one in its bucket
  std::uint32_t next_of_user = 0;    // of one whose user has the same bucket
};

// What is left of a session that has ended.
struct EndedSession {
  std::uint32_t slot = 0;
  std::uint64_t generation = 0;  // the one that ended
  UserName user;
  Sid sid;
  bool by_idle = false;          // expired for want of use, not of age
};

struct Created {
  CookieValue cookie;
  Sid sid;
  std::uint32_t slot = 0;
  std::uint64_t generation = 0;
  std::vector<EndedSession> displaced;  // the user's oldest, beyond sessions_per_user
};

// A session that has a new cookie, and what stood on the old one.
struct Renewed {
  CookieValue cookie;
  std::uint64_t old_generation = 0;
};

struct Judgement {
  Standing standing = Standing::unknown;
  std::uint32_t slot = 0;
  std::uint64_t generation = 0;
  const Session* session = nullptr;  // good until the table changes; none when unknown
};

struct TimesLeft {
  Duration idle, life;  // never negative
};

class SessionTable {
 public:
  // `page` must outlive the table; it bounds the number of sessions.
  SessionTable(GenerationPage& page, const SessionRules& rules);

  // New rules hold at once, for the sessions that there are too.
  void set_rules(const SessionRules& rules);
  const SessionRules& rules() const { return rules_; }

  // A new session with a new value.  Fails when the table is full, or when the kernel
  // gives no random numbers; then nothing has changed, nobody was displaced.
  Result<Created> create(const NewSession& made, Mono now);

  // Puts a session of before into its slot, as it was but for its generation.  It may be
  // past its time: then it stands nowhere, and sweep() ends it.  False when there is no
  // such slot, or somebody in it, when its hash is taken, or the table full.
  bool restore(std::uint32_t slot, const Session& session);
  // Gives a live session a new cookie, and `client` as its one address of that family.
  // Nothing that stood on the old cookie stands any more.  Fails as create() does.
  Result<Renewed> renew(std::uint32_t slot, std::uint64_t generation, const Address& client);

  // What the bearer of `cookie` at `client` may do.  Never allocates, changes nothing.
  Judgement judge(const CookieValue& cookie, const Address& client, Mono now) const;
  // The same, from wherever the bearer is.
  Judgement judge_anywhere(const CookieValue& cookie, Mono now) const;
  // A request was served: the idle clock starts anew.  False when (slot, generation) is
  // no live session, or `client` not its address.
  bool touch(std::uint32_t slot, std::uint64_t generation, const Address& client, Mono now);
  // How long a live session lasts if nothing more happens.
  TimesLeft left(const Session& session, Mono now) const;

  std::optional<EndedSession> end(std::uint32_t slot, std::uint64_t generation);
  std::vector<EndedSession> end_sid(std::string_view sid);
  std::vector<EndedSession> end_user(std::string_view user);
  std::vector<EndedSession> end_everybody();
  // Ends all that is past its time, by any clock.
  std::vector<EndedSession> sweep(Mono now, Wall wall);

  std::uint32_t size() const { return size_; }
  std::uint32_t slots() const { return page_.slots(); }
  // The live session in `slot`, nullptr when there is none.
  const Session* at(std::uint32_t slot) const {
    return slot < sessions_.size() && sessions_[slot].live ? &sessions_[slot] : nullptr;
  }
  // The slots of a user's sessions, oldest first.
  std::vector<std::uint32_t> slots_of(std::string_view user) const;
  // The first live session in `slot` or behind it; its slot is put into `slot`.  nullptr
  // when there is none left.
  const Session* next_live(std::uint32_t& slot) const;

 private:
  static constexpr std::uint32_t no_slot = 0xffffffff;

  using Hash = std::array<std::byte, 32>;

  bool may_use(const Session& session, const Address& client) const;
  bool stands(std::uint32_t slot, std::uint64_t generation) const;
  Mono idle_deadline(const Session& session) const { return session.used + rules_.idle; }
  Mono life_deadline(const Session& session) const { return session.created + rules_.lifetime; }
  void publish(std::uint32_t slot);
  std::size_t bucket_of(const Hash& hash) const;
  std::size_t bucket_of(std::string_view user) const;
  std::uint32_t find(const Hash& hash) const;
  std::uint32_t take_slot();
  bool take_slot(std::uint32_t slot);
  void put(std::uint32_t slot, const Session& session);
  void link_hash(std::uint32_t slot);
  void unlink_hash(std::uint32_t slot);
  void unlink_user(std::uint32_t slot);
  std::vector<std::uint32_t> oldest_beyond_limit(const UserName& user) const;
  EndedSession end_slot(std::uint32_t slot);
  std::vector<EndedSession> end_slots(const std::vector<std::uint32_t>& slots);
  bool is_over(const Session& session, Wall wall) const;

  GenerationPage& page_;
  SessionRules rules_;
  std::vector<Session> sessions_;       // by slot
  std::vector<std::uint32_t> buckets_;  // first slot by hash; as many as a power of two
  std::vector<std::uint32_t> user_buckets_;  // first slot by the hash of the user's name
  std::vector<std::uint32_t> free_;     // slots below sessions_.size() with nobody in them
  std::uint32_t size_ = 0;
  std::uint32_t from_other_boots_ = 0;  // live sessions with `other_boot`
};

// The part of `client` that a session is bound to under `bind`: all of it, its /24 or
// /56, or none at all.
Address bound_part(const Address& client, Bind bind);

}  // namespace postern::authd
