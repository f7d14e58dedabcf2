// That no settings give a worker more memory than its nursery may hand on.
#include "wfd/worker_memory.h"

#include <string>

#include "common/roles.h"
#include "unit/catch.h"

using namespace postern;
using namespace postern::wfd;

namespace {

Result<WfdSettings> with(const std::string& connections, const std::string& head, const std::string& replay) {
  return parse_wfd("[tls]\ncertificate=/c\nkey=/k\n[domain]\nname=example.org\n[intranet]\nnetworks=10.0.0.0/8\n"
                   "[login]\nhost=login.example.org\n[isolation]\nconnections_per_worker=" + connections +
                   "\n[limits]\nhead_bytes=" + head + "\nreplay_bytes=" + replay + "\n", "wfd.conf");
}

}  // namespace

TEST_CASE("a worker's memory is within its nursery's, also with the largest settings", "[worker]") {
  const auto largest = with("1500", "262144", "1048576");
  REQUIRE(largest);
  for (const auto& larger : {with("1501", "262144", "1048576"), with("1500", "262145", "1048576"), with("1500", "262144", "1048577")})
    CHECK_FALSE(larger);  // there is nothing above them
  CHECK(worker_memory(*largest) == 5813);
  CHECK(worker_memory(*largest) <= find_role(Daemon::wfd, Role::nursery)->limits.memory);
  const auto usual = with("1", "32768", "65536");
  REQUIRE(usual);
  CHECK(worker_memory(*usual) <= find_role(Daemon::wfd, Role::worker)->limits.memory);
}
