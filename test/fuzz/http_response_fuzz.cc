// Response heads: any bytes, as the answer to a GET and to a HEAD, with the usual limits
// and with narrow ones that are met often.
#include "unit/common/http_checks.h"

extern "C" int LLVMFuzzerTestOneInput(const unsigned char* data, std::size_t size) {
  using namespace postern;
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  if (!checks::response_properties_hold(bytes, HeadLimits{}, false)) __builtin_trap();
  if (!checks::response_properties_hold(bytes, HeadLimits{96, 40, 3}, true)) __builtin_trap();
  return 0;
}
