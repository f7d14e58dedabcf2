// The least that writing down by another process could cost: packets of lines to it, and from it a datagram
// for each line, some of both in one system call.  Nothing is looked at, escaped, or kept for a log that
// went away.

#include "line_writer.h"

#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <string_view>
#include <vector>

namespace postern::bench {
namespace {

constexpr std::size_t at_once = 32;           // packets, and lines
constexpr std::size_t packet_bytes = 32768;
constexpr int rest_ms = 2, queue_bytes = 1024 * 1024;  // as Postern's logger: more to take next time, and room for it

// Beginning and end, and how long the whole is.
std::string padded(std::string_view start, std::string_view end, std::size_t size) {
  std::string line(start);
  line.append(size - start.size() - end.size() - 1, 'x').append(end).push_back('\n');
  return line;
}
std::string lines_of(LineWriter::Of what) {
  if (what == LineWriter::Of::answers)
    return padded("<29>Nov 27 00:00:00 floor/worker[1]: event=refuse id=0123456789abcdef src=", " reason=no-session", 150) +
           padded("<30>Nov 27 00:00:00 floor/worker[1]: event=request id=0123456789abcdef src=", " status=302 in=0 out=0 ms=0", 240);
  return padded("<30>Nov 27 00:00:00 floor/porter[1]: event=connection id=0123456789abcdef src=", " dport=443", 130) +
         padded("<28>Nov 27 00:00:00 floor/porter[1]: event=refuse id=0123456789abcdef src=", " reason=closed", 130) +
         padded("<30>Nov 27 00:00:00 floor/porter[1]: event=penalty src=", " score=1", 90);
}

std::optional<UniqueFd> connect_to(const std::string& socket) {
  sockaddr_un name{};
  name.sun_family = AF_UNIX;
  if (socket.size() >= sizeof name.sun_path) return errno = ENAMETOOLONG, std::nullopt;
  std::memcpy(name.sun_path, socket.data(), socket.size());
  UniqueFd fd = UniqueFd::adopt(::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0));
  if (::connect(fd.get(), reinterpret_cast<const sockaddr*>(&name), sizeof name) != 0) return std::nullopt;
  return fd;
}

// Packets, or lines, with what recvmmsg and sendmmsg want of each.
struct Messages {
  std::array<mmsghdr, at_once> headers{};
  std::array<iovec, at_once> parts{};
  void point(std::size_t i, const char* text, std::size_t size) {
    parts[i] = {const_cast<char*>(text), size};
    headers[i].msg_hdr.msg_iov = &parts[i];
    headers[i].msg_hdr.msg_iovlen = 1;
  }
};

// Sends all lines of `text`; waits for room.
bool pass_on(int log, std::string_view text) {
  Messages lines;
  std::size_t count = 0;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find('\n'), text.size() - 1);
    lines.point(count++, text.data(), end);
    text.remove_prefix(end + 1);
    if (count < at_once && !text.empty()) continue;
    for (std::size_t sent = 0; sent < count;) {
      const int n = ::sendmmsg(log, &lines.headers[sent], static_cast<unsigned>(count - sent), 0);
      if (n <= 0) return false;
      sent += static_cast<std::size_t>(n);
    }
    count = 0;
  }
  return true;
}

[[noreturn]] void write_down(int from, int log) {
  Messages packets;
  std::vector<char> room(at_once * packet_bytes);
  std::string gathered;
  for (;;) {
    for (std::size_t i = 0; i < at_once; ++i) packets.point(i, room.data() + i * packet_bytes, packet_bytes);
    const int n = ::recvmmsg(from, packets.headers.data(), at_once, MSG_WAITFORONE, nullptr);
    if (n <= 0 || packets.headers[0].msg_len == 0) ::_exit(0);
    gathered.clear();
    for (std::size_t i = 0; i < static_cast<std::size_t>(n); ++i)
      gathered.append(room.data() + i * packet_bytes, packets.headers[i].msg_len);
    if (!pass_on(log, gathered)) ::_exit(1);
    if (static_cast<std::size_t>(n) < at_once) (void)::poll(nullptr, 0, rest_ms);  // there was no more
  }
}

}  // namespace

std::optional<LineWriter> LineWriter::start(const std::string& socket, Of what) {
  const std::optional<UniqueFd> log = connect_to(socket);
  int ends[2] = {-1, -1};
  if (!log || ::socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) != 0) return std::nullopt;
  UniqueFd way = UniqueFd::adopt(ends[0]);
  const UniqueFd from = UniqueFd::adopt(ends[1]);
  if (::setsockopt(way.get(), SOL_SOCKET, SO_SNDBUFFORCE, &queue_bytes, sizeof queue_bytes) != 0) return std::nullopt;
  const pid_t child = ::fork();
  if (child < 0) return std::nullopt;
  if (child > 0) return LineWriter(std::move(way), lines_of(what));
  way.reset();
  write_down(from.get(), log->get());
}

void LineWriter::add() {
  waiting_ += lines_;
  if (waiting_.size() + lines_.size() > packet_bytes) flush();
}

void LineWriter::flush() {
  if (waiting_.empty()) return;
  if (::send(way_.get(), waiting_.data(), waiting_.size(), MSG_NOSIGNAL) < 0) ::_exit(1);  // a floor that writes nothing would be none
  waiting_.clear();
}

}  // namespace postern::bench
