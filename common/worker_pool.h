// The porter's book of workers: which has room, which serves which connection.
// Pure: no system call is made here.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <unordered_map>
#include <utility>
#include <vector>

#include "common/address.h"

namespace postern {

class WorkerPool {
 public:
  // `room`: connections at the same time in one worker; `life`: connections in its whole
  // life (0: no bound).
  WorkerPool(std::uint32_t room, std::uint32_t life) : room_(room), life_(life) {}

  // A worker that can take connections from now on.
  void add(std::uint64_t worker);
  // The worker that the next connection goes to: the one with the fewest.
  std::optional<std::uint64_t> choose() const;
  // Counts `connection` of `source` on `worker`.
  void assign(std::uint64_t worker, std::uint64_t connection, const Address& source);
  // The connection ended; its source, unless it was never there (or not that worker's).
  std::optional<Address> release(std::uint64_t worker, std::uint64_t connection);
  // The worker ended; the sources of the connections that went with it.
  std::vector<Address> remove(std::uint64_t worker);
  // True once the worker has had all the connections of its life and none is left.
  bool is_worn_out(std::uint64_t worker) const;

  bool has(std::uint64_t worker) const { return workers_.contains(worker); }
  bool is_idle(std::uint64_t worker) const;
  std::size_t size() const { return workers_.size(); }
  std::size_t with_room() const { return open_.size(); }
  std::vector<std::uint64_t> all() const;

 private:
  struct Worker {
    std::uint32_t served = 0;
    std::unordered_map<std::uint64_t, Address> connections;
  };
  void put_in(std::uint64_t number, const Worker& worker);
  void take_out(std::uint64_t number, const Worker& worker);

  std::uint32_t room_, life_;
  std::map<std::uint64_t, Worker> workers_;
  std::set<std::pair<std::size_t, std::uint64_t>> open_;  // (connections, worker): with room
};

}  // namespace postern
