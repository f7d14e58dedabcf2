// What the system must have: files, their modes, directories, users, jails.
#include "common/settings_check.h"

#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdio>
#include <filesystem>

#include "unit/catch.h"

using namespace postern;

namespace {

// A scratch directory with a certificate, its key, a CA file and empty jails.
class Scratch {
 public:
  Scratch() {
    std::string name = "/tmp/postern-settings-XXXXXX";
    REQUIRE(::mkdtemp(name.data()) != nullptr);
    root = name;
    for (const char* file : {"cert", "key", "ca"}) write(file, file == std::string("key") ? 0600 : 0644);
  }
  ~Scratch() { std::filesystem::remove_all(root); }
  void write(const std::string& name, mode_t mode) const {
    std::FILE* file = std::fopen((root + "/" + name).c_str(), "w");
    REQUIRE(file != nullptr);
    std::fclose(file);
    REQUIRE(::chmod((root + "/" + name).c_str(), mode) == 0);
  }
  void jails(const std::string& daemon, std::initializer_list<const char*> roles) const {
    for (const char* role : roles) {
      std::filesystem::create_directories(root + "/jail/" + daemon + "/" + role);
      ::chmod((root + "/jail/" + daemon + "/" + role).c_str(), 0755);
    }
  }
  std::string wfd_text() const {
    return "[tls]\ncertificate=" + root + "/cert\nkey=" + root + "/key\n[domain]\nname=a.org\n[login]\nhost=l.a.org\n"
           "[intranet]\nnetworks=10.0.0.0/8\n[upstream_tls]\nca_file=" + root + "/ca\n[process]\nuid_base=70000\npidfile=" +
           root + "/pid\nchroot=" + root + "/jail/wfd\n[log]\nsocket=" + root + "/log\n";
  }
  std::string root;
};

std::string wrong_with(const std::string& text) {
  const auto done = check_system(parse_wfd(text, "f").value());
  return done ? "" : done.error().what;
}

}  // namespace

TEST_CASE("a system that has all that is named passes", "[settings]") {
  const Scratch scratch;
  scratch.jails("wfd", {"logger", "porter", "worker", "signer", "broker"});
  if (::geteuid() == 0) CHECK(wrong_with(scratch.wfd_text()) == "");
  std::filesystem::remove(scratch.root + "/jail/wfd/broker");
  CHECK(wrong_with(scratch.wfd_text()).starts_with("f:15: [process] chroot: "));
}

TEST_CASE("a missing file is named with its line, and a readable key is refused", "[settings]") {
  const Scratch scratch;
  const auto without = [&](const char* file) {
    std::filesystem::remove(scratch.root + "/" + file);
    return wrong_with(scratch.wfd_text());
  };
  for (const mode_t mode : {0640, 0604, 0644, 0610}) {
    scratch.write("key", mode);
    CHECK(wrong_with(scratch.wfd_text()) == "f:3: [tls] key: " + scratch.root + "/key must not be open to group or others (chmod 600)");
  }
  CHECK(without("key") == "f:3: [tls] key: " + scratch.root + "/key: No such file or directory");
  CHECK(without("cert") == "f:2: [tls] certificate: " + scratch.root + "/cert: No such file or directory");
  scratch.write("cert", 0644);
  scratch.write("key", 0600);
  CHECK(without("ca") == "f:11: [upstream_tls] ca_file: " + scratch.root + "/ca: No such file or directory");
}

TEST_CASE("a user that does not exist is named", "[settings]") {
  const Scratch scratch;
  const auto settings = parse_redird("[redirect]\ndomain=a.org\n[process]\nuser_prefix=_nobody-has-\npidfile=" + scratch.root +
                                     "/pid\n[log]\nsocket=" + scratch.root + "/log\n", "f");
  CHECK(check_system(settings.value()).error().what ==
        "f:4: [process] user_prefix: there is no user _nobody-has-logger (make install makes it)");
  const auto nowhere = parse_redird("[redirect]\ndomain=a.org\n[process]\npidfile=/no/such/pid\n", "f");
  CHECK(check_system(nowhere.value()).error().what == "f:4: [process] pidfile: /no/such: No such file or directory");
}

TEST_CASE("a sealing key must be a file for root alone", "[settings]") {
  const Scratch scratch;
  const std::string text = "[session]\ndomain=a.org\n[store]\nsealing_key=" + scratch.root;
  const auto error = [](const std::string& t) { return check_system(parse_authd(t, "f").value()).error().what; };
  CHECK(error(text + "/seal") == "f:4: [store] sealing_key: " + scratch.root + "/seal: No such file or directory");
  CHECK(error(text) == "f:4: [store] sealing_key: " + scratch.root + " is not a file");
  scratch.write("seal", 0644);
  CHECK(error(text + "/seal").ends_with("must not be open to group or others (chmod 600)"));
}
