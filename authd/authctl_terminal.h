// The operator at a terminal: asked for a PIN without echo, asked for a code, shown a new
// token.
#pragma once

#include <cstdio>

#include "authd/base32.h"
#include "authd/passcode.h"
#include "authd/pin.h"
#include "common/messages.h"
#include "common/result.h"

namespace postern::authd {

// True when somebody sits at both ends.
bool has_terminal();

// The first line of standard input; from a terminal as ask_pin().
Result<Pin> read_pin_line();
// Asks twice without echo; fails when the two differ, when it is no sound PIN, or when
// there is no terminal.  A signal that ends or stops the program gives the echo back.
Result<Pin> ask_pin();
// Asks for a passcode of the new token; empty when none is given.
Result<Secret<16>> ask_code(std::FILE* out);

// Prints what a telephone needs, with a QR code when `out` is a terminal.
void show_token(std::FILE* out, std::string_view uri, std::string_view secret);

}  // namespace postern::authd
