// Opened once, as root, and kept open over reloads and restarts of porters: while there
// is no porter, connections wait in the kernel.  Called by the masters of redird and
// wfd; never accept a connection here.

#include "common/doors.h"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

#include "common/net.h"

namespace postern {
namespace {

// Who says nothing is kept by the kernel for that long (a client of ours speaks first), and
// most of them leave meanwhile; a connection that stays silent comes to the porter then.
constexpr int silence_seconds = 3;

}  // namespace

Result<void> Doors::open(const ListenSettings& settings) {
  if (!listeners_.empty()) return {};
  for (const Address& address : settings.addresses) {
    UniqueFd listener = TRY(listen_on({address, settings.port}, settings.mode == ListenMode::tproxy));
    if (::setsockopt(listener.get(), IPPROTO_TCP, TCP_DEFER_ACCEPT, &silence_seconds, sizeof silence_seconds) != 0)
      return fail_errno("cannot have the kernel wait for the first byte");
    listeners_.push_back(std::move(listener));
  }
  return {};
}

Result<ReportLine> ReportLine::open() {
  auto [in, out] = TRY(make_channel());
  const int on = 1;
  if (::setsockopt(in.get(), SOL_SOCKET, SO_PASSCRED, &on, sizeof on) != 0)
    return fail_errno("cannot have the kernel name the writers of reports");
  return ReportLine{std::move(in), std::move(out)};
}

void Doors::provide(Role role, Giver& giver, const ReportLine& line) const {
  if (role == Role::nursery) giver.give(Item::reports, line.out.get());
  if (role != Role::porter) return;
  giver.give(Item::reports, line.in.get());
  for (std::size_t i = 0; i < listeners_.size(); ++i)
    giver.give(Item::listener, listeners_[i].get(), Role::none, static_cast<std::uint32_t>(i));
}

HousePlan start_plan(Daemon daemon, const ProcessSettings& process, const LogSettings& log,
                     std::string text, std::string name) {
  HousePlan plan;
  plan.daemon = daemon;
  plan.settings_text = std::move(text);
  plan.settings_name = std::move(name);
  plan.chroot = process.chroot;
  plan.user_prefix = process.user_prefix;
  plan.has_uid_base = process.uid_base.has_value();
  plan.uid_base = process.uid_base.value_or(0);
  plan.pidfile = process.pidfile;
  plan.log_socket = log.socket;
  plan.log_must_record = log.on_failure == OnFailure::deny;
  return plan;
}

}  // namespace postern
