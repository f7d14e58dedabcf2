// The account of every source of connections: how many it has open, how fast new ones
// come, and how badly the old ones behaved.  Pure: it is given the time, and the porter
// obeys what it says.  A source is an IPv4 address or an IPv6 /64, for a /64 is what one
// household gets.
#pragma once

#include <cstddef>
#include <cstdint>
#include <list>
#include <map>

#include "common/address.h"
#include "common/clock.h"
#include "common/messages.h"
#include "common/settings.h"

namespace postern {

enum class Admission : std::uint8_t {
  penalised,  // it behaved badly and has to wait
  too_many,   // it has as many connections as one source may have
  too_fast,   // it opens connections faster than one source may
  full,       // there is no room to count another source
  admitted,
};
// The word for the log: "penalised", "too-many", "too-fast", "full", "admitted".
std::string_view word_of(Admission admission);
// The word for the log: "handshake", "unparsable", "slow"...
std::string_view word_of(Cause cause);

// What one ended connection cost its source.
struct Penalty {
  std::uint32_t score = 0;  // after it, rounded
  bool added = false;       // it cost something: worth a line in the log
  bool refused = false;     // from now on the source is refused
};

class Throttle {
 public:
  // Counts at most `capacity` sources.  When they are more, the one that has had no
  // connection for the longest time is forgotten, its score with it; when all have
  // connections, a new source is not admitted.
  explicit Throttle(const SourceLimits& limits, std::size_t capacity = 65536)
      : limits_(limits), capacity_(capacity) {}

  // A connection from `client` came.  When admitted it counts until leave().
  Admission admit(const Address& client, Mono now);
  // A connection that was admitted ended.  Once its score has reached the limit, the
  // source is refused until the score has fallen to half of that.
  Penalty leave(const Address& client, Cause cause, Mono now);

  std::size_t sources() const { return accounts_.size(); }

 private:
  struct Account {
    std::uint32_t live = 0;
    double tokens = 0;   // connections that may come at once
    Mono refilled;       // when tokens was right
    double score = 0;
    Mono scored;         // when score was right
    bool refused = false;
    std::list<Address>::iterator idle;  // its place in idle_; counts while live is 0
  };
  using Accounts = std::map<Address, Account>;

  Accounts::iterator open_account(const Address& source, Mono now);
  void decay(Account& account, Mono now) const;
  bool take_token(Account& account, Mono now) const;

  SourceLimits limits_;
  std::size_t capacity_;
  Accounts accounts_;
  std::list<Address> idle_;  // sources without connections, the longest idle first
};

}  // namespace postern
