// Bodies: the first byte is the framing, the second a length; the rest is the input.
#include "unit/common/http_checks.h"

extern "C" int LLVMFuzzerTestOneInput(const unsigned char* data, std::size_t size) {
  using namespace postern;
  if (size < 2) return 0;
  const auto framing = static_cast<Framing>(data[0] % 4);
  const std::string_view bytes(reinterpret_cast<const char*>(data) + 2, size - 2);
  if (!checks::body_properties_hold(framing, data[1], bytes)) __builtin_trap();
  return 0;
}
