// Reads certificates and keys once, to be sure, and forgets them.  The master does this
// only; the signer reads the same files from descriptors, and nobody else has the keys.
// Called by main.cc.  Never hand on what was read here.

#include "wfd/key_check.h"

#include <fcntl.h>

#include "common/role_process.h"
#include "common/secret.h"
#include "wfd/certificates.h"
#include "wfd/sign_policy.h"

namespace postern::wfd {
namespace {

constexpr std::size_t file_limit = 64 * 1024;

Result<std::string> read_path(const std::string& path) {
  const UniqueFd fd = UniqueFd::adopt(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOCTTY));
  if (!fd) return fail_errno("cannot open " + path);
  return read_all(fd.get(), file_limit);
}

Result<void> check_pair(const std::string& certificate, const std::string& key) {
  const std::string chain_pem = TRY(read_path(certificate));
  const CertificateChain chain = TRY(CertificateChain::from_pem(std::as_bytes(std::span(chain_pem))));
  std::string key_pem = TRY(read_path(key));
  const Result<SigningKey> signing = SigningKey::from_pem(std::as_bytes(std::span(key_pem)));
  wipe(key_pem.data(), key_pem.size());
  if (!signing) return Failure(signing.error());
  if (!signing->belongs_to(chain.public_key)) return fail(key + " is not the key of " + certificate);
  return {};
}

}  // namespace

Result<void> check_keys(const WfdSettings& settings) {
  const auto& tls = settings.tls;
  for (std::size_t i = 0; i < tls.certificates.size(); ++i)
    if (const Result<void> pair = check_pair(tls.certificates[i], tls.keys[i]); !pair)
      return within(settings.origin.where("tls", "key"), pair.error());
  return {};
}

}  // namespace postern::wfd
