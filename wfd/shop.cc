// Making what workers inherit: settings, certificates, pages, a TLS that is warm.  Runs in
// the nursery, before it has a worker.  Never put here: a private key (the signer's), or
// anything of one connection, for all workers are copies of this.

#include "wfd/shop.h"

#include <fcntl.h>

#include "wfd/websocket.h"

namespace postern::wfd {
namespace {

constexpr std::size_t certificate_limit = 64 * 1024;
constexpr std::size_t ca_limit = 4 * 1024 * 1024;

Result<std::vector<CertificateChain>> read_chains(RoleProcess& self) {
  std::vector<CertificateChain> chains;
  for (const Handed& handed : self.take_all(Item::certificate)) {
    const std::string pem = TRY(read_all(handed.fd.get(), certificate_limit));
    Result<CertificateChain> chain = CertificateChain::from_pem(std::as_bytes(std::span(pem)));
    if (!chain) return within(handed.text, chain.error());
    chains.push_back(std::move(*chain));
  }
  if (chains.empty()) return fail("not handed any certificate");
  return chains;
}

wfd::TlsVersion least_version(const WfdSettings& settings) {
  return settings.tls.min_version == postern::TlsVersion::v1_3 ? wfd::TlsVersion::tls13 : wfd::TlsVersion::tls12;
}

}  // namespace

Result<std::unique_ptr<Shop>> Shop::open(RoleProcess& self) {
  WfdSettings settings = TRY(parse_wfd(self.settings_text(), self.settings_name()));
  const std::vector<CertificateChain> chains = TRY(read_chains(self));
  std::string ca;
  if (const UniqueFd fd = self.take(Item::ca); fd) ca = TRY(read_all(fd.get(), ca_limit));
  auto shop = std::make_unique<Shop>(std::move(settings), TRY(SignProvider::open()), std::nullopt,
                                     std::nullopt, std::nullopt, RolePatience());
  shop->server.emplace(TRY(ServerContext::make(shop->provider, chains, least_version(shop->settings))));
  shop->client.emplace(TRY(ClientContext::make(shop->provider, std::as_bytes(std::span(ca)))));
  return shop;
}

Result<void> Shop::warm_up() {
  TRY_VOID(wfd::warm_up(*server, *client));
  // The example of RFC 6455, 1.3: a library that cannot do this is found out now.
  if (accept_for("dGhlIHNhbXBsZSBub25jZQ==") != "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=")
    return fail("cannot make accept keys: OpenSSL has no SHA-1");
  const UniqueFd directory = UniqueFd::adopt(::open("/pages", O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!directory) return fail_errno("cannot open /pages in the worker's jail");
  pages.emplace(TRY(Pages::load(directory.get(), {settings.login_host, settings.domains, settings.language})));
  return {};
}

}  // namespace postern::wfd
