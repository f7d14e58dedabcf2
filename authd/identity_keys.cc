// From key files to keys.  The master opens, hands over and, to be sure, tries them once;
// sessions reads them from the descriptors before its jail, and again at a reload.  Never
// keep the text of a key: it is wiped here, on every way out.

#include "authd/identity_keys.h"

#include <fcntl.h>

#include <string>

#include "common/secret.h"

namespace postern::authd {
namespace {

constexpr std::size_t file_limit = 64 * 1024;

Result<UniqueFd> open_file(const std::string& path) {
  UniqueFd fd = UniqueFd::adopt(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOCTTY));
  if (!fd) return fail_errno("cannot open " + path);
  return fd;
}

// Calls `read` with the bytes of the file, which are wiped then.
template <class Read>
auto with_text(int fd, Read read) -> decltype(read(std::span<const std::byte>())) {
  Result<std::string> text = read_all(fd, file_limit);
  if (!text) return Failure(text.error());
  auto made = read(std::as_bytes(std::span(*text)));
  wipe(text->data(), text->size());
  return made;
}

template <class Read>
Result<void> check_file(const AuthdSettings& settings, std::string_view key, const std::string& path, Read read) {
  if (path.empty()) return {};
  const Result<UniqueFd> fd = open_file(path);
  if (!fd) return within(settings.origin.where("identity", key), fd.error());
  const auto made = with_text(fd->get(), read);
  if (!made) return within(settings.origin.where("identity", key) + ": " + path, made.error());
  return {};
}

}  // namespace

Result<KeyFiles> KeyFiles::open(const AuthdSettings& settings) {
  KeyFiles made;
  const auto add = [&made](std::uint32_t index, const std::string& path) -> Result<void> {
    if (!path.empty()) made.files_.push_back({index, path, TRY(open_file(path))});
    return {};
  };
  TRY_VOID(add(current_key, settings.identity.assertion_key));
  TRY_VOID(add(previous_key, settings.identity.previous_key));
  return made;
}

void KeyFiles::give(Giver& giver) const {
  for (const File& file : files_)
    giver.give(Item::assertion_key, file.fd.get(), Role::none, file.index, file.path);
}

Result<void> check_identity_keys(const AuthdSettings& settings) {
  TRY_VOID(check_file(settings, "assertion_key", settings.identity.assertion_key, AssertionKey::from_pem));
  return check_file(settings, "previous_key", settings.identity.previous_key, read_public_key);
}

Result<IdentityKeys> read_identity_keys(const std::vector<Handed>& files) {
  IdentityKeys keys;
  for (const Handed& file : files) {
    if (file.index == current_key) {
      auto key = with_text(file.fd.get(), AssertionKey::from_pem);
      if (!key) return within(file.text, key.error());
      keys.current.emplace(std::move(*key));
    } else {
      auto key = with_text(file.fd.get(), read_public_key);
      if (!key) return within(file.text, key.error());
      keys.previous.emplace(std::move(*key));
    }
  }
  return keys;
}

}  // namespace postern::authd
