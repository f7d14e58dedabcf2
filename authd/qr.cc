// Draws the QR code that a phone scans when a user is added.  Only authctl calls it, for
// a person at a terminal.  The picture is as secret as the token in it: it is built in a
// wiped room, and libqrencode's copy is wiped before it is freed.
#include "authd/qr.h"

#include <qrencode.h>

#include <memory>
#include <string>

namespace postern::authd {
namespace {

constexpr int quiet = 4;  // modules of white around the code
constexpr std::string_view black_on_white = "\x1b[38;5;16;48;5;231m";
constexpr std::string_view plain_again = "\x1b[0m\n";

struct WipeAndFree {
  void operator()(QRcode* code) const {
    wipe(code->data, static_cast<std::size_t>(code->width) * static_cast<std::size_t>(code->width));
    QRcode_free(code);
  }
};

bool is_black(const QRcode& code, int row, int column) {
  if (row < 0 || column < 0 || row >= code.width || column >= code.width) return false;
  return (code.data[row * code.width + column] & 1) != 0;
}

// The character for two modules, one above the other.
std::string_view glyph(bool upper, bool lower) {
  if (upper) return lower ? "\u2588" : "\u2580";
  return lower ? "\u2584" : " ";
}

}  // namespace

Result<QrText> qr_text(std::string_view text) {
  if (text.empty() || text.size() > 400) return fail("cannot draw a QR code: not 1..400 bytes");
  const auto* bytes = reinterpret_cast<const unsigned char*>(text.data());
  const std::unique_ptr<QRcode, WipeAndFree> code(
      QRcode_encodeData(static_cast<int>(text.size()), bytes, 0, QR_ECLEVEL_L));
  if (!code) return fail_errno("cannot draw a QR code");
  QrText drawn;
  const auto room = drawn.fill(drawn.capacity);
  std::size_t used = 0;
  const auto put = [&](std::string_view part) {
    if (room.size() - used < part.size()) return false;
    std::copy(part.begin(), part.end(), reinterpret_cast<char*>(room.data()) + used);
    used += part.size();
    return true;
  };
  bool fits = true;
  for (int row = -quiet; row < code->width + quiet; row += 2) {
    fits = fits && put(black_on_white);
    for (int column = -quiet; column < code->width + quiet; ++column)
      fits = fits && put(glyph(is_black(*code, row, column), is_black(*code, row + 1, column)));
    fits = fits && put(plain_again);
  }
  if (!fits) return fail("cannot draw a QR code: too large for a terminal");
  drawn.fill(used);
  return drawn;
}

}  // namespace postern::authd
