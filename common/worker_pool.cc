// Counting only: who has room, and who serves what.  Who is told what, and whose word
// counts, is porter.cc's business; no system call belongs here, and no clock.  The
// porters of redird and wfd own one each.

#include "common/worker_pool.h"

#include <algorithm>

namespace postern {

// Of one that takes connections.
std::size_t WorkerPool::room_in(const Worker& worker) const {
  const std::size_t room = room_ - worker.connections.size();
  return life_ == 0 ? room : std::min<std::size_t>(room, life_ - worker.served);
}

void WorkerPool::put_in(std::uint64_t number, const Worker& worker) {
  const bool alive = !worker.closed && !worker.rests && (life_ == 0 || worker.served < life_);
  if (alive && worker.connections.size() < room_) open_.emplace(worker.connections.size(), number);
}

void WorkerPool::take_out(std::uint64_t number, const Worker& worker) {
  open_.erase({worker.connections.size(), number});
}

void WorkerPool::add(std::uint64_t worker) { put_in(worker, workers_[worker]); }

std::optional<std::uint64_t> WorkerPool::choose() const {
  if (open_.empty()) return std::nullopt;
  const auto [fewest, worker] = *open_.begin();
  const auto last = workers_.find(last_);
  if (last == workers_.end() || fewest + slack_ < last->second.connections.size()) return worker;
  return open_.contains({last->second.connections.size(), last_}) ? last_ : worker;
}

// Each that it gets takes it further away from the idlest of the others.
std::size_t WorkerPool::in_a_row(std::size_t most) const {
  const std::optional<std::uint64_t> chosen = choose();
  if (!chosen) return 0;
  const Worker& worker = workers_.at(*chosen);
  const auto other = std::ranges::find_if(open_, [&](const auto& place) { return place.second != *chosen; });
  if (other != open_.end()) most = std::min(most, other->first + slack_ + 1 - worker.connections.size());
  return std::min(most, room_in(worker));
}

std::size_t WorkerPool::places(std::size_t most) const {
  std::size_t free = 0;
  for (auto place = open_.begin(); place != open_.end() && free < most; ++place)
    free += room_in(workers_.at(place->second));
  return std::min(free, most);
}

void WorkerPool::assign(std::uint64_t worker, std::uint64_t connection, const Address& source) {
  const auto found = workers_.find(worker);
  if (found == workers_.end()) return;
  last_ = worker;
  take_out(worker, found->second);
  ++found->second.served;
  found->second.connections[connection] = source;
  put_in(worker, found->second);
}

std::optional<Address> WorkerPool::release(std::uint64_t worker, std::uint64_t connection) {
  const auto found = workers_.find(worker);
  if (found == workers_.end()) return std::nullopt;
  const auto c = found->second.connections.find(connection);
  if (c == found->second.connections.end()) return std::nullopt;
  const Address source = c->second;
  take_out(worker, found->second);
  found->second.connections.erase(c);
  if (room_ > 1) put_in(worker, found->second);  // with one connection a process it leaves now
  return source;
}

std::vector<Address> WorkerPool::remove(std::uint64_t worker) {
  std::vector<Address> sources;
  const auto found = workers_.find(worker);
  if (found == workers_.end()) return sources;
  for (const auto& [connection, source] : found->second.connections) sources.push_back(source);
  take_out(worker, found->second);
  workers_.erase(found);
  return sources;
}

void WorkerPool::close(std::uint64_t worker) {
  const auto found = workers_.find(worker);
  if (found == workers_.end()) return;
  take_out(worker, found->second);
  found->second.closed = true;
}

void WorkerPool::rest(std::uint64_t worker) {
  const auto found = workers_.find(worker);
  if (found == workers_.end()) return;
  take_out(worker, found->second);
  found->second.rests = true;
}

void WorkerPool::wake() {
  for (auto& [number, worker] : workers_)
    if (std::exchange(worker.rests, false)) put_in(number, worker);
}

bool WorkerPool::someone_rests() const {
  return std::ranges::any_of(workers_, [](const auto& row) { return row.second.rests && !row.second.closed; });
}

bool WorkerPool::is_worn_out(std::uint64_t worker) const {
  const auto found = workers_.find(worker);
  if (found == workers_.end() || !found->second.connections.empty()) return false;
  return found->second.closed || (life_ != 0 && found->second.served >= life_);
}

bool WorkerPool::is_idle(std::uint64_t worker) const {
  const auto found = workers_.find(worker);
  return found != workers_.end() && found->second.connections.empty();
}

std::vector<std::uint64_t> WorkerPool::all() const {
  std::vector<std::uint64_t> numbers;
  for (const auto& [number, worker] : workers_) numbers.push_back(number);
  return numbers;
}

}  // namespace postern
