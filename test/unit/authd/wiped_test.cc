// Secrets that pass through memory and must not stay there: what is given back to the heap,
// and what a function leaves on the stack, is looked at.
#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>

#include "authd/authctl_talk.h"
#include "authd/json.h"
#include "common/role_process.h"
#include "common/unique_fd.h"
#include "unit/catch.h"
#include "unit/heap_watch.h"

using namespace postern;
using namespace postern::authd;
using heap_watch::leaks_of;

namespace {

constexpr std::size_t far = 60'000;

// Takes away what tests before have left there: they have the same secret, and leave it on purpose.
__attribute__((noinline)) void sweep_stack() {
  volatile char room[far + 1000];
  for (volatile char& byte : room) byte = 0;
}

// Is `text` in the memory that the functions called last had on the stack?
__attribute__((noinline)) bool on_the_stack(std::string_view text) {
  const auto* here = static_cast<const char*>(__builtin_frame_address(0));
  for (const char* at = here - far; at + text.size() < here - 512; ++at) {
    std::size_t same = 0;
    while (same < text.size() && at[same] == text[same]) ++same;
    if (same == text.size()) return true;
  }
  return false;
}

constexpr std::string_view secret = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ";

}  // namespace

TEST_CASE("the test of wiping sees what is not wiped", "[wiped]") {
  CHECK(leaks_of(secret, [] { std::string copy(secret); }) == 1);
  const auto leave = [] {
    char room[4096];
    std::ranges::copy(secret, room + 1024);
    return room[1024];
  };
  sweep_stack();
  CHECK_FALSE(on_the_stack(secret));
  CHECK(leave() == secret[0]);
  CHECK(on_the_stack(secret));
}

TEST_CASE("a file that is read leaves nothing on the stack", "[wiped]") {
  const UniqueFd file = UniqueFd::adopt(::memfd_create("key", MFD_CLOEXEC));
  REQUIRE(::write(file.get(), secret.data(), secret.size()) == static_cast<ssize_t>(secret.size()));
  sweep_stack();
  const auto text = read_all(file.get(), 1024);
  CHECK_FALSE(on_the_stack(secret));
  REQUIRE(text);
  CHECK(*text == secret);
}

TEST_CASE("a row with a secret is written and read without copies of it", "[wiped]") {
  JsonText row;
  CHECK(leaks_of(secret, [&] {
          row = JsonRow().add("user", "alice").add("secret", secret).add("note", "x").take();
        }) == 0);
  std::string user, found;
  CHECK(leaks_of(secret, [&] { user = member_of(row, "user"); }) == 0);
  CHECK(user == "alice");
  CHECK(leaks_of(secret, [&] { found = member_of(row, "secret"); }) == 0);
  CHECK(found == secret);
}
