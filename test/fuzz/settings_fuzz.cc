// Configuration files: any text gives settings or one line that says what is wrong and
// where, and the same text the same settings.  The first byte is the daemon.
#include "common/settings.h"

namespace {

using namespace postern;

template <class Settings>
bool is_sound(const Result<Settings>& one, const Result<Settings>& other) {
  if (one.has_value() != other.has_value()) return false;
  if (one) return true;
  return one.error().what == other.error().what && one.error().what.starts_with("f.conf") &&
         one.error().what.find('\n') == std::string::npos;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const unsigned char* data, std::size_t size) {
  if (size < 1) return 0;
  const std::string_view text(reinterpret_cast<const char*>(data) + 1, size - 1);
  bool good = true;
  switch (data[0] % 3) {
    case 0: good = is_sound(parse_redird(text, "f.conf"), parse_redird(text, "f.conf")); break;
    case 1: good = is_sound(parse_wfd(text, "f.conf"), parse_wfd(text, "f.conf")); break;
    default: good = is_sound(parse_authd(text, "f.conf"), parse_authd(text, "f.conf")); break;
  }
  if (!good) __builtin_trap();
  return 0;
}
