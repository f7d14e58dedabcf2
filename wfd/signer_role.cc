// The life of the role signer: it reads the keys from descriptors that its master opened,
// before its jail, and has no other way to a key.  Called by main.cc alone.  What may be
// signed is in sign_policy.cc.

#include <span>
#include <string>
#include <utility>
#include <vector>

#include "common/secret.h"
#include "common/settings.h"
#include "wfd/certificates.h"
#include "wfd/roles.h"
#include "wfd/signer.h"

namespace postern::wfd {
namespace {

constexpr std::size_t max_pem_size = 64 * 1024;

Result<SigningKey> read_key(const Handed& handed) {
  std::string pem = TRY(read_all(handed.fd.get(), max_pem_size));
  auto key = SigningKey::from_pem(std::as_bytes(std::span(pem)));
  wipe(pem.data(), pem.size());
  if (!key) return within("cannot use the key " + handed.text, key.error());
  return key;
}

Result<void> check_pair(const SigningKey& key, const Handed& certificate) {
  const std::string pem = TRY(read_all(certificate.fd.get(), max_pem_size));
  const auto chain = CertificateChain::from_pem(std::as_bytes(std::span(pem)));
  if (!chain) return within("cannot use the certificate " + certificate.text, chain.error());
  if (!key.belongs_to(chain->public_key))
    return fail("cannot use the certificate " + certificate.text + ": its key is another one");
  return {};
}

Result<std::vector<SigningKey>> read_keys(RoleProcess& self) {
  const std::vector<Handed> files = self.take_all(Item::key);
  const std::vector<Handed> certificates = self.take_all(Item::certificate);
  if (files.empty() || files.size() != certificates.size())
    return fail("cannot sign: every certificate needs its key");
  std::vector<SigningKey> keys;
  for (std::size_t i = 0; i < files.size(); ++i) {
    if (files[i].index != i || certificates[i].index != i)
      return fail("cannot sign: the keys are not in order");
    keys.push_back(TRY(read_key(files[i])));
    TRY_VOID(check_pair(keys.back(), certificates[i]));
  }
  return keys;
}

}  // namespace

Result<int> run_signer(RoleProcess& self) {
  TicketKey key;
  if (!key.assign(self.start().ticket_key.bytes()) || key.size() != TicketKey::capacity)
    return fail("cannot sign: the master gave no ticket key");
  Signer signer(self.loop(), self.log(), TRY(read_keys(self)), std::move(key));
  if (UniqueFd porter = self.take(Item::channel, Role::porter)) signer.hear_porter(std::move(porter));
  self.on_hand = [&signer](Handed handed) {
    if (handed.item == Item::channel && handed.role == Role::porter)
      signer.hear_porter(std::move(handed.fd));
  };
  self.on_retire = [&] { signer.retire([&self] { self.loop().stop(0); }); };
  TRY_VOID(self.enter_jail());
  TRY_VOID(self.ready());
  return self.loop().run();
}

}  // namespace postern::wfd
