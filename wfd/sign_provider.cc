// The OpenSSL provider "postern": keys without a private half, and signatures that are
// made elsewhere.  TLS believes that it holds an ordinary key; when it signs, the whole
// text (not a digest) goes to the SignPeer.  Public arithmetic is left to the default
// provider.  A key can be brought in (its public part) but there is no function to take
// anything out, and nothing here ever sees a private key.
//
// OpenSSL calls these functions through tables of untyped pointers (provider-keymgmt(7),
// provider-signature(7)); each function's comment says what the table's row asks of it.
#include "wfd/sign_provider.h"

#include <openssl/core_dispatch.h>
#include <openssl/core_names.h>
#include <openssl/params.h>
#include <openssl/provider.h>
#include <openssl/rsa.h>
#include <strings.h>

#include <algorithm>
#include <iterator>
#include <optional>
#include <string_view>
#include <utility>
#include <vector>

#include "wfd/crypto_handles.h"

namespace postern::wfd {
namespace {

// The provider's own context: made by provider_init, reached again by SignProvider.
struct ProviderContext {
  OSSL_LIB_CTX* library = nullptr;
  SignPeer* peer = nullptr;
  std::uint64_t connection = 0;
  bool refused = false;
};

struct ProviderKey {
  ProviderContext* provider = nullptr;
  KeyType type = KeyType::none;
  PkeyHandle public_key;
  std::optional<std::uint16_t> certificate;  // none: may be compared, not signed with
};

struct SignatureContext {
  ProviderContext* provider = nullptr;
  const ProviderKey* key = nullptr;  // lives as long as the operation: OpenSSL holds it
  std::uint16_t digest = 0;          // high byte of the TLS 1.2 schemes: 4, 5, 6
  bool pss = false;
};

using Function = void (*)();
template <class F>
OSSL_DISPATCH row(int id, F* function) {
  return {id, reinterpret_cast<Function>(function)};
}

constexpr char certificate_param[] = "postern-certificate";

// ---- Keys

template <KeyType type>
void* key_new(void* provider) {
  auto key = std::make_unique<ProviderKey>();
  key->provider = static_cast<ProviderContext*>(provider);
  key->type = type;
  return key.release();
}

void key_free(void* key) { std::unique_ptr<ProviderKey>(static_cast<ProviderKey*>(key)).reset(); }

// TLS asks whether there is a private half.  There is, only not here.
int key_has(const void* key, int) {
  return static_cast<const ProviderKey*>(key)->public_key ? 1 : 0;
}

// Takes the public part of `params`; a private part, if any, is not looked at.
int key_import(void* data, int, const OSSL_PARAM params[]) {
  auto* key = static_cast<ProviderKey*>(data);
  const PkeyCtxHandle context(EVP_PKEY_CTX_new_from_name(
      key->provider->library, key->type == KeyType::ec ? "EC" : "RSA", "provider=default"));
  // OpenSSL wants a writable array, and does not write to it.
  auto* writable = const_cast<OSSL_PARAM*>(params);
  EVP_PKEY* made = nullptr;
  if (!context || EVP_PKEY_fromdata_init(context.get()) != 1 ||
      EVP_PKEY_fromdata(context.get(), &made, EVP_PKEY_PUBLIC_KEY, writable) != 1)
    return 0;
  key->public_key.reset(made);
  unsigned int index = 0;
  if (const OSSL_PARAM* param = OSSL_PARAM_locate_const(params, certificate_param)) {
    if (OSSL_PARAM_get_uint(param, &index) != 1 || index > 0xffff) return 0;
    key->certificate = static_cast<std::uint16_t>(index);
  }
  return 1;
}

const OSSL_PARAM* key_import_types(int) {
  static constexpr OSSL_PARAM types[] = {
      OSSL_PARAM_utf8_string(OSSL_PKEY_PARAM_GROUP_NAME, nullptr, 0),
      OSSL_PARAM_octet_string(OSSL_PKEY_PARAM_PUB_KEY, nullptr, 0),
      OSSL_PARAM_BN(OSSL_PKEY_PARAM_RSA_N, nullptr, 0),
      OSSL_PARAM_BN(OSSL_PKEY_PARAM_RSA_E, nullptr, 0),
      OSSL_PARAM_uint(certificate_param, nullptr),
      OSSL_PARAM_END};
  return types;
}

int key_match(const void* a, const void* b, int) {
  const auto* first = static_cast<const ProviderKey*>(a);
  const auto* second = static_cast<const ProviderKey*>(b);
  if (!first->public_key || !second->public_key) return 0;
  return EVP_PKEY_eq(first->public_key.get(), second->public_key.get()) == 1;
}

int key_get_params(void* data, OSSL_PARAM params[]) {
  return EVP_PKEY_get_params(static_cast<ProviderKey*>(data)->public_key.get(), params);
}

// Only what describes a key.  (The default provider answers for more if it is asked, all
// of it public: it has never had anything else.)
const OSSL_PARAM* key_gettable_params(void*) {
  static constexpr OSSL_PARAM known[] = {
      OSSL_PARAM_int(OSSL_PKEY_PARAM_BITS, nullptr),
      OSSL_PARAM_int(OSSL_PKEY_PARAM_SECURITY_BITS, nullptr),
      OSSL_PARAM_int(OSSL_PKEY_PARAM_MAX_SIZE, nullptr),
      OSSL_PARAM_utf8_string(OSSL_PKEY_PARAM_GROUP_NAME, nullptr, 0),
      OSSL_PARAM_utf8_string(OSSL_PKEY_PARAM_DEFAULT_DIGEST, nullptr, 0),
      OSSL_PARAM_END};
  return known;
}

template <KeyType type>
const char* key_operation_name(int) {
  return type == KeyType::ec ? "ECDSA" : "RSA";
}

template <KeyType type>
const OSSL_DISPATCH key_functions[] = {
    row(OSSL_FUNC_KEYMGMT_NEW, key_new<type>),
    row(OSSL_FUNC_KEYMGMT_FREE, key_free),
    row(OSSL_FUNC_KEYMGMT_HAS, key_has),
    row(OSSL_FUNC_KEYMGMT_IMPORT, key_import),
    row(OSSL_FUNC_KEYMGMT_IMPORT_TYPES, key_import_types),
    row(OSSL_FUNC_KEYMGMT_MATCH, key_match),
    row(OSSL_FUNC_KEYMGMT_GET_PARAMS, key_get_params),
    row(OSSL_FUNC_KEYMGMT_GETTABLE_PARAMS, key_gettable_params),
    row(OSSL_FUNC_KEYMGMT_QUERY_OPERATION_NAME, key_operation_name<type>),
    {0, nullptr}};

// ---- Signatures

struct DigestName {
  const char* name;
  std::uint16_t code;
};
constexpr DigestName digests[] = {{"SHA256", 4},   {"SHA2-256", 4}, {"SHA384", 5},
                                  {"SHA2-384", 5}, {"SHA512", 6},   {"SHA2-512", 6}};

void* signature_new(void* provider, const char*) {
  auto context = std::make_unique<SignatureContext>();
  context->provider = static_cast<ProviderContext*>(provider);
  return context.release();
}

void signature_free(void* data) {
  std::unique_ptr<SignatureContext>(static_cast<SignatureContext*>(data)).reset();
}

// OpenSSL gives RSA's options as numbers or as words, depending on who asks.
struct Option {
  int number;
  std::string_view word;
};
constexpr Option no_pss{RSA_PKCS1_PADDING, OSSL_PKEY_RSA_PAD_MODE_PKCSV15};
constexpr Option with_pss{RSA_PKCS1_PSS_PADDING, OSSL_PKEY_RSA_PAD_MODE_PSS};
constexpr Option salt_as_digest{RSA_PSS_SALTLEN_DIGEST, OSSL_PKEY_RSA_PSS_SALT_LEN_DIGEST};

bool says(const OSSL_PARAM* param, const Option& option) {
  const char* word = nullptr;
  int number = 0;
  if (OSSL_PARAM_get_utf8_string_ptr(param, &word) == 1) return word && word == option.word;
  return OSSL_PARAM_get_int(param, &number) == 1 && number == option.number;
}

// RSA's padding; the salt only as long as the digest, which is what TLS has.
int signature_set_params(void* data, const OSSL_PARAM params[]) {
  auto* context = static_cast<SignatureContext*>(data);
  if (!params) return 1;
  if (const OSSL_PARAM* padding = OSSL_PARAM_locate_const(params, OSSL_SIGNATURE_PARAM_PAD_MODE)) {
    if (!says(padding, with_pss) && !says(padding, no_pss)) return 0;
    context->pss = says(padding, with_pss);
  }
  const OSSL_PARAM* salt = OSSL_PARAM_locate_const(params, OSSL_SIGNATURE_PARAM_PSS_SALTLEN);
  return !salt || says(salt, salt_as_digest);
}

const OSSL_PARAM* signature_settable_params(void*, void*) {
  static constexpr OSSL_PARAM known[] = {OSSL_PARAM_int(OSSL_SIGNATURE_PARAM_PAD_MODE, nullptr),
                                         OSSL_PARAM_int(OSSL_SIGNATURE_PARAM_PSS_SALTLEN, nullptr),
                                         OSSL_PARAM_END};
  return known;
}

int signature_start(void* data, const char* digest, void* key, const OSSL_PARAM params[]) {
  auto* context = static_cast<SignatureContext*>(data);
  context->key = static_cast<const ProviderKey*>(key);
  context->pss = false;
  const auto known = std::ranges::find_if(digests, [&](const DigestName& row) {
    return digest && ::strcasecmp(row.name, digest) == 0;
  });
  if (known == std::end(digests) || !key) return 0;
  context->digest = known->code;
  return signature_set_params(data, params);
}

// RFC 8446 4.2.3: 0x0403 is ECDSA with SHA-256, 0x0401 RSA PKCS #1, 0x0804 RSA-PSS.
std::uint16_t scheme_of(const SignatureContext& context) {
  if (context.pss) return static_cast<std::uint16_t>(0x0800 + context.digest);
  const unsigned low = context.key->type == KeyType::ec ? 3 : 1;
  return static_cast<std::uint16_t>(context.digest << 8 | low);
}

bool ask_peer(const SignatureContext& context, std::span<const std::byte> text,
              std::span<std::byte> room, std::size_t& size) {
  if (!context.provider->peer || !context.key->certificate || text.size() > max_sign_text)
    return false;
  const auto answer = context.provider->peer->sign({context.provider->connection,
                                                    *context.key->certificate, scheme_of(context),
                                                    text});
  if (!answer || answer->size == 0 || answer->size > SignatureBytes::capacity) return false;
  if (room.size() < answer->size) return false;
  std::ranges::copy(answer->view(), room.begin());
  size = answer->size;
  return true;
}

// Called twice: without room, for the size at most, then to sign.
int signature_sign(void* data, unsigned char* room, std::size_t* size, std::size_t room_size,
                   const unsigned char* text, std::size_t text_size) {
  const auto& context = *static_cast<SignatureContext*>(data);
  if (!context.key || !context.key->public_key) return 0;
  if (!room) {
    *size = static_cast<std::size_t>(EVP_PKEY_get_size(context.key->public_key.get()));
    return 1;
  }
  const std::span bytes(reinterpret_cast<const std::byte*>(text), text_size);
  if (ask_peer(context, bytes, {reinterpret_cast<std::byte*>(room), room_size}, *size)) return 1;
  context.provider->refused = true;
  return 0;
}

const OSSL_DISPATCH signature_functions[] = {
    row(OSSL_FUNC_SIGNATURE_NEWCTX, signature_new),
    row(OSSL_FUNC_SIGNATURE_FREECTX, signature_free),
    row(OSSL_FUNC_SIGNATURE_DIGEST_SIGN_INIT, signature_start),
    row(OSSL_FUNC_SIGNATURE_DIGEST_SIGN, signature_sign),
    row(OSSL_FUNC_SIGNATURE_SET_CTX_PARAMS, signature_set_params),
    row(OSSL_FUNC_SIGNATURE_SETTABLE_CTX_PARAMS, signature_settable_params),
    {0, nullptr}};

// ---- The provider

constexpr char property[] = "provider=postern";
const OSSL_ALGORITHM keys[] = {
    {"EC:id-ecPublicKey:1.2.840.10045.2.1", property, key_functions<KeyType::ec>, nullptr},
    {"RSA:rsaEncryption:1.2.840.113549.1.1.1", property, key_functions<KeyType::rsa>, nullptr},
    {nullptr, nullptr, nullptr, nullptr}};
const OSSL_ALGORITHM signatures[] = {
    {"ECDSA", property, signature_functions, nullptr},
    {"RSA:rsaEncryption:1.2.840.113549.1.1.1", property, signature_functions, nullptr},
    {nullptr, nullptr, nullptr, nullptr}};

const OSSL_ALGORITHM* provider_query(void*, int operation, int* no_store) {
  *no_store = 0;
  if (operation == OSSL_OP_KEYMGMT) return keys;
  return operation == OSSL_OP_SIGNATURE ? signatures : nullptr;
}

void provider_teardown(void* context) {
  std::unique_ptr<ProviderContext>(static_cast<ProviderContext*>(context)).reset();
}

const OSSL_DISPATCH provider_functions[] = {
    row(OSSL_FUNC_PROVIDER_QUERY_OPERATION, provider_query),
    row(OSSL_FUNC_PROVIDER_TEARDOWN, provider_teardown),
    {0, nullptr}};

int provider_init(const OSSL_CORE_HANDLE*, const OSSL_DISPATCH*, const OSSL_DISPATCH** functions,
                  void** context) {
  *functions = provider_functions;
  *context = std::make_unique<ProviderContext>().release();
  return 1;
}

using LibraryHandle = std::unique_ptr<OSSL_LIB_CTX, FreeBy<OSSL_LIB_CTX_free>>;
using LoadedProvider = std::unique_ptr<OSSL_PROVIDER, FreeBy<OSSL_PROVIDER_unload>>;
using ParamsHandle = std::unique_ptr<OSSL_PARAM, FreeBy<OSSL_PARAM_free>>;

}  // namespace

struct SignProvider::State {
  LibraryHandle library;  // first, so that it goes last
  LoadedProvider standard;
  LoadedProvider postern;
  ProviderContext* context = nullptr;  // belongs to the loaded provider
};

SignProvider::SignProvider(std::unique_ptr<State> state) : state_(std::move(state)) {}
SignProvider::SignProvider(SignProvider&&) noexcept = default;
SignProvider& SignProvider::operator=(SignProvider&&) noexcept = default;
SignProvider::~SignProvider() = default;

Result<SignProvider> SignProvider::open() {
  init_openssl();
  auto state = std::make_unique<State>();
  state->library.reset(OSSL_LIB_CTX_new());
  OSSL_LIB_CTX* library = state->library.get();
  if (!library || OSSL_PROVIDER_add_builtin(library, "postern", provider_init) != 1)
    return fail_openssl("cannot add provider postern");
  state->standard.reset(OSSL_PROVIDER_load(library, "default"));
  state->postern.reset(OSSL_PROVIDER_load(library, "postern"));
  if (!state->standard || !state->postern) return fail_openssl("cannot load providers");
  // Everything but our own keys goes to the default provider.
  if (EVP_set_default_properties(library, "?provider=default") != 1)
    return fail_openssl("cannot prefer the default provider");
  state->context =
      static_cast<ProviderContext*>(OSSL_PROVIDER_get0_provider_ctx(state->postern.get()));
  state->context->library = library;
  return SignProvider(std::move(state));
}

void SignProvider::set_peer(SignPeer* peer) { state_->context->peer = peer; }

void SignProvider::enter(std::uint64_t connection) {
  state_->context->connection = connection;
  state_->context->refused = false;
}

bool SignProvider::refused() const { return state_->context->refused; }

ossl_lib_ctx_st* SignProvider::library() const { return state_->library.get(); }

evp_pkey_st* SignProvider::make_key(evp_pkey_st* public_key, std::uint16_t certificate) const {
  const KeyType type = key_kind(public_key).type;
  if (type == KeyType::none) return nullptr;
  OSSL_PARAM* exported = nullptr;
  if (EVP_PKEY_todata(public_key, EVP_PKEY_PUBLIC_KEY, &exported) != 1) return nullptr;
  const ParamsHandle params(exported);
  unsigned int index = certificate;
  const OSSL_PARAM extra[] = {OSSL_PARAM_construct_uint(certificate_param, &index),
                              OSSL_PARAM_construct_end()};
  std::vector<OSSL_PARAM> all;  // borrows the bytes of `params`
  for (const OSSL_PARAM* param = params.get(); param->key; ++param) all.push_back(*param);
  all.insert(all.end(), std::begin(extra), std::end(extra));
  const PkeyCtxHandle context(EVP_PKEY_CTX_new_from_name(
      library(), type == KeyType::ec ? "EC" : "RSA", property));
  EVP_PKEY* key = nullptr;
  if (!context || EVP_PKEY_fromdata_init(context.get()) != 1 ||
      EVP_PKEY_fromdata(context.get(), &key, EVP_PKEY_KEYPAIR, all.data()) != 1)
    return nullptr;
  return key;
}

}  // namespace postern::wfd
