// Response heads: any bytes, as the answer to a GET and to a HEAD, with the usual limits
// and with narrow ones that are met often; and with the widest, where more fields than
// usual are all that was wrong.
#include "unit/common/http_checks.h"

namespace {

// Few texts have so many fields, and each look at all beginnings of a text is dear.
bool is_crowded(std::string_view bytes) {
  postern::ResponseHead head;
  return parse_response(bytes, {}, false, head).fault == postern::HttpFault::too_many_fields;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const unsigned char* data, std::size_t size) {
  using namespace postern;
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  constexpr HeadLimits usual, widest{usual.head_bytes, usual.line_bytes, Fields::capacity};
  if (!checks::response_properties_hold(bytes, usual, false)) __builtin_trap();
  if (!checks::response_properties_hold(bytes, HeadLimits{96, 40, 3}, true)) __builtin_trap();
  if (is_crowded(bytes) && !checks::response_properties_hold(bytes, widest, false)) __builtin_trap();
  return 0;
}
