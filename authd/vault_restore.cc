// Backups of the vault: the database as it is at one moment, and users brought back from
// one.  No passcode that was ever spent may work again (R5), and a backup does not know
// what was spent after it.  So for a token that the living database knows, the higher
// counter of the two counts; for one that it does not know, everything that may have been
// spent until now does: all time steps that a token can show by now, and of a counting
// token all, until two codes from the operator say where it is.
#include <algorithm>

#include "authd/vault_core.h"

namespace postern::authd {
namespace {

constexpr std::string_view purpose = "token-secret";
constexpr std::int64_t widest_window = 10;  // of what [passcode] totp_window may be
constexpr std::size_t users_at_once = 100;

// The token as it may be used from now on when nobody knows what was spent of it.
RestoredToken after_unknown_use(const TokenState& token, Wall now) {
  if (token.shape.kind == TokenKind::hotp) return {token.next, true};
  const std::int64_t beyond = now.s / static_cast<std::int64_t>(token.shape.period) + max_drift + widest_window + 1;
  return {std::max(token.next, beyond), token.lost};
}

bool same_shape(const TokenShape& a, const TokenShape& b) {
  return a.kind == b.kind && a.algorithm == b.algorithm && a.digits == b.digits && a.period == b.period;
}

}  // namespace

Result<DatabaseImage> Vault::snapshot() {
  DatabaseImage image = TRY(store_.image(max_backup));
  // A page that could not be read is zeros in it: better to know now.
  TRY_VOID(Store::open_image(image.bytes()));
  return image;
}

// Of the same vault, and so of the same sealing key?
Result<void> Vault::check_backup(Store& backup) const {
  const auto own = TRY(backup.find_user(nobody));
  if (!own || !sealer_.unseal(own->sealed_secret, nobody, purpose))
    return fail("the backup is not of a vault with this sealing key");
  return {};
}

Result<bool> Vault::same_token(const UserRow& a, const UserRow& b) const {
  if (!same_shape(a.token.shape, b.token.shape)) return false;
  const TokenSecret first = TRY(sealer_.unseal(a.sealed_secret, a.name, purpose));
  return first == TRY(sealer_.unseal(b.sealed_secret, b.name, purpose));
}

Result<RestoredUser> Vault::restore_user(Restoring& restoring, const UserRow& saved, Wall now) {
  RestoredUser result{saved.name, RestoredUser::Change::back, saved.disabled, false, {}};
  RestoredToken unknown = after_unknown_use(saved.token, now);
  if (const auto print = print_of(saved)) unknown.next = std::max(unknown.next, TRY(store_.next_of(*print)));
  const auto present = TRY(store_.find_user(saved.name));
  if (!present) {
    TRY_VOID(restoring.bring_back(saved.name, unknown));
  } else if (TRY(same_token(*present, saved))) {
    const bool disabled = present->disabled || saved.disabled;
    const bool same = present->pin_hash == saved.pin_hash && present->disabled == disabled;
    TRY_VOID(restoring.bring_pin(saved.name, disabled));
    TRY_VOID(restoring.spend_below(saved.name, saved.token.next));
    return RestoredUser{saved.name, same ? RestoredUser::Change::none : RestoredUser::Change::changed, disabled, false, {}};
  } else {
    // He got another token since, perhaps because this one was lost: not without a look.
    result.change = RestoredUser::Change::changed;
    result.disabled = true;
    TRY_VOID(restoring.bring_pin(saved.name, true));
    TRY_VOID(restoring.bring_token(saved.name, unknown, print_of(*present)));
  }
  result.lost = unknown.lost;
  if (!unknown.lost) result.usable = Wall{unknown.next * static_cast<std::int64_t>(saved.token.shape.period)};
  return result;
}

// Who is there now and not in the backup.
Result<void> Vault::remove_others(Restoring& restoring, Store& backup, std::vector<RestoredUser>& all) {
  std::string after;
  for (bool more = true; more;) {
    const std::vector<UserRow> users = TRY(store_.list_users(after, users_at_once));
    more = users.size() == users_at_once;
    for (const UserRow& user : users) {
      after = user.name;
      if (TRY(backup.find_user(user.name))) continue;
      TRY_VOID(restoring.remove(user.name, print_of(user)));
      all.push_back({user.name, RestoredUser::Change::removed, true, false, {}});
    }
  }
  return {};
}

Result<std::vector<RestoredUser>> Vault::restore(std::span<const std::byte> image, Wall now, bool for_real) {
  Store backup = TRY(Store::open_image(image));
  TRY_VOID(check_backup(backup));
  Restoring restoring = TRY(store_.restore_from(backup));
  std::vector<RestoredUser> all;
  std::string after;
  for (bool more = true; more;) {
    const std::vector<UserRow> users = TRY(backup.list_users(after, users_at_once));
    more = users.size() == users_at_once;
    for (const UserRow& user : users) all.push_back(TRY(restore_user(restoring, user, now)));
    if (!users.empty()) after = users.back().name;
  }
  TRY_VOID(remove_others(restoring, backup, all));
  if (for_real) TRY_VOID(restoring.commit());
  if (for_real) near_misses_ = NearMisses();
  return all;
}

}  // namespace postern::authd
