// Well-formed questions that a worker has no right to: to the signer, the broker,
// sessions and the porter, with tickets and cookies of the tester's choice.

#include <poll.h>
#include <sys/socket.h>

#include "attack/attacker.h"
#include "common/clock.h"
#include "common/net.h"

namespace postern::wfd {
namespace {

// What a signer may be asked to sign.
std::string text_of(std::string_view kind) {
  const std::string blanks(64, ' '), hash(32, '\x5a');
  if (kind == "tls13") return blanks + std::string("TLS 1.3, server CertificateVerify\0", 34) + hash;
  if (kind == "client") return blanks + std::string("TLS 1.3, client CertificateVerify\0", 34) + hash;
  if (kind == "tls12") return std::string(64, 'r') + std::string("\x03\x00\x1d\x20", 4) + hash;
  if (kind == "digest") return hash;
  if (kind == "long") return blanks + std::string("TLS 1.3, server CertificateVerify\0", 34) + hash + "more";
  if (kind == "certificate") return "\x30\x82\x01\x0a" + std::string(200, 'c');
  return std::string(kind);
}

template <class M>
std::string told(Channel& to, const M& message) {
  const Told sent = to.send(message);
  return sent == Told::sent ? "sent" : sent == Told::full ? "full" : "closed";
}

}  // namespace

// Its own ticket, as it may be told to somebody else's worker.
std::string Attacker::tell_ticket(const Words&) {
  std::array<std::byte, 256> room;
  return to_hex(std::span(room).first(encode(ticket_, room)));
}

// Takes one connection more (connections_per_worker > 1) and tells its ticket; the
// attacker goes on with the first one.
std::string Attacker::next_connection(const Words&) {
  Packet packet;
  Serve order;
  if (!hear(seat_.porter, Kind::serve, packet) || !packet.read(order) || order.count != 1) return "none";
  std::array<std::byte, 256> room;
  return to_hex(std::span(room).first(encode(order.each[0], room)));
}

// sign TEXT [TICKET [CERTIFICATE]]
std::string Attacker::sign(const Words& words) {
  Sign question;
  question.tag = ++tag_;
  question.ticket = ticket_of(word(words, 2));
  question.certificate = static_cast<std::uint32_t>(number(words, 3, 0));
  question.scheme = 0x0403;  // ecdsa_secp256r1_sha256
  const std::string text = text_of(word(words, 1));
  if (!question.text.assign(std::as_bytes(std::span(text)))) return "too long";
  if (seat_.signer.send(question) != Told::sent) return "closed";
  Packet packet;
  Signature answer;
  if (!hear(seat_.signer, Kind::signature, packet) || !packet.read(answer)) return "closed";
  return answer.bytes.empty() ? "refused" : "signature";
}

// dial COOKIE HOST [TICKET [plain|tls]]
std::string Attacker::dial(const Words& words) {
  Dial question;
  question.tag = ++tag_;
  const std::string cookie = from_hex(word(words, 1));
  (void)question.cookie.assign(cookie);  // of any length up to the room
  (void)question.host.assign(word(words, 2));
  question.ticket = ticket_of(word(words, 3));
  if (word(words, 4) == "plain") question.ports = Ports::http;
  if (word(words, 4) == "tls") question.ports = Ports::https;
  if (seat_.broker.send(question) != Told::sent) return "closed";
  for (;;) {
    Packet packet;
    const Heard heard = seat_.broker.await(packet, 5000);
    Dialled yes;
    DialRefused no;
    if (heard != Heard::packet) return heard == Heard::nothing ? "silence" : "closed";
    if (packet.read(no)) return "refused " + std::to_string(static_cast<int>(no.fault));
    if (!packet.read(yes)) continue;
    upstream_ = std::move(packet.descriptors[0]);
    return "dialled " + yes.reached.address.text() + " " + std::to_string(yes.reached.port);
  }
}

// speak HEX: to the dialled server; what it answers first, in hex.  "end" when it is gone.
std::string Attacker::speak_upstream(const Words& words) {
  if (!upstream_) return "no upstream";
  const std::string text = from_hex(word(words, 1));
  if (::send(upstream_.get(), text.data(), text.size(), MSG_NOSIGNAL) < 0) return "end";
  pollfd wait{upstream_.get(), POLLIN, 0};
  if (::poll(&wait, 1, 3000) == 0) return "silence";
  std::array<std::byte, 1024> room;
  const ssize_t n = ::recv(upstream_.get(), room.data(), room.size(), MSG_DONTWAIT);
  return n <= 0 ? "end" : to_hex(std::span(room).first(static_cast<std::size_t>(n)));
}

// judge COOKIE [TICKET]
std::string Attacker::judge(const Words& words) {
  Judge question;
  question.tag = ++tag_;
  (void)question.cookie.assign(from_hex(word(words, 1)));
  question.ticket = ticket_of(word(words, 2));
  if (seat_.sessions.send(question) != Told::sent) return "closed";
  Packet packet;
  Verdict answer;
  if (!hear(seat_.sessions, Kind::verdict, packet) || !packet.read(answer)) return "closed";
  return answer.standing == Standing::good ? "good" : "no";
}

// guess USER MILLISECONDS: passcodes as fast as sessions answers, eight at a time; how
// many were asked, and how many were granted.
std::string Attacker::guess(const Words& words) {
  const Mono until = read_mono() + milliseconds(static_cast<std::int64_t>(number(words, 2, 1000)));
  unsigned asked = 0, granted = 0, open = 0;
  while (read_mono() < until || open > 0) {
    while (open < 8 && read_mono() < until) {
      Login question;
      question.tag = ++tag_;
      question.ticket = ticket_;
      (void)question.user.assign(word(words, 1));
      (void)question.pin.assign("1234");
      (void)question.passcode.assign(std::to_string(100000 + asked % 900000));
      if (seat_.sessions.send(question) != Told::sent) return "closed after " + std::to_string(asked);
      ++asked, ++open;
    }
    Packet packet;
    LoginResult answer;
    if (!hear(seat_.sessions, Kind::login_result, packet, 15000) || !packet.read(answer))
      return "closed after " + std::to_string(asked);
    granted += answer.granted ? 1 : 0;
    --open;
  }
  return "asked " + std::to_string(asked) + " granted " + std::to_string(granted);
}

// keep ID SNI STATE [TICKET]
std::string Attacker::keep(const Words& words) {
  KeepSession news;
  const std::string id = from_hex(word(words, 1));
  (void)news.id.assign(std::as_bytes(std::span(id)));
  (void)news.sni.assign(word(words, 2));
  (void)news.state.assign(word(words, 3));
  news.ticket = ticket_of(word(words, 4));
  return told(seat_.signer, news);
}

// take ID SNI [TICKET]
std::string Attacker::take(const Words& words) {
  TakeSession question;
  question.tag = ++tag_;
  const std::string id = from_hex(word(words, 1));
  (void)question.id.assign(std::as_bytes(std::span(id)));
  (void)question.sni.assign(word(words, 2));
  question.ticket = ticket_of(word(words, 3));
  if (seat_.signer.send(question) != Told::sent) return "closed";
  Packet packet;
  TakenSession answer;
  if (!hear(seat_.signer, Kind::taken_session, packet) || !packet.read(answer)) return "closed";
  return answer.state.empty() ? "nothing" : "state " + std::string(answer.state.text());
}

// report [TICKET [CAUSE]]: a connection is over, says who wants its source to be free.
std::string Attacker::report(const Words& words) {
  Closed news;
  news.ticket = ticket_of(word(words, 1));
  news.cause = static_cast<Cause>(number(words, 2, static_cast<unsigned long>(Cause::served)));
  return told(seat_.reports, news);
}

// hold COOKIE MILLISECONDS: gets a verdict, and then never hears sessions again.
std::string Attacker::hold(const Words& words) {
  const std::string standing = judge({"", std::string(word(words, 1))});
  if (standing != "good") return standing;
  const std::string line = "held\n";
  (void)::send(client_.get(), line.data(), line.size(), MSG_NOSIGNAL);
  (void)::poll(nullptr, 0, static_cast<int>(number(words, 2, 10000)));
  return "alive";
}

}  // namespace postern::wfd
