// Commands and answers.  A command is a line `!NAME WORD...`.

#include "attack/attacker.h"

#include <poll.h>
#include <sys/socket.h>

#include <algorithm>
#include <charconv>

#include "common/clock.h"

namespace postern::wfd {

std::string to_hex(std::span<const std::byte> bytes) {
  std::string out;
  for (const std::byte b : bytes) {
    out += "0123456789abcdef"[std::to_integer<unsigned>(b) >> 4];
    out += "0123456789abcdef"[std::to_integer<unsigned>(b) & 15];
  }
  return out;
}

std::string from_hex(std::string_view hex) {
  std::string out;
  for (std::size_t i = 0; i + 1 < hex.size(); i += 2) {
    unsigned value = 0;
    std::from_chars(hex.data() + i, hex.data() + i + 2, value, 16);
    out += static_cast<char>(value);
  }
  return out;
}

std::string_view word(const Words& words, std::size_t at) {
  return at < words.size() ? std::string_view(words[at]) : std::string_view();
}

unsigned long number(const Words& words, std::size_t at, unsigned long otherwise) {
  const std::string_view text = word(words, at);
  unsigned long value = otherwise;
  std::from_chars(text.data(), text.data() + text.size(), value);
  return value;
}

const Attacker::Row* Attacker::find(std::string_view name) {
  static constexpr Row table[] = {
      {"ticket", &Attacker::tell_ticket}, {"next", &Attacker::next_connection},
      {"sign", &Attacker::sign},          {"dial", &Attacker::dial},
      {"speak", &Attacker::speak_upstream}, {"judge", &Attacker::judge},
      {"guess", &Attacker::guess},        {"keep", &Attacker::keep},
      {"take", &Attacker::take},          {"report", &Attacker::report},
      {"hold", &Attacker::hold},          {"raw", &Attacker::send_raw},
      {"descriptors", &Attacker::send_descriptors}, {"hear", &Attacker::hear_raw},
      {"closed", &Attacker::is_closed},
      {"flood", &Attacker::flood},        {"log", &Attacker::write_log},
      {"pages", &Attacker::write_pages},  {"kernel", &Attacker::call_kernel},
      {"stay", &Attacker::stay},
  };
  const auto row = std::ranges::find(table, name, &Row::name);
  return row == std::end(table) ? nullptr : row;
}

bool Attacker::take_connection() {
  Packet packet;
  Serve order;
  if (!hear(seat_.porter, Kind::serve, packet) || !packet.read(order) || order.count != 1) return false;
  client_ = std::move(packet.descriptors[0]);
  ticket_ = order.each[0];
  return true;
}

std::string Attacker::do_line(const std::string& line) {
  Words words;
  std::size_t at = 1;  // behind the `!`
  while (at < line.size()) {
    const std::size_t end = std::min(line.find(' ', at), line.size());
    words.push_back(line.substr(at, end - at));
    at = end + 1;
  }
  const Row* row = find(word(words, 0));
  return row == nullptr ? "what?" : (this->*row->attack)(words);
}

void Attacker::obey() {
  std::string heard;
  for (;;) {
    const std::size_t end = heard.find('\n');
    if (end != heard.npos) {
      const std::string answer = do_line(heard.substr(0, end)) + "\n";
      heard.erase(0, end + 1);
      if (::send(client_.get(), answer.data(), answer.size(), MSG_NOSIGNAL) < 0) return;
      continue;
    }
    pollfd wait{client_.get(), POLLIN, 0};
    (void)::poll(&wait, 1, -1);
    std::array<char, 4096> piece;
    const ssize_t n = ::recv(client_.get(), piece.data(), piece.size(), 0);
    if (n < 0 && errno == EAGAIN) continue;
    if (n <= 0) return;
    heard.append(piece.data(), static_cast<std::size_t>(n));
  }
}

Channel& Attacker::channel(std::string_view role) {
  if (role == "signer") return seat_.signer;
  if (role == "broker") return seat_.broker;
  if (role == "sessions") return seat_.sessions;
  if (role == "reports") return seat_.reports;
  return seat_.porter;
}

// `own`, or the hex of another ticket.
Ticket Attacker::ticket_of(std::string_view hex) const {
  Ticket ticket = ticket_;
  if (hex.empty() || hex == "own") return ticket;
  const std::string bytes = from_hex(hex);
  if (!decode(std::as_bytes(std::span(bytes)), ticket)) return {};
  return ticket;
}

bool Attacker::hear(Channel& from, Kind kind, Packet& packet, int milliseconds) {
  const Mono until = read_mono() + postern::milliseconds(milliseconds);
  for (;;) {
    const std::int64_t left = (until - read_mono()).ms();
    if (left <= 0) return false;
    const Heard heard = from.await(packet, static_cast<int>(left));
    if (heard == Heard::packet && packet.kind == Kind::page) page_ = std::move(packet.descriptors[0]);
    if (heard == Heard::packet && packet.kind == kind) return true;
    if (heard != Heard::packet) return false;
  }
}

}  // namespace postern::wfd
