// The worker's half of signing: an OpenSSL library context of our own whose provider
// "postern" holds keys without a private half.  When a handshake needs a signature, the
// whole text goes to the SignPeer, which asks the signer.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>

#include "common/result.h"
#include "wfd/sign_policy.h"

struct evp_pkey_st;
struct ossl_lib_ctx_st;

namespace postern::wfd {

struct SignRequest {
  std::uint64_t connection;         // as given to TlsStream::server
  std::uint16_t certificate;        // index in [tls] certificate
  std::uint16_t scheme;             // TLS SignatureScheme, as on the wire
  std::span<const std::byte> text;  // at most max_sign_text bytes
};

// Who signs.  The worker implements it as one round trip to the signer with a deadline.
class SignPeer {
 public:
  virtual Result<SignatureBytes> sign(const SignRequest& request) = 0;

 protected:
  ~SignPeer() = default;
};

// The library context with its two providers, "default" and "postern".  No OpenSSL
// configuration file is read.  It must outlive every context and stream made with it.
// OpenSSL gives a built-in provider no argument at load, so the state that the provider's
// functions need is made by them and reached again through the provider's own context:
// nothing is global, and two SignProviders in one process do not know each other.
class SignProvider {
 public:
  static Result<SignProvider> open();
  SignProvider(SignProvider&&) noexcept;
  SignProvider& operator=(SignProvider&&) noexcept;
  ~SignProvider();

  // Who is asked from now on.  Null, as at first: every signature fails.
  void set_peer(SignPeer* peer);

  // The connection whose handshake is about to run, named in the requests that follow.
  void enter(std::uint64_t connection);
  // Whether a signature asked for since enter() was not given.
  bool refused() const;

  // A key without a private half for one certificate: `public_key` is the certificate's
  // key in this library context.  Null if OpenSSL refuses.  The caller frees it.
  evp_pkey_st* make_key(evp_pkey_st* public_key, std::uint16_t certificate) const;

  ossl_lib_ctx_st* library() const;

 private:
  struct State;
  explicit SignProvider(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

}  // namespace postern::wfd
