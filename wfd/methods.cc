// The list of methods and its exceptions.  Called by connection_judge.cc and where a
// request may go on without a login.  Never fold a method here: a server that does would
// then see another one than was judged.
#include "wfd/methods.h"

#include <algorithm>

#include "common/methods.h"

namespace postern::wfd {
namespace {

constexpr std::string_view usual[] = {"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"};

}  // namespace

bool may_use(std::span<const std::string> listed, std::string_view method) {
  return !is_forbidden_method(method) && std::ranges::find(listed, method) != listed.end();
}

std::string allow_value(std::span<const std::string> listed) {
  std::string allow;
  for (const std::string& method : listed)
    if (may_use(listed, method)) allow += (allow.empty() ? "" : ", ") + method;
  return allow;
}

bool is_usual_method(std::string_view method) {
  return std::ranges::find(usual, method) != std::ranges::end(usual);
}

}  // namespace postern::wfd
