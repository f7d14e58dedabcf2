// What a login needs of a store, and all it needs: this much several gates would have to
// share, each with its own processes, for a passcode to work at one of them only.  Today
// there is one, the database of one vault (store.h).
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "authd/passcode.h"
#include "common/clock.h"
#include "common/result.h"

namespace postern::authd {

// The row against which unknown users are measured.  Not a possible user name, never
// listed; the vault keeps it.
inline constexpr std::string_view nobody = "-";

struct UserRow {
  std::string name;
  std::string pin_hash;
  bool disabled = false;
  Wall created;
  std::optional<Wall> last_login;
  std::string last_source;         // of the last login
  std::uint32_t failures = 0;      // since the last login
  std::uint32_t logouts = 0;       // since the last login
  std::optional<Wall> last_logout; // of those
  std::int64_t strange_due = 0, known_due = 0;  // what is used of his allowances
  TokenState token;
  std::vector<std::byte> sealed_secret;
};

struct LoginRecord {
  std::string_view user;    // must exist
  Wall time;
  std::string_view source;  // at most max_source bytes
  std::string_view place;   // of the source, as he is known by it; as long at most
  std::string_view result;
  bool granted = false;
  std::int64_t strange_due = 0, known_due = 0;  // from now on
};

class LoginStore {
 public:
  virtual ~LoginStore() = default;

  virtual Result<std::optional<UserRow>> find_user(std::string_view name) = 0;
  // Has the user ever logged in from there, among his latest places?
  virtual Result<bool> knows_place(std::string_view name, std::string_view place) = 0;
  // Spends `counter` and all below it, and remembers `drift`.  True: it was not spent
  // before, and now it is, durably.  False: somebody was faster (or there is no such
  // user).  After an error it may be spent or not; the answer must be "no".
  virtual Result<bool> spend(std::string_view name, std::int64_t counter, std::int32_t drift) = 0;
  // One transaction: the history row (the oldest go), the user's failures and allowances,
  // and after a granted login the known place (the oldest go).
  virtual Result<void> record_login(const LoginRecord& record) = 0;

 protected:
  LoginStore() = default;
  LoginStore(LoginStore&&) = default;
  LoginStore& operator=(LoginStore&&) = default;
};

}  // namespace postern::authd
