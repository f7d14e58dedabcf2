// The signer's store of TLS 1.3 sessions.  Pure: the caller gives the time, and the client
// address that the porter sealed.  An entry is handed out once, and only to a connection
// from the same address that asks for the same name.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <utility>

#include "common/address.h"
#include "common/clock.h"
#include "common/secret.h"

namespace postern::wfd {

using SessionId = std::array<std::byte, 32>;
using SessionBlob = Secret<1024>;  // an SSL_SESSION in DER: holds key material

struct ResumptionLimits {
  std::size_t entries = 4096;
  std::size_t per_client = 32;
  Duration lifetime = seconds(2 * 60 * 60);
};

class ResumptionStore {
 public:
  explicit ResumptionStore(ResumptionLimits limits = {}) : limits_(limits) {}

  // Keeps one session.  False if it is not kept: empty, longer than SessionBlob holds, a
  // name longer than 253 bytes, or an id that is there already.  When the client's share
  // or the store is full, the client's or the store's oldest entry goes.
  bool keep(const SessionId& id, std::span<const std::byte> blob, const Address& client,
            std::string_view sni, Mono now);

  // Hands a session out and forgets it.  Nothing, and the entry stays, if it belongs to
  // another address or name; nothing if it is too old or not there.
  std::optional<SessionBlob> take(const SessionId& id, const Address& client,
                                  std::string_view sni, Mono now);

  std::size_t size() const { return entries_.size(); }

 private:
  struct Entry {
    SessionId id;
    Address client;
    std::string sni;
    Mono until;
    SessionBlob blob;
  };
  using Age = std::uint64_t;  // counts up: the smallest is the oldest

  void forget(Age age);
  void forget_expired(Mono now);
  void make_room(const Address& client);

  ResumptionLimits limits_;
  Age next_ = 1;
  std::map<Age, Entry> entries_;
  std::map<SessionId, Age> by_id_;
  std::set<std::pair<Address, Age>> by_client_;
};

}  // namespace postern::wfd
