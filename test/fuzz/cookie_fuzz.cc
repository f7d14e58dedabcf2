// Cookies: whatever a Cookie field says, none of ours goes on, the others are the client's
// own bytes, and at most one value counts.
#include <algorithm>
#include <cctype>

#include "wfd/cookie.h"

namespace {

using namespace postern;
using namespace postern::wfd;

constexpr std::string_view name = "SessionID";

OurCookie found_in(std::string_view value) {
  Fields fields;
  (void)fields.add({"Cookie", value});
  return find_cookie(fields, name);
}

// `part` is made of `whole` by leaving bytes out.
bool is_left_of(std::string_view part, std::string_view whole) {
  for (const char c : whole)
    if (!part.empty() && part.front() == c) part.remove_prefix(1);
  return part.empty();
}

bool properties_hold(std::string_view value) {
  const std::string others = without_our_cookie(value, name);
  const OurCookie left = found_in(others);
  if (!left.value.empty() || left.duplicate) return false;
  if (without_our_cookie(others, name) != others || !is_left_of(others, value)) return false;
  const OurCookie ours = found_in(value);
  if (ours.duplicate && !ours.value.empty()) return false;
  const auto text = write_cookie_value(ours.value);
  if (!ours.value.empty() && value.find("SessionID=" + std::string(text.text())) == value.npos) return false;
  CookieValue read;
  if (read_cookie_value(value, read) && write_cookie_value(read).text() != value) return false;
  for (const std::string& line : delete_cookies(name, "corp.example", "a.corp.example", value))
    if (std::count(line.begin(), line.end(), ';') > 6 || !sets_our_cookie(line, name)) return false;
  return delete_cookies(name, "corp.example", "a.corp.example", value).size() <= max_delete_lines;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const unsigned char* data, std::size_t size) {
  const std::string_view value(reinterpret_cast<const char*>(data), size);
  if (std::find(value.begin(), value.end(), '\0') == value.end() && !properties_hold(value)) __builtin_trap();
  return 0;
}
