// Request heads: any bytes, with the usual limits and with narrow ones that are met often.
#include "unit/common/http_checks.h"

extern "C" int LLVMFuzzerTestOneInput(const unsigned char* data, std::size_t size) {
  using namespace postern;
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  if (!checks::request_properties_hold(bytes, HeadLimits{})) __builtin_trap();
  if (!checks::request_properties_hold(bytes, HeadLimits{96, 40, 3})) __builtin_trap();
  return 0;
}
