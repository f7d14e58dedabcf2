// One word for what went wrong in TLS, for log lines and error pages.  The words are
// constants: nothing that the other end sent gets into them.  Two tables; what they do not
// have is "handshake" before, "protocol" after the connection stood.
#include <openssl/x509_vfy.h>

#include <algorithm>
#include <iterator>

#include "wfd/tls_internal.h"

namespace postern::wfd {
namespace {

struct Word {
  long code;
  std::string_view word;
};

// Reasons of OpenSSL's SSL library; the peer's alerts are SSL_AD_REASON_OFFSET and up.
constexpr Word reasons[] = {
    {SSL_R_HTTP_REQUEST, "plain-http"},
    {SSL_R_HTTPS_PROXY_REQUEST, "plain-http"},
    {SSL_R_WRONG_VERSION_NUMBER, "not-tls"},
    {SSL_R_UNSUPPORTED_PROTOCOL, "version"},
    {SSL_R_VERSION_TOO_LOW, "version"},
    {SSL_R_NO_SHARED_CIPHER, "no-shared-cipher"},
    {SSL_R_NO_SUITABLE_SIGNATURE_ALGORITHM, "no-shared-signature-scheme"},
    {SSL_R_NO_SHARED_GROUPS, "no-shared-group"},
    {SSL_R_NO_SUITABLE_KEY_SHARE, "no-shared-group"},
    {SSL_R_NO_APPLICATION_PROTOCOL, "no-application-protocol"},
    {SSL_R_DECRYPTION_FAILED_OR_BAD_RECORD_MAC, "bad-record"},
    {SSL_R_NO_RENEGOTIATION, "renegotiation"},
    {SSL_AD_REASON_OFFSET + SSL_AD_UNKNOWN_CA, "alert-unknown-ca"},
    {SSL_AD_REASON_OFFSET + SSL_AD_BAD_CERTIFICATE, "alert-bad-certificate"},
    {SSL_AD_REASON_OFFSET + SSL_AD_CERTIFICATE_UNKNOWN, "alert-certificate-unknown"},
    {SSL_AD_REASON_OFFSET + SSL_AD_CERTIFICATE_EXPIRED, "alert-certificate-expired"},
    {SSL_AD_REASON_OFFSET + SSL_AD_CERTIFICATE_REQUIRED, "alert-certificate-required"},
    {SSL_AD_REASON_OFFSET + SSL_AD_HANDSHAKE_FAILURE, "alert-handshake-failure"},
    {SSL_AD_REASON_OFFSET + SSL_AD_PROTOCOL_VERSION, "alert-version"},
    {SSL_AD_REASON_OFFSET + SSL_AD_INTERNAL_ERROR, "alert-internal-error"},
    {SSL_AD_REASON_OFFSET + SSL_AD_UNRECOGNIZED_NAME, "alert-unrecognized-name"},
    {SSL_AD_REASON_OFFSET + SSL_AD_NO_APPLICATION_PROTOCOL, "alert-no-application-protocol"},
};

constexpr Word verify_results[] = {
    {X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT, "certificate-unknown-ca"},
    {X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY, "certificate-unknown-ca"},
    {X509_V_ERR_UNABLE_TO_VERIFY_LEAF_SIGNATURE, "certificate-unknown-ca"},
    {X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT, "certificate-unknown-ca"},
    {X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN, "certificate-unknown-ca"},
    {X509_V_ERR_CERT_HAS_EXPIRED, "certificate-expired"},
    {X509_V_ERR_CERT_NOT_YET_VALID, "certificate-not-yet-valid"},
    {X509_V_ERR_INVALID_PURPOSE, "certificate-purpose"},
    {X509_V_ERR_HOSTNAME_MISMATCH, "host-mismatch"},
    {X509_V_ERR_IP_ADDRESS_MISMATCH, "host-mismatch"},
};

std::string_view find(std::span<const Word> table, long code, std::string_view otherwise) {
  const auto row = std::ranges::find(table, code, &Word::code);
  return row == table.end() ? otherwise : row->word;
}

// The peer's alerts, and not the library's own common errors, whose numbers are higher yet.
bool is_alert(int reason) {
  return reason >= SSL_AD_REASON_OFFSET && reason < SSL_AD_REASON_OFFSET + 256;
}

}  // namespace

std::string_view failure_word(const StreamState& state) {
  if (!state.failure.empty()) return state.failure;  // we knew it before OpenSSL did
  const unsigned long error = ERR_peek_error();
  const int reason = ERR_GET_LIB(error) == ERR_LIB_SSL ? ERR_GET_REASON(error) : 0;
  if (reason == SSL_R_CERTIFICATE_VERIFY_FAILED)
    return find(verify_results, SSL_get_verify_result(state.ssl.get()), "certificate-bad");
  if (is_alert(reason)) return find(reasons, reason, "alert");
  if (state.server && !state.established && state.server->provider->refused()) return "signer";
  return find(reasons, reason, state.established ? "protocol" : "handshake");
}

}  // namespace postern::wfd
