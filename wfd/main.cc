// wfd: the TLS proxy.  This file says what the daemon consists of, and which role is
// handed which file.  Never put here: anything that looks at a connection, for the
// master runs as root.

#include <fcntl.h>

#include <optional>

#include "common/doors.h"
#include "common/logger.h"
#include "common/master.h"
#include "common/nursery.h"
#include "common/porter.h"
#include "common/settings.h"
#include "common/settings_check.h"
#include "wfd/gate.h"
#include "wfd/key_check.h"
#include "wfd/roles.h"
#include "wfd/text_room.h"
#include "wfd/tls_memory.h"
#include "wfd/worker.h"
#include "wfd/worker_memory.h"

namespace postern::wfd {
namespace {

// Connections, then a worker is replaced; the signer keeps account of fewer than 65,536.
constexpr std::uint32_t worker_life = 10'000;

Result<int> live_as_porter(RoleProcess& self) {
  const WfdSettings settings = TRY(parse_wfd(self.settings_text(), self.settings_name()));
  PorterPlan plan;
  plan.mode = settings.listen.mode;
  plan.connections_per_worker = settings.isolation.connections_per_worker;
  plan.spare_workers = settings.isolation.spare_workers;
  plan.max_workers = settings.isolation.max_workers;
  plan.connections_in_life = worker_life;
  plan.connection_lifetime = settings.limits.connection_lifetime;
  plan.source = settings.source;
  return run_porter(self, plan);
}

Result<int> live_as_nursery(RoleProcess& self) {
  const std::unique_ptr<Shop> shop = TRY(Shop::open(self));
  NurseryPlan plan;
  plan.code = program_text();
  plan.worker_memory = worker_memory(shop->settings);
  plan.warm_up = [&shop] { return shop->warm_up(); };
  plan.work = [&shop](WorkerSeat& seat) { return run_worker(*shop, seat); };
  return run_nursery(self, plan);
}

// What [trace] names, as one list.
std::string traced_by(const WfdSettings::Trace& trace) {
  std::string all;
  for (const std::string& host : trace.hosts) all += (all.empty() ? "" : ",") + host;
  for (const Network& source : trace.sources) all += (all.empty() ? "" : ",") + source.text();
  return all;
}

// A certificate, key or CA file, opened by root.
struct OpenFile {
  Item item;
  std::uint32_t index;
  std::string path;
  UniqueFd fd;
};

class Wfd final : public DaemonPlan {
 public:
  Daemon daemon() const override { return Daemon::wfd; }

  Result<int> live(RoleProcess& self) const override {
    switch (self.role()) {
      case Role::logger: return run_logger(self);
      case Role::porter: return live_as_porter(self);
      case Role::nursery: return live_as_nursery(self);
      case Role::signer: return run_signer(self);
      case Role::broker: return run_broker(self);
      default: return fail("wfd has no such role");
    }
  }

  Result<HousePlan> read(const std::string& text, const std::string& name) override {
    fresh_ = TRY(parse_wfd(text, name));
    HousePlan plan = start_plan(Daemon::wfd, fresh_.process, fresh_.log, text, name);
    plan.roles = {Role::signer, Role::broker, Role::nursery, Role::porter};
    plan.links = {{Role::porter, Role::nursery}, {Role::porter, Role::signer}, {Role::porter, Role::broker}};
    plan.fellows = {{Role::porter, Role::nursery}};
    plan.ticket_roles = {Role::porter, Role::signer, Role::broker};
    plan.traced = traced_by(fresh_.trace);
    return plan;
  }

  bool traces() const override { return true; }

  Result<void> check() override {
    TRY_VOID(check_system(fresh_));
    TRY_VOID(check_keys(fresh_));
    return check_pages();
  }

  Result<void> open(HousePlan& plan) override {
    TRY_VOID(doors_.open(fresh_.listen));
    std::vector<OpenFile> files;
    for (std::size_t i = 0; i < fresh_.tls.certificates.size(); ++i) {
      TRY_VOID(add_file(files, Item::certificate, i, fresh_.tls.certificates[i]));
      TRY_VOID(add_file(files, Item::key, i, fresh_.tls.keys[i]));
    }
    if (!fresh_.ca_file.empty()) TRY_VOID(add_file(files, Item::ca, 0, fresh_.ca_file));
    current_ = fresh_;
    plan.provide = [this, line = TRY(ReportLine::open()), files = std::move(files)](Role role, Giver& giver) {
      doors_.provide(role, giver, line);
      for (const OpenFile& file : files)
        if (may_have(role, file.item)) giver.give(file.item, file.fd.get(), Role::none, file.index, file.path);
    };
    return {};
  }

  // That the worker's jail has all pages, and nothing beside them.
  Result<void> check_pages() const {
    const std::string path = fresh_.process.chroot + "/worker/pages";
    const UniqueFd directory = UniqueFd::adopt(::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    if (!directory) return fail_errno(fresh_.origin.where("process", "chroot") + ": cannot open " + path);
    const Result<Pages> pages = Pages::load(directory.get(), {fresh_.login_host, fresh_.domains, fresh_.language});
    if (!pages) return within(fresh_.origin.where("process", "chroot") + ": " + path, pages.error());
    return {};
  }

  Result<void> may_replace() override {
    const bool same = fresh_.listen == current_.listen && fresh_.process == current_.process &&
                      fresh_.log == current_.log && fresh_.authd_socket == current_.authd_socket;
    if (same) return {};
    return fail(fresh_.origin.file + ": [listen], [process], [log] and [authd] cannot change without a restart");
  }

  Result<void> serving(Loop& loop, Log& log, Houses houses) override {
    gate_.emplace(loop, log, current_.authd_socket, std::move(houses));
    gate_->start();
    return {};
  }

  void role_ready(House& house, Role role) override {
    if (gate_) gate_->introduce(house, role);
  }

  void ending() override { gate_.reset(); }

 private:
  // Private keys go to the signer, and to nobody else.
  static bool may_have(Role role, Item item) {
    if (item == Item::key) return role == Role::signer;
    if (item == Item::certificate) return role == Role::signer || role == Role::nursery;
    return item == Item::ca && role == Role::nursery;
  }

  static Result<void> add_file(std::vector<OpenFile>& files, Item item, std::size_t index, const std::string& path) {
    UniqueFd fd = UniqueFd::adopt(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOCTTY));
    if (!fd) return fail_errno("cannot open " + path);
    files.push_back({item, static_cast<std::uint32_t>(index), path, std::move(fd)});
    return {};
  }

  WfdSettings fresh_, current_;
  Doors doors_;
  std::optional<Gate> gate_;
};

}  // namespace
}  // namespace postern::wfd

int main(int argc, char** argv) {
  if (!postern::wfd::lend_to_openssl()) return postern::exit_contradiction;
  postern::wfd::Wfd plan;
  return postern::run_daemon(argc, argv, plan);
}
