// The entry of role vault: the sealing key is read as root, the database is opened as the
// vault's own user inside its chroot, and only then comes the filter.  Everything else is
// in vault.h and vault_core.h.

#include <optional>

#include "authd/roles.h"
#include "authd/vault.h"

namespace postern::authd {
namespace {

Result<SealingKey> take_key(RoleProcess& self) {
  const UniqueFd file = self.take(Item::sealing_key);
  if (!file) return fail("the master hands over no sealing key");
  return read_sealing_key(file.get());
}

}  // namespace

Result<int> run_vault(RoleProcess& self) {
  const AuthdSettings settings = TRY(parse_authd(self.settings_text(), self.settings_name()));
  SealingKey key = TRY(take_key(self));
  UniqueFd channel = self.take(Item::channel, Role::sessions);
  TRY_VOID(Vault::prepare_libraries());
  std::optional<Vault> vault;
  const auto open = [&]() -> Result<void> {
    vault.emplace(TRY(Vault::open(vault_config_of(settings), key)));
    return {};
  };
  TRY_VOID(self.enter_jail(false, open));
  key = SealingKey();

  VaultService service({self.loop(), self.log(), read_wall}, *vault);
  service.take_sessions(std::move(channel));
  self.on_hand = [&](Handed handed) {
    if (handed.item == Item::channel && handed.role == Role::sessions)
      service.take_sessions(std::move(handed.fd));
  };
  self.on_reload = [&](const std::string& text, const std::string& name) -> Result<void> {
    const AuthdSettings fresh = TRY(parse_authd(text, name));
    if (fresh.store.path != settings.store.path ||
        fresh.store.sealing_key != settings.store.sealing_key)
      return fail(fresh.origin.where("store", "path") + " and sealing_key cannot change without a new start");
    const VaultConfig config = vault_config_of(fresh);
    return vault->set_rules(config.windows, config.lockout);
  };
  TRY_VOID(self.ready());
  return self.loop().run();
}

}  // namespace postern::authd
