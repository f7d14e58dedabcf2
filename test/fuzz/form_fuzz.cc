// The forms of the login host and the login page's query: read within their lengths, or
// refused, and an address that is made of what they say leads to one of our hosts.
#include <algorithm>

#include "wfd/form.h"
#include "wfd/target.h"

namespace {

using namespace postern;
using namespace postern::wfd;

bool has_control(std::string_view text) {
  return std::any_of(text.begin(), text.end(), [](char c) {
    return static_cast<unsigned char>(c) < 0x20 || c == 0x7f;
  });
}

bool form_holds(const LoginForm& form) {
  if (form.user.size() > max_user_bytes || form.pin.size() > max_pin_bytes || form.passcode.size() > max_passcode_bytes ||
      form.link.size() > max_link_bytes || form.host.size() > max_host_bytes || form.path.size() > max_return_path_bytes)
    return false;
  for (const std::string* text : {&form.user, &form.host, &form.path, &form.link})
    if (has_control(*text)) return false;
  const std::string domains[] = {"corp.example"};
  const std::string address = address_after_login(form.host, form.path, domains, "login.corp.example");
  if (!address.starts_with("https://")) return false;
  const std::string_view rest = std::string_view(address).substr(8);
  const std::size_t slash = rest.find('/');
  return slash != rest.npos && is_host_of_ours(rest.substr(0, slash), domains) &&
         address.find_first_of("\r\n \\#") == address.npos;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const unsigned char* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const auto form = parse_login_form(text);
  if (form && !form_holds(*form)) __builtin_trap();
  const auto query = parse_login_query(text);
  if (query && (!query->pin.empty() || !query->passcode.empty() || !query->user.empty() || !form_holds(*query))) __builtin_trap();
  const auto end = parse_end_form(text);
  if (end && (end->sid.size() > max_sid_bytes || has_control(end->sid) || end->sid.empty() != end->others)) __builtin_trap();
  return 0;
}
