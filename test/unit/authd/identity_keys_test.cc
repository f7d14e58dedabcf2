// Key files: told by name and line when they will not do, and read from descriptors.
#include "authd/identity_keys.h"

#include <fcntl.h>

#include <cstdio>

#include "unit/authd/assertion_keys.h"

using namespace postern;
using namespace postern::authd;

namespace {

void write_file(const std::string& path, const std::string& text) {
  std::FILE* file = std::fopen(path.c_str(), "w");
  REQUIRE(file != nullptr);
  REQUIRE(std::fwrite(text.data(), 1, text.size(), file) == text.size());
  std::fclose(file);
}
AuthdSettings settings_of(const std::string& identity) {
  auto settings = parse_authd("[session]\ndomain=example.org\n[store]\nsealing_key=/s\n[identity]\n" + identity, "authd.conf");
  REQUIRE(settings);
  return std::move(*settings);
}
Handed handed(const std::string& path, std::uint32_t index) {
  Handed made;
  made.item = Item::assertion_key;
  made.index = index;
  made.text = path;
  made.fd = UniqueFd::adopt(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  REQUIRE(made.fd);
  return made;
}

}  // namespace

TEST_CASE("a key file that will not do is told with its line", "[identity]") {
  const Scratch scratch;
  const std::string good = scratch.file("good"), bad = scratch.file("bad"), wide = scratch.file("wide"), open = scratch.file("open");
  write_file(good, rfc_key);
  write_file(bad, "no key\n");
  write_file(wide, new_pem("P-384"));
  write_file(open, rfc_public);
  const auto wrong = [](const std::string& identity) {
    const auto checked = check_identity_keys(settings_of(identity));
    return checked ? "" : checked.error().what;
  };
  CHECK(wrong("") == "");
  CHECK(wrong("assertion_key=" + good) == "");
  CHECK(wrong("assertion_key=" + good + "\nprevious_key=" + open) == "");
  CHECK(wrong("previous_key=" + good) == "");
  CHECK(wrong("assertion_key=" + bad) == "authd.conf:6: [identity] assertion_key: " + bad +
                                             ": cannot read the key: it is no private key in PEM, or has a pass phrase");
  CHECK(wrong("assertion_key=" + open) == "authd.conf:6: [identity] assertion_key: " + open +
                                              ": cannot read the key: it is no private key in PEM, or has a pass phrase");
  CHECK(wrong("assertion_key=" + wide) ==
        "authd.conf:6: [identity] assertion_key: " + wide + ": cannot use the key: it is not EC on P-256 (prime256v1)");
  CHECK(wrong("assertion_key=" + good + "\nprevious_key=" + wide) ==
        "authd.conf:7: [identity] previous_key: " + wide + ": cannot use the key: it is not EC on P-256 (prime256v1)");
  CHECK(wrong("assertion_key=" + scratch.file("none")) ==
        "authd.conf:6: [identity] assertion_key: cannot open " + scratch.file("none") + ": No such file or directory");
}

TEST_CASE("keys are read from what was handed over, as often as need be", "[identity]") {
  const Scratch scratch;
  const std::string current = scratch.file("current"), previous = scratch.file("previous"), bad = scratch.file("bad");
  write_file(current, rfc_key);
  write_file(previous, new_pem());
  write_file(bad, "no key\n");
  std::vector<Handed> files;
  const auto none = read_identity_keys(files);
  REQUIRE(none);
  CHECK_FALSE((none->current || none->previous));
  files.push_back(handed(current, current_key));
  files.push_back(handed(previous, previous_key));
  for (int i = 0; i < 2; ++i) {  // a role that is started again shares the descriptor's position
    const auto keys = read_identity_keys(files);
    REQUIRE(keys);
    REQUIRE((keys->current && keys->previous));
    CHECK(keys->current->shown().kid == rfc_kid);
    CHECK(keys->previous->kid != rfc_kid);
  }
  files.push_back(handed(bad, previous_key));
  const auto broken = read_identity_keys(files);
  REQUIRE_FALSE(broken);
  CHECK(broken.error().what == bad + ": cannot read the key: it is no key in PEM, or has a pass phrase");
}
