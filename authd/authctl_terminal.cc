// Reading from and writing to the operator's terminal, for authctl alone.  PINs and codes
// pass through here byte by byte, never through a stdio buffer or a std::string, and what
// was read is never printed.

#include "authd/authctl_terminal.h"

#include <poll.h>
#include <signal.h>
#include <sys/signalfd.h>
#include <termios.h>
#include <unistd.h>

#include "authd/qr.h"
#include "common/unique_fd.h"

namespace postern::authd {
namespace {

constexpr int terminal_in = STDIN_FILENO;

void say(std::FILE* out, const char* text) {
  (void)std::fputs(text, out);
  (void)std::fflush(out);
}

// No echo while it lives.  Signals that would end or stop the program are kept back in
// that time, and obeyed only with the echo as it was.
class Quiet {
 public:
  Quiet() {
    ::sigemptyset(&kept_back_);
    for (const int number : {SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGTSTP}) ::sigaddset(&kept_back_, number);
    if (::sigprocmask(SIG_BLOCK, &kept_back_, &mask_before_) != 0) return;
    signals_ = UniqueFd::adopt(::signalfd(-1, &kept_back_, SFD_CLOEXEC));
    silence();
  }
  ~Quiet() {
    restore();
    (void)::sigprocmask(SIG_SETMASK, &mask_before_, nullptr);  // nothing else to try
  }
  Quiet(const Quiet&) = delete;
  Quiet& operator=(const Quiet&) = delete;
  explicit operator bool() const { return signals_ && silent_; }

  // Waits for something to read.  True: it is there.  False: the program was stopped and
  // goes on now, so all that was typed is lost.
  bool await_input() {
    pollfd waits[] = {{terminal_in, POLLIN, 0}, {signals_.get(), POLLIN, 0}};
    while (::poll(waits, 2, -1) < 0 && errno == EINTR) {
    }
    if ((waits[1].revents & POLLIN) == 0) return true;
    obey_signal();
    return false;
  }

 private:
  void silence() {
    if (::tcgetattr(terminal_in, &before_) != 0) return;
    termios quiet = before_;
    quiet.c_lflag &= ~static_cast<tcflag_t>(ECHO);
    silent_ = ::tcsetattr(terminal_in, TCSAFLUSH, &quiet) == 0;
  }
  void restore() {
    if (silent_) (void)::tcsetattr(terminal_in, TCSAFLUSH, &before_);  // nothing else to try
    silent_ = false;
  }
  void obey_signal() {
    signalfd_siginfo news{};
    if (::read(signals_.get(), &news, sizeof news) != sizeof news) return;
    restore();
    say(stderr, "\n");
    (void)::raise(static_cast<int>(news.ssi_signo));
    (void)::sigprocmask(SIG_SETMASK, &mask_before_, nullptr);  // here the program ends, or is stopped
    (void)::sigprocmask(SIG_BLOCK, &kept_back_, nullptr);
    silence();
  }

  sigset_t kept_back_{}, mask_before_{};
  UniqueFd signals_;
  termios before_{};
  bool silent_ = false;
};

// One line without its end, at most N bytes; `quiet` may be none.
template <std::size_t N>
Result<Secret<N>> read_line(const std::string& what, Quiet* quiet = nullptr, const char* prompt = "") {
  Secret<N> line;
  for (std::size_t size = 0;;) {
    if (quiet != nullptr && !quiet->await_input()) {
      say(stderr, prompt);
      size = 0;
      line.fill(0);
      continue;
    }
    std::byte c{};
    const ssize_t n = ::read(terminal_in, &c, 1);
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return fail_errno("cannot read " + what);
    if (n == 0 && size == 0) return fail("there is no " + what + " to read");
    if (n == 0 || c == std::byte{'\n'}) return line;
    if (size == N) return fail("the " + what + " is too long");
    line.fill(size + 1)[size] = c;
    ++size;
  }
}

Result<Pin> sound(Pin pin) {
  if (!is_sound_pin(pin.text())) return fail("a PIN must have 4 to 64 printable ASCII characters");
  return pin;
}

Result<Pin> ask_quietly(const char* prompt) {
  Quiet quiet;
  if (!quiet) return fail("there is no terminal to ask for the PIN; use --pin-stdin");
  say(stderr, prompt);
  Result<Pin> pin = read_line<Pin::capacity>("PIN", &quiet, prompt);
  say(stderr, "\n");
  return pin ? sound(std::move(*pin)) : std::move(pin);
}

}  // namespace

bool has_terminal() { return ::isatty(STDIN_FILENO) == 1 && ::isatty(STDOUT_FILENO) == 1; }

Result<Pin> read_pin_line() {
  if (::isatty(terminal_in) == 1) return ask_pin();
  return sound(TRY(read_line<Pin::capacity>("PIN")));
}

Result<Pin> ask_pin() {
  Pin first = TRY(ask_quietly("PIN: "));
  const Pin second = TRY(ask_quietly("The same again: "));
  if (!(first == second)) return fail("the two PINs differ");
  return first;
}

Result<Secret<16>> ask_code(std::FILE* out) {
  say(out, "A passcode of the new token, as proof: ");
  return read_line<16>("passcode");
}

void show_token(std::FILE* out, std::string_view uri, std::string_view secret) {
  (void)std::fprintf(out, "uri     %.*s\nsecret  %.*s\n", static_cast<int>(uri.size()), uri.data(),
                     static_cast<int>(secret.size()), secret.data());
  if (::isatty(::fileno(out)) != 1) return say(out, "");
  const Result<QrText> code = qr_text(uri);
  if (code) (void)std::fwrite(code->text().data(), 1, code->size(), out);
  say(out, "");
}

}  // namespace postern::authd
