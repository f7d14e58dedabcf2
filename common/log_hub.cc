// Keeps the queues of log lines alive over the deaths of loggers.  Called by master.cc.
// Nothing is read or written here: the master never sees what a role has to say, and no
// line is dropped because somebody died.

#include "common/log_hub.h"

#include <sys/socket.h>
#include <sys/un.h>

#include <cstring>

namespace postern {
namespace {

constexpr int queue_bytes = 1024 * 1024;  // of kernel memory for each role's queue

Result<std::pair<UniqueFd, UniqueFd>> make_queue() {
  auto [in, out] = TRY(make_channel());
  const int on = 1;
  if (::setsockopt(in.get(), SOL_SOCKET, SO_PASSCRED, &on, sizeof on) != 0)
    return fail_errno("cannot have the kernel name the writers of log lines");
  if (::setsockopt(out.get(), SOL_SOCKET, SO_SNDBUFFORCE, &queue_bytes, sizeof queue_bytes) != 0)
    return fail_errno("cannot make room for log lines");
  return std::pair{std::move(in), std::move(out)};
}

// A house for the logger alone, with the users and jails of `plan`.
HousePlan logger_plan(const HousePlan& plan) {
  HousePlan mine;
  mine.daemon = plan.daemon;
  mine.settings_text = plan.settings_text;
  mine.settings_name = plan.settings_name;
  mine.chroot = plan.chroot;
  mine.user_prefix = plan.user_prefix;
  mine.has_uid_base = plan.has_uid_base;
  mine.uid_base = plan.uid_base;
  mine.log_must_record = plan.log_must_record;
  mine.roles = {Role::logger};
  return mine;
}

}  // namespace

Result<std::unique_ptr<LogHub>> LogHub::open(Daemon daemon, std::string socket,
                                             OnLogFailure on_failure, bool verbose) {
  auto hub = std::make_unique<LogHub>();
  hub->socket_ = std::move(socket);
  auto [writable, readable] = TRY(make_log_page());
  hub->page_writable_ = std::move(writable);
  hub->page_ = std::move(readable);
  auto [in, out] = TRY(make_queue());
  UniqueFd own = UniqueFd::adopt(::dup(out.get()));
  hub->queues_[Role::master] = {std::move(in), std::move(out)};
  for (const RoleRow& row : role_table) {
    if (row.daemon != daemon || row.role == Role::logger) continue;
    auto [i, o] = TRY(make_queue());
    hub->queues_[row.role] = {std::move(i), std::move(o)};
  }
  hub->log_ = TRY(Log::open(std::move(own), {}, on_failure, verbose));
  return hub;
}

void LogHub::start(const HousePlan& plan, HouseServices services,
                   std::function<void(Result<void>)> done) {
  HousePlan mine = logger_plan(plan);
  mine.provide = [this](Role, Giver& giver) { hand_to_logger(giver); };
  services.provide_log = [](Role, Giver&) {};
  services.on_ready = [](Role, Channel&) {};
  services.on_word = [this](Role, Packet& packet) {
    NeedSyslog need;
    Channel* logger = house_->control(Role::logger);
    if (!packet.read(need) || logger == nullptr) return;
    Giver giver(*logger);
    if (const UniqueFd way = open_syslog(); way) giver.give(Item::syslog, way.get());
  };
  house_ = std::make_unique<House>(std::move(mine), std::move(services));
  house_->start(std::move(done));
}

void LogHub::hand_to_logger(Giver& giver) {
  for (const auto& [role, queue] : queues_) giver.give(Item::log_in, queue.in.get(), role);
  giver.give(Item::log_page, page_writable_.get());
  if (const UniqueFd way = open_syslog(); way) giver.give(Item::syslog, way.get());
}

void LogHub::provide(Role role, Giver& giver) const {
  const auto queue = queues_.find(role);
  if (queue == queues_.end()) return;
  giver.give(Item::log, queue->second.out.get());
  giver.give(Item::log_page, page_.get());
  if (role != Role::nursery) return;
  giver.give(Item::log, queues_.at(Role::worker).out.get(), Role::worker);
  giver.give(Item::log_page, page_.get(), Role::worker);
}

void LogHub::retire(std::function<void()> done) {
  if (house_) house_->retire(std::move(done));
}

// A connected way to syslogd's socket; none while there is no syslogd.
UniqueFd LogHub::open_syslog() const {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  if (socket_.size() >= sizeof address.sun_path) return {};
  std::memcpy(address.sun_path, socket_.data(), socket_.size());
  UniqueFd fd = UniqueFd::adopt(::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  if (!fd || ::connect(fd.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0)
    return {};
  return fd;
}

}  // namespace postern
