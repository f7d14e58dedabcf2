// Command lines: five options, one word for roles, nothing else.
#include "common/options.h"

#include <getopt.h>

#include <string>
#include <vector>

#include "unit/catch.h"

using namespace postern;

namespace {

Result<Options> read(std::vector<std::string> words, Daemon daemon = Daemon::wfd) {
  std::vector<char*> argv;
  words.insert(words.begin(), "wfd");
  for (std::string& word : words) argv.push_back(word.data());
  argv.push_back(nullptr);
  ::optind = 0;  // a new command line
  return read_options(static_cast<int>(words.size()), argv.data(), daemon);
}

}  // namespace

TEST_CASE("without options a daemon reads its own file and goes to the background", "[options]") {
  const Options options = read({}, Daemon::authd).value();
  CHECK(options.config == "/etc/postern/authd.conf");
  CHECK_FALSE((options.check_only || options.foreground || options.verbose || options.version));
  CHECK(options.role == Role::none);
}

TEST_CASE("the five options are read, one by one and together", "[options]") {
  CHECK(read({"-c", "x.conf"}).value().config == "x.conf");
  CHECK(read({"-n"}).value().check_only);
  CHECK(read({"-V"}).value().version);
  const Options all = read({"-fvcx.conf"}).value();
  CHECK((all.foreground && all.verbose && all.config == "x.conf" && !all.check_only));
}

TEST_CASE("what is not an option is refused with a usage line", "[options]") {
  const auto words = GENERATE(values<std::vector<std::string>>({{"-x"}, {"-c"}, {"stray"}, {"-f", "stray"}, {"--help"},
                                                                {"--role=porter", "-f"}, {"-f", "--role=porter"}}));
  const Result<Options> options = read(words);
  REQUIRE_FALSE(options.has_value());
  CHECK(options.error().what.starts_with("usage: wfd "));
}

TEST_CASE("a role is named as its daemon names it", "[options]") {
  CHECK(read({"--role=broker"}).value().role == Role::broker);
  CHECK(read({"--role=vault"}, Daemon::authd).value().role == Role::vault);
  const std::string word = GENERATE("", "none", "master", "admin", "vault", "Broker", "broker ", "brokers");
  CHECK_FALSE(read({"--role=" + word}).has_value());
}
