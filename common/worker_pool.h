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
  // life (0: no bound); `slack`: by how many more than the idlest the last one may have, and
  // still be chosen again.
  WorkerPool(std::uint32_t room, std::uint32_t life, std::uint32_t slack = 0)
      : room_(room), life_(life), slack_(slack) {}

  // A worker that can take connections from now on.
  void add(std::uint64_t worker);
  // The worker that the next connection goes to: the last one within its slack, for who is
  // awake need not be woken, or else the one with the fewest.
  std::optional<std::uint64_t> choose() const;
  // How many of the next connections go to the one that choose() names, counted up to `most`.
  std::size_t in_a_row(std::size_t most) const;
  // Counts `connection` of `source` on `worker`.
  void assign(std::uint64_t worker, std::uint64_t connection, const Address& source);
  // The connection ended; its source, unless it was never there (or not that worker's).
  std::optional<Address> release(std::uint64_t worker, std::uint64_t connection);
  // The worker ended; the sources of the connections that went with it.
  std::vector<Address> remove(std::uint64_t worker);
  // The worker gets no further connection.
  void close(std::uint64_t worker);
  // The worker gets no connection until wake() is called.
  void rest(std::uint64_t worker);
  void wake();
  bool someone_rests() const;
  // True once the worker is closed or has had all the connections of its life, and none is left.
  bool is_worn_out(std::uint64_t worker) const;

  bool has(std::uint64_t worker) const { return workers_.contains(worker); }
  bool is_idle(std::uint64_t worker) const;
  std::size_t size() const { return workers_.size(); }
  std::size_t with_room() const { return open_.size(); }
  // Connections that all of them together can still take, counted up to `most`.
  std::size_t places(std::size_t most) const;
  std::vector<std::uint64_t> all() const;

 private:
  struct Worker {
    std::uint32_t served = 0;
    bool closed = false, rests = false;
    std::unordered_map<std::uint64_t, Address> connections;
  };
  std::size_t room_in(const Worker& worker) const;
  void put_in(std::uint64_t number, const Worker& worker);
  void take_out(std::uint64_t number, const Worker& worker);

  std::uint32_t room_, life_, slack_;
  std::uint64_t last_ = 0;  // that was chosen
  std::map<std::uint64_t, Worker> workers_;
  std::set<std::pair<std::size_t, std::uint64_t>> open_;  // (connections, worker): with room
};

}  // namespace postern
