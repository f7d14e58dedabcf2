// JSON as the gate writes it: strings, escaped.
#pragma once

#include <string>
#include <string_view>

namespace postern::wfd {

// Appends `text` as a JSON string (RFC 8259, 7), quotes included.  Bytes outside printable
// ASCII, and '<', become \u00XX, so that no reader can take the text for anything else.
void append_json(std::string& to, std::string_view text);

}  // namespace postern::wfd
