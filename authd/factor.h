// What somebody has, beside the PIN that he knows.  Today there is one such factor, the
// passcode of a token; others (a token that answers a challenge, a passkey, a RADIUS server)
// would stand beside it, and the user's row would say which is his.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>
#include <utility>

#include "authd/login_store.h"
#include "authd/passcode.h"

namespace postern::authd {

// What is to be judged.
struct Proof {
  const UserRow& user;                // or nobody's
  std::span<const std::byte> secret;  // of his token, opened
  std::string_view given;             // what he typed
  Wall now;
};

class Factor {
 public:
  virtual ~Factor() = default;

  // Is it what the user can have now?  `fresh` is said only when it is spent in `store`,
  // durably (R5).  The work is the same whatever the answer, a write to the store included:
  // else the time would tell a right one, or a user that there is.
  // Nobody's is never fresh.
  virtual Result<Match> prove(const Proof& proof, LoginStore& store) = 0;

 protected:
  Factor() = default;
  Factor(Factor&&) = default;
  Factor& operator=(Factor&&) = default;
};

class PasscodeFactor final : public Factor {
 public:
  PasscodeFactor(CodeMaker codes, const Windows& windows) : codes_(std::move(codes)), windows_(windows) {}

  Result<Match> prove(const Proof& proof, LoginStore& store) override;

  void set_windows(const Windows& windows) { windows_ = windows; }
  const CodeMaker& codes() const { return codes_; }
  // The first step of nobody's token that is not spent: what is written when nothing is.
  void set_nobody(std::int64_t next) { nobody_next_ = next; }

 private:
  Result<void> spend_nothing(LoginStore& store);

  CodeMaker codes_;
  Windows windows_;
  std::int64_t nobody_next_ = 0;
};

}  // namespace postern::authd
