// Certificates as plain data: what [tls] certificate says, and which one answers for a name.
#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "common/clock.h"
#include "common/result.h"
#include "wfd/sign_policy.h"

namespace postern::wfd {

// One certificate with its intermediates, as it is sent.
struct CertificateChain {
  std::vector<std::vector<std::byte>> der;  // the server's own first
  std::vector<std::string> names;           // its DNS names, lower case, at least one
  std::vector<std::byte> public_key;        // SubjectPublicKeyInfo in DER
  KeyType key_type = KeyType::none;
  Wall not_before;
  Wall not_after;

  // From PEM: 1 to 8 certificates, in at most 64 KiB.  Anything that is not a certificate
  // (a key by mistake) is an error.  Whether it is valid now is the caller's question.
  static Result<CertificateChain> from_pem(std::span<const std::byte> pem);
};

// In ASCII only: the locale has no say in host names.
constexpr char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; }

// Whether a certificate's name covers a host (RFC 6125 6.4.3): equal without regard to
// case, or `*.` in front standing for exactly one label.
bool name_covers(std::string_view pattern, std::string_view host);

// Which certificate answers for a host: the first that names it, else the first with a
// wildcard that covers it.  Nothing if none does.
std::optional<std::size_t> certificate_for(std::span<const CertificateChain> chains,
                                           std::string_view host);

}  // namespace postern::wfd
