// Reads certificates into plain data and chooses one by name.  Used at start by master,
// nursery and signer, with bytes that the administrator wrote; never give it bytes from
// the network (an intranet server's certificate is OpenSSL's business, in wfd/tls.cc).
#include "wfd/certificates.h"

#include <openssl/pem.h>
#include <openssl/x509v3.h>

#include <algorithm>
#include <chrono>
#include <utility>

#include "wfd/crypto_handles.h"

namespace postern::wfd {
namespace {

constexpr std::size_t max_pem = 64 * 1024;
constexpr std::size_t max_chain = 8;
constexpr std::size_t max_name = 253;

using Der = std::vector<std::byte>;
using NamesHandle = std::unique_ptr<GENERAL_NAMES, FreeBy<GENERAL_NAMES_free>>;

bool same_name(std::string_view a, std::string_view b) {
  return std::ranges::equal(a, b, {}, lower, lower);
}

// One block of PEM: its label and its content.  Nothing at the end of the text.
struct Block {
  std::string label;
  Der content;
};
Result<std::optional<Block>> next_block(BIO* in) {
  char* label = nullptr;
  char* header = nullptr;
  unsigned char* data = nullptr;
  long size = 0;
  ERR_clear_error();
  if (PEM_read_bio(in, &label, &header, &data, &size) != 1) {
    const bool at_end = ERR_GET_REASON(ERR_peek_last_error()) == PEM_R_NO_START_LINE;
    if (!at_end) return fail_openssl("cannot read certificate");
    ERR_clear_error();
    return std::nullopt;
  }
  const auto* bytes = reinterpret_cast<const std::byte*>(data);
  Block block{label, Der(bytes, bytes + size)};
  OPENSSL_free(label);
  OPENSSL_free(header);
  OPENSSL_clear_free(data, static_cast<std::size_t>(size));
  return block;
}

X509Handle parse(const Der& der) {
  const unsigned char* at = as_uchar(der.data());
  X509Handle certificate(d2i_X509(nullptr, &at, static_cast<long>(der.size())));
  if (at != as_uchar(der.data()) + der.size()) certificate.reset();
  return certificate;
}

bool is_dns_name(std::string_view name) {
  return !name.empty() && name.size() <= max_name && std::ranges::all_of(name, [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '.' || c == '_';
  });
}

// The DNS names of a certificate, lower case.  The common name does not count (RFC 6125
// 6.4.4: not where there are others, and browsers never look at it).
std::vector<std::string> dns_names(const X509* certificate) {
  std::vector<std::string> names;
  const NamesHandle all(static_cast<GENERAL_NAMES*>(
      X509_get_ext_d2i(certificate, NID_subject_alt_name, nullptr, nullptr)));
  for (int i = 0; all && i < sk_GENERAL_NAME_num(all.get()); ++i) {
    int type = 0;
    const void* value = GENERAL_NAME_get0_value(sk_GENERAL_NAME_value(all.get(), i), &type);
    if (type != GEN_DNS) continue;
    const auto* text = static_cast<const ASN1_STRING*>(value);
    std::string name(reinterpret_cast<const char*>(ASN1_STRING_get0_data(text)),
                     static_cast<std::size_t>(ASN1_STRING_length(text)));
    std::ranges::transform(name, name.begin(), lower);
    const std::string_view plain = std::string_view(name).substr(name.starts_with("*.") ? 2 : 0);
    if (is_dns_name(plain)) names.push_back(std::move(name));
  }
  return names;
}

// By the calendar's own arithmetic: libc would look for a time zone file.
Result<Wall> wall_time(const ASN1_TIME* time) {
  tm t{};
  if (!time || ASN1_TIME_to_tm(time, &t) != 1) return fail("cannot use certificate: bad time");
  using namespace std::chrono;
  const year_month_day date(year(t.tm_year + 1900), month(static_cast<unsigned>(t.tm_mon) + 1),
                            day(static_cast<unsigned>(t.tm_mday)));
  const std::int64_t days = sys_days(date).time_since_epoch().count();
  return Wall{((days * 24 + t.tm_hour) * 60 + t.tm_min) * 60 + t.tm_sec};
}

Result<void> fill_from_first(CertificateChain& chain) {
  const X509Handle first = parse(chain.der.front());
  const EVP_PKEY* key = X509_get0_pubkey(first.get());
  chain.key_type = key ? key_kind(key).type : KeyType::none;
  if (chain.key_type == KeyType::none)
    return fail(
        "cannot use certificate: its key is not EC P-256 or P-384, nor RSA with 2048 to 4096 bits");
  chain.names = dns_names(first.get());
  if (chain.names.empty()) return fail("cannot use certificate: it names no DNS name");
  chain.not_before = TRY(wall_time(X509_get0_notBefore(first.get())));
  chain.not_after = TRY(wall_time(X509_get0_notAfter(first.get())));
  unsigned char* der = nullptr;
  const int size = i2d_PUBKEY(key, &der);
  if (size <= 0) return fail_openssl("cannot use certificate");
  const auto* bytes = reinterpret_cast<const std::byte*>(der);
  chain.public_key.assign(bytes, bytes + size);
  OPENSSL_free(der);
  return {};
}

}  // namespace

Result<CertificateChain> CertificateChain::from_pem(std::span<const std::byte> pem) {
  init_openssl();
  if (pem.size() > max_pem) return fail("cannot read certificate: longer than 64 KiB");
  const BioHandle in = read_from(pem);
  CertificateChain chain;
  while (auto block = TRY(next_block(in.get()))) {
    if (block->label != PEM_STRING_X509)
      return fail("cannot read certificate: there is something else in the file");
    if (chain.der.size() == max_chain)
      return fail("cannot read certificate: more than 8 in a chain");
    if (!parse(block->content)) return fail_openssl("cannot read certificate");
    chain.der.push_back(std::move(block->content));
  }
  if (chain.der.empty()) return fail("cannot read certificate: there is none");
  TRY_VOID(fill_from_first(chain));
  return chain;
}

bool name_covers(std::string_view pattern, std::string_view host) {
  if (!pattern.starts_with("*.")) return !host.empty() && same_name(pattern, host);
  const std::size_t dot = host.find('.');
  if (dot == std::string_view::npos || dot == 0) return false;
  return same_name(pattern.substr(1), host.substr(dot));
}

std::optional<std::size_t> certificate_for(std::span<const CertificateChain> chains,
                                           std::string_view host) {
  for (const bool wildcards : {false, true})
    for (std::size_t i = 0; i < chains.size(); ++i)
      for (const std::string& name : chains[i].names)
        if (name.starts_with("*.") == wildcards && name_covers(name, host)) return i;
  return std::nullopt;
}

}  // namespace postern::wfd
