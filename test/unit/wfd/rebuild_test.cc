// What a parser accepts, made anew and parsed again, is the same: for every accepted case
// of the tables, and for tens of thousands of texts that are almost one of them.
#include "unit/wfd/rebuild_checks.h"

#include "unit/catch.h"
#include "unit/common/http_crowd_cases.h"
#include "unit/common/http_mutate.h"
#include "unit/common/http_request_cases.h"
#include "unit/common/http_response_cases.h"

using namespace postern;
using namespace postern::cases;
using namespace postern::checks;

namespace {

constexpr std::size_t rounds = 200'000;

constexpr wfd::ClientSide sides[] = {
    {Version::http_1_1, false, false},
    {Version::http_1_1, false, true},
    {Version::http_1_1, true, false},
    {Version::http_1_0, false, true},
    {Version::http_1_0, false, false},
};

std::vector<std::string> request_seeds() {
  std::vector<std::string> seeds;
  for (const AcceptedRequest& each : accepted_requests()) seeds.push_back(each.bytes);
  return seeds;
}

std::vector<std::string> response_seeds() {
  std::vector<std::string> seeds;
  for (const AcceptedResponse& each : accepted_responses) seeds.emplace_back(each.bytes);
  return seeds;
}

bool check_request(const std::string& bytes) {
  bool accepted = false;
  const std::string_view wrong = request_rebuilds(bytes, accepted);
  if (!wrong.empty()) FAIL_CHECK(wrong << ": " << bytes);
  return accepted;
}

bool check_response(const std::string& bytes) {
  bool accepted = false;
  for (const wfd::ClientSide& side : sides) {
    bool now = false;
    const std::string_view wrong = response_rebuilds(bytes, side, now);
    if (!wrong.empty()) FAIL_CHECK(wrong << ": " << bytes);
    accepted = accepted || now;
  }
  return accepted;
}

}  // namespace

TEST_CASE("an accepted request is the same once it was made anew", "[rebuild][forward]") {
  for (const std::string& bytes : request_seeds()) CHECK(check_request(bytes));
}

TEST_CASE("a request with many cookies is the same once it was made anew", "[rebuild][forward]") {
  for (const std::size_t fields : crowds) CHECK(check_request(crowded_request(fields)) == (fields <= Fields::capacity));
}

TEST_CASE("what is almost a good request is refused, or the same once it was made anew", "[rebuild][forward]") {
  const std::vector<std::string> seeds = request_seeds();
  Mutator mutator(1);
  std::size_t accepted = 0;
  for (std::size_t i = 0; i < rounds; ++i) accepted += check_request(mutator.next(seeds)) ? 1 : 0;
  CHECK(accepted > rounds / 10);
  CHECK(accepted < rounds / 2);
}

TEST_CASE("an accepted answer is the same once it was made anew", "[rebuild][answer]") {
  for (const std::string& bytes : response_seeds()) CHECK(check_response(bytes));
}

TEST_CASE("an answer all of whose fields grow is the same once it was made anew", "[rebuild][answer]") {
  for (const std::size_t fields : crowds)
    CHECK(check_response(crowded_answer("Set-Cookie: a=b", fields)) == (fields <= Fields::capacity));
}

TEST_CASE("what is almost a good answer is refused, or the same once it was made anew", "[rebuild][answer]") {
  const std::vector<std::string> seeds = response_seeds();
  Mutator mutator(2);
  std::size_t accepted = 0;
  for (std::size_t i = 0; i < rounds / 4; ++i) accepted += check_response(mutator.next(seeds)) ? 1 : 0;
  CHECK(accepted > rounds / 40);
}
