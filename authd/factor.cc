// The passcode as a factor: looked for among those that the token may show, and spent.
// Called by vault_core.cc for every login, also of users that there are not.  Never say
// `fresh` of what the store has not spent, nor skip the write when there is nothing to spend.
#include "authd/factor.h"

namespace postern::authd {

Result<Match> PasscodeFactor::prove(const Proof& proof, LoginStore& store) {
  const UserRow& user = proof.user;
  Match match = TRY(match_code(codes_, proof.secret, user.token, windows_, proof.given, proof.now));
  if (user.name == nobody) match.fit = Fit::none;
  if (match.fit != Fit::fresh) {
    TRY_VOID(spend_nothing(store));
    return match;
  }
  if (!TRY(store.spend(user.name, match.counter, match.drift))) match.fit = Fit::spent;
  return match;
}

// Another gate may have spent nobody's step meanwhile: then the next one.
Result<void> PasscodeFactor::spend_nothing(LoginStore& store) {
  for (int attempt = 0; attempt < 2; ++attempt) {
    if (TRY(store.spend(nobody, nobody_next_, 0))) {
      ++nobody_next_;
      return {};
    }
    const auto row = TRY(store.find_user(nobody));
    if (!row) break;
    nobody_next_ = row->token.next;
  }
  return fail("cannot write to the database: somebody else did");
}

}  // namespace postern::authd
