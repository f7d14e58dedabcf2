// The signer's store of TLS 1.3 sessions: three indexes over one set of entries, by age,
// by id and by client.  Pure; the role `signer` is its only owner.  The blobs hold key
// material: they leave only through take(), and are wiped when they go.
#include "wfd/resumption.h"

#include <algorithm>
#include <iterator>

namespace postern::wfd {
namespace {

constexpr std::size_t max_name = 253;

}  // namespace

bool ResumptionStore::keep(const SessionId& id, std::span<const std::byte> blob,
                           const Address& client, std::string_view sni, Mono now) {
  forget_expired(now);
  if (blob.empty() || blob.size() > SessionBlob::capacity || sni.size() > max_name) return false;
  if (limits_.entries == 0 || limits_.per_client == 0 || by_id_.contains(id)) return false;
  make_room(client);
  Entry entry{id, client, std::string(sni), now + limits_.lifetime, {}};
  entry.blob.assign(blob);
  const Age age = next_++;
  entries_.emplace(age, std::move(entry));
  by_id_.emplace(id, age);
  by_client_.emplace(client, age);
  return true;
}

std::optional<SessionBlob> ResumptionStore::take(const SessionId& id, const Address& client,
                                                 std::string_view sni, Mono now) {
  forget_expired(now);
  const auto found = by_id_.find(id);
  if (found == by_id_.end()) return std::nullopt;
  const Age age = found->second;
  Entry& entry = entries_.at(age);
  // The id travels in the clear: who merely saw it must not be able to spoil the entry.
  if (entry.client != client || entry.sni != sni) return std::nullopt;
  SessionBlob blob = std::move(entry.blob);
  forget(age);
  return blob;
}

void ResumptionStore::forget(Age age) {
  const auto entry = entries_.find(age);
  by_id_.erase(entry->second.id);
  by_client_.erase({entry->second.client, age});
  entries_.erase(entry);
}

// All entries live equally long, so the oldest is the first to expire.
void ResumptionStore::forget_expired(Mono now) {
  while (!entries_.empty() && entries_.begin()->second.until <= now)
    forget(entries_.begin()->first);
}

void ResumptionStore::make_room(const Address& client) {
  const auto oldest = by_client_.lower_bound({client, 0});
  const auto end = by_client_.upper_bound({client, ~Age{0}});
  if (static_cast<std::size_t>(std::distance(oldest, end)) >= limits_.per_client)
    forget(oldest->second);
  if (entries_.size() >= limits_.entries) forget(entries_.begin()->first);
}

}  // namespace postern::wfd
