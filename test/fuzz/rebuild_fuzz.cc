// Heads made anew: what is accepted means the same to whoever gets it.  The first byte
// says whether the rest is a request, or an answer and for which client.
#include "unit/wfd/rebuild_checks.h"

extern "C" int LLVMFuzzerTestOneInput(const unsigned char* data, std::size_t size) {
  using namespace postern;
  if (size < 1) return 0;
  const std::string_view bytes(reinterpret_cast<const char*>(data) + 1, size - 1);
  const wfd::ClientSide side{(data[0] & 2) != 0 ? Version::http_1_1 : Version::http_1_0, (data[0] & 4) != 0, (data[0] & 8) != 0};
  bool accepted = false;
  const bool is_request = (data[0] & 1) == 0;
  const std::string_view wrong = is_request ? checks::request_rebuilds(bytes, accepted) : checks::response_rebuilds(bytes, side, accepted);
  if (!wrong.empty()) __builtin_trap();
  return 0;
}
