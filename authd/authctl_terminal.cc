// Reading from and writing to the operator's terminal, for authctl alone.  PINs and codes
// pass through here byte by byte, never through a stdio buffer or a std::string, and what
// was read is never printed.

#include "authd/authctl_terminal.h"

#include <termios.h>
#include <unistd.h>

#include "authd/qr.h"

namespace postern::authd {
namespace {

constexpr int terminal_in = STDIN_FILENO;

// No echo while it lives.
class Quiet {
 public:
  Quiet() : ok_(::tcgetattr(terminal_in, &before_) == 0) {
    termios quiet = before_;
    quiet.c_lflag &= ~static_cast<tcflag_t>(ECHO);
    ok_ = ok_ && ::tcsetattr(terminal_in, TCSAFLUSH, &quiet) == 0;
  }
  ~Quiet() {
    if (ok_) (void)::tcsetattr(terminal_in, TCSAFLUSH, &before_);  // nothing else to try
  }
  Quiet(const Quiet&) = delete;
  Quiet& operator=(const Quiet&) = delete;
  explicit operator bool() const { return ok_; }

 private:
  termios before_{};
  bool ok_;
};

// One line without its end, at most N bytes.
template <std::size_t N>
Result<Secret<N>> read_line(const char* what) {
  Secret<N> line;
  for (std::size_t size = 0;; ++size) {
    std::byte c{};
    const ssize_t n = ::read(terminal_in, &c, 1);
    if (n < 0) return fail_errno(std::string("cannot read ") + what);
    if (n == 0 || c == std::byte{'\n'}) return line;
    if (size == N) return fail(std::string(what) + " is too long");
    line.fill(size + 1)[size] = c;
  }
}

void say(std::FILE* out, const char* text) {
  (void)std::fputs(text, out);
  (void)std::fflush(out);
}

Result<Pin> ask_quietly(const char* prompt) {
  const Quiet quiet;
  if (!quiet) return fail("there is no terminal to ask for the PIN; use --pin-stdin");
  say(stderr, prompt);
  Result<Pin> pin = read_line<Pin::capacity>("the PIN");
  say(stderr, "\n");
  return pin;
}

}  // namespace

bool has_terminal() { return ::isatty(STDIN_FILENO) == 1 && ::isatty(STDOUT_FILENO) == 1; }

Result<Pin> read_pin_line() { return read_line<Pin::capacity>("the PIN"); }

Result<Pin> ask_pin() {
  Pin first = TRY(ask_quietly("PIN: "));
  const Pin second = TRY(ask_quietly("The same again: "));
  if (!(first == second)) return fail("the two PINs differ");
  return first;
}

Result<Secret<16>> ask_code(std::FILE* out) {
  say(out, "A passcode of the new token, as proof: ");
  return read_line<16>("the passcode");
}

void show_token(std::FILE* out, std::string_view uri, std::string_view secret, bool with_code) {
  (void)std::fprintf(out, "uri     %.*s\nsecret  %.*s\n", static_cast<int>(uri.size()), uri.data(),
                     static_cast<int>(secret.size()), secret.data());
  if (!with_code) return say(out, "");
  const Result<QrText> code = qr_text(uri);
  if (code) (void)std::fwrite(code->text().data(), 1, code->size(), out);
  say(out, "");
}

}  // namespace postern::authd
