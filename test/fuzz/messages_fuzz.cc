// Messages between the roles: bytes that a kind accepts have the size with which what was
// read would be written, and that is read and written as the same again (an address in no
// canonical form is read as none).  All others are refused.  The first byte is the kind.
#include "unit/common/message_list.h"

namespace {

using namespace postern;

template <class M>
std::vector<std::byte> written(const M& message) {
  std::vector<std::byte> bytes(max_message);
  bytes.resize(encode(message, bytes));
  return bytes;
}

template <class M>
bool holds(std::span<const std::byte> bytes) {
  M message, again;
  if (!decode(bytes, message)) return true;
  const std::vector<std::byte> text = written(message);
  return text.size() == bytes.size() && decode(text, again) && written(again) == text;
}

template <class... M>
bool holds_for(Kind kind, std::span<const std::byte> bytes, std::tuple<M...>*) {
  bool good = true;
  ((good = good && (M::kind != kind || holds<M>(bytes))), ...);
  return good;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const unsigned char* data, std::size_t size) {
  if (size < 1 || size > max_message) return 0;
  const auto bytes = std::as_bytes(std::span(data, size));
  const auto kind = static_cast<Kind>(data[0] % (static_cast<unsigned>(Kind::last) + 1));
  if (!holds_for(kind, bytes.subspan(1), static_cast<test::EveryMessage*>(nullptr))) __builtin_trap();
  return 0;
}
