// The entry of role sessions: what it is handed, what it makes before its jail (the
// generation page needs /proc), and its ear for the master.  Everything else is in
// sessions.h; nothing that decides belongs here.

#include <fcntl.h>
#include <openssl/sha.h>

#include <utility>
#include <vector>

#include "authd/crypto_start.h"
#include "authd/identity_keys.h"
#include "authd/roles.h"
#include "authd/sessions.h"

namespace postern::authd {
namespace {

// Lets the library fetch now what it would look for later, in a jail without files.
Result<void> warm_up() {
  TRY_VOID(start_crypto());
  unsigned char digest[SHA256_DIGEST_LENGTH] = {};
  Ticket ticket;
  TicketKey key;
  (void)key.fill(TicketKey::capacity);  // zeros: this ticket never leaves
  seal_ticket(ticket, key);
  if (SHA256(digest, sizeof digest, digest) == nullptr || !is_sealed_for(ticket, key, 0))
    return fail("cannot start OpenSSL: no SHA-256");
  return {};
}

// The kernel's name for this boot: "0f3c1d2e-..." (random(4)).
Result<BootId> read_boot_id() {
  const char* path = "/proc/sys/kernel/random/boot_id";
  const UniqueFd file = UniqueFd::adopt(::open(path, O_RDONLY | O_CLOEXEC));
  if (!file) return fail_errno(std::string("cannot open ") + path);
  std::string text = TRY(read_all(file.get(), 256));
  return parse_boot_id(text);
}

}  // namespace

Result<int> run_sessions(RoleProcess& self) {
  const AuthdSettings settings = TRY(parse_authd(self.settings_text(), self.settings_name()));
  TRY_VOID(warm_up());
  GenerationPage page = TRY(GenerationPage::make(settings.session.max_sessions));
  const BootId boot = TRY(read_boot_id());
  Sessions sessions({.loop = self.loop(), .log = self.log(), .page = page, .wall = read_wall, .boot = boot},
                    settings);
  sessions.take_keys(TRY(read_identity_keys(self.take_all(Item::assertion_key))));
  UniqueFd vault = self.take(Item::channel, Role::vault);
  TRY_VOID(sessions.listen(self.take(Item::gate_listener), self.take(Item::admin_listener)));

  std::vector<Handed> fresh_keys;  // that come before new settings
  self.on_hand = [&](Handed handed) {
    if (handed.item == Item::channel && handed.role == Role::vault)
      sessions.take_vault(std::move(handed.fd));
    else if (handed.item == Item::assertion_key && fresh_keys.size() < 2)
      fresh_keys.push_back(std::move(handed));
  };
  self.on_reload = [&](const std::string& text, const std::string& name) -> Result<void> {
    const std::vector<Handed> files = std::exchange(fresh_keys, {});  // theirs, or nobody's
    IdentityKeys keys = TRY(read_identity_keys(files));
    const AuthdSettings fresh = TRY(parse_authd(text, name));
    TRY_VOID(sessions.reload(fresh));
    sessions.take_keys(std::move(keys));
    return {};
  };
  TRY_VOID(self.enter_jail());
  sessions.start();
  sessions.take_vault(std::move(vault));
  TRY_VOID(self.ready());
  return self.loop().run();
}

}  // namespace postern::authd
