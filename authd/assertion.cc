// Writes assertions.  Called by assertion_desk.cc alone, with what sessions knows from its
// own table, the sealed ticket and the gate's master.  Never add a claim that a worker
// has chosen, but for the host, which was held against the domain.
#include "authd/assertion.h"

#include <algorithm>

#include "authd/base64url.h"
#include "authd/json.h"

namespace postern::authd {
namespace {

std::string header_of(const AssertionKey& key) {
  return R"({"alg":"ES256","kid":")" + key.shown().kid + R"(","typ":"JWT"})";
}

}  // namespace

Result<std::string> write_assertion(const Claims& claims, const AssertionKey& key) {
  const Duration life = std::clamp(claims.life, seconds(0), assertion_life);
  JsonRow row;
  row.add("iss", "https://" + std::string(claims.login_host))
      .add("aud", "https://" + std::string(claims.host))
      .add("sub", claims.user)
      .add("sid", claims.sid)
      .add("iat", claims.issued.s)
      .add("nbf", claims.issued.s)
      .add("exp", claims.issued.s + life.seconds())
      .add("dst", claims.destination.text());
  if (!row.complete()) return fail("cannot write an assertion: it is too long");
  std::string text = base64url(header_of(key)) + "." + base64url(row.take().text());
  const AssertionKey::Signature signature = TRY(key.sign(text));
  return text + "." + base64url(signature);
}

}  // namespace postern::authd
