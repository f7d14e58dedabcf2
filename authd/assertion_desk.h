// Who gets an assertion, and how often: one for each session, host and destination a
// minute, and a bound on how many a session may have made, so that no worker can use this
// as a machine for signatures.  And the list of public keys.  Pure: the times are arguments.
#pragma once

#include <cstdint>
#include <list>
#include <map>
#include <optional>
#include <string>
#include <tuple>
#include <vector>

#include "authd/assertion.h"
#include "authd/assertion_key.h"
#include "common/clock.h"
#include "common/messages.h"

namespace postern::authd {

inline constexpr Duration assertion_freshness = seconds(60);  // in which one is given out again
inline constexpr std::size_t max_kept_assertions = 16'384;
inline constexpr std::uint32_t assertions_a_minute = 60;      // new ones for one session
inline constexpr Duration old_key_life = seconds(24 * 3600);
inline constexpr std::size_t max_old_keys = 8;

// The keys as the configuration names them.
struct IdentityKeys {
  std::optional<AssertionKey> current;
  std::optional<PublicKey> previous;
};

// Somebody who was judged good: his session, the ticket's destination, the server's host.
struct Subject {
  std::uint32_t slot = 0;
  std::uint64_t generation = 0;
  UserName user;
  Sid sid;
  std::string_view login_host, host;
  Endpoint destination;
  Duration life;  // of the session, from now on
};

struct Vouched {
  VouchOutcome outcome = VouchOutcome::failed;
  Duration fresh_for;
  std::string_view token;  // good until the desk is used again
};

class AssertionDesk {
 public:
  // These keys hold from now on.  A key that was the current one, or is named as the
  // previous one, stays in the list for 24 hours.
  void take(IdentityKeys keys, Mono now);
  Vouched vouch(const Subject& subject, Mono now, Wall wall);
  // A JWK set, the current key first; empty when there is none.
  std::string key_list(Mono now);

 private:
  using Name = std::tuple<std::uint64_t, std::uint32_t, std::string>;  // session, and for whom
  struct Kept {
    Name name;
    std::string token;
    Mono made;
    Wall issued;
  };
  struct Account {  // what a session had made in this minute
    std::uint64_t generation = 0;
    Mono since;
    std::uint32_t made = 0;
  };
  struct OldKey {
    PublicKey key;
    Mono until;
  };

  const Kept* find(const Name& name, Mono now, Wall wall);
  bool may_have_another(const Subject& subject, Mono now);
  const Kept& keep(Kept made);
  void forget_first();
  void retire(PublicKey key, Mono now);

  std::optional<AssertionKey> key_;
  std::vector<OldKey> old_keys_;   // the newest first
  std::list<Kept> kept_;           // the oldest first
  std::map<Name, std::list<Kept>::iterator> by_name_;
  std::vector<Account> accounts_;  // by slot
};

}  // namespace postern::authd
