// What every worker inherits from its nursery: settings, pages, and TLS contexts that
// are warm.  Made once, before any byte of a connection was seen.
#pragma once

#include <memory>
#include <optional>

#include "common/role_process.h"
#include "common/settings.h"
#include "wfd/pages.h"
#include "wfd/sign_provider.h"
#include "wfd/tls_context.h"

namespace postern::wfd {

// How long a worker waits for a role before it says 503.
struct RolePatience {
  Duration sessions = seconds(15);  // a login waits for the vault's queue, too
  Duration broker = seconds(4);     // beside the time that connecting takes
};

struct Shop {
  WfdSettings settings;
  SignProvider provider;                // stays where it is: the contexts refer to it
  std::optional<ServerContext> server;  // both there after open()
  std::optional<ClientContext> client;
  std::optional<Pages> pages;           // there after warm_up()
  RolePatience patience;

  // Takes certificates and the CA from what the master handed over.  Before the jail.
  static Result<std::unique_ptr<Shop>> open(RoleProcess& self);
  // Reads the pages and makes one handshake of each kind.  After the chroot.
  Result<void> warm_up();
};

}  // namespace postern::wfd
