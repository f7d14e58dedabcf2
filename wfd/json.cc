// The one place where text becomes JSON in wfd.  Called by login_host.cc and pages.cc with
// values that strangers may have chosen.
// Never put a reader here: the gate reads no JSON.
#include "wfd/json.h"

#include "common/eight.h"

namespace postern::wfd {

void append_json(std::string& to, std::string_view text) {
  constexpr std::string_view digits = "0123456789abcdef";
  to += '"';
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (!is_visible(c) || c == '"' || c == '\\' || c == '<') {
      to.append("\\u00");
      to += digits[byte >> 4];
      to += digits[byte & 15];
    } else {
      to += c;
    }
  }
  to += '"';
}

}  // namespace postern::wfd
