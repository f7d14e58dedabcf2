// A QR code as text for a terminal.
#pragma once

#include <string_view>

#include "common/result.h"
#include "common/secret.h"

namespace postern::authd {

// Room for any code up to the size that a URI of ours needs.
using QrText = Secret<20480>;

// `text` (1..400 bytes) as a QR code (ISO/IEC 18004, error correction L) in UTF-8: two
// rows of modules in one line by half blocks, black on white whatever the terminal's
// colours, with the quiet zone of four modules.  Each line ends in a newline.
// An error when the text does not fit or libqrencode fails.
Result<QrText> qr_text(std::string_view text);

}  // namespace postern::authd
