// The signer between a worker and a porter that are played here: whom it signs for, how
// often, and to whom it gives the state of a TLS session back.
#include "wfd/signer.h"

#include <algorithm>
#include <memory>
#include <optional>

#include "unit/wfd/tls_fixture.h"
#include "unit/workbench.h"

using namespace postern;
using namespace workbench;
using postern::wfd::ResumptionLimits;
using postern::wfd::Signer;
using postern::wfd::SigningKey;

namespace {

constexpr std::uint16_t ecdsa_p256 = 0x0403;

std::string handshake_text() {
  return std::string(64, ' ') + std::string("TLS 1.3, server CertificateVerify\0", 34) +
         std::string(32, '\x5a');
}

class Room {
 public:
  Room() : loop(open_loop()), key(key_of(1)) {
    std::vector<SigningKey> keys;
    for (const char* kind : {"P-256", "P-384"}) {
      auto loaded = SigningKey::from_pem(tls_fixture::bytes_of(tls_fixture::key_pem(kind)));
      REQUIRE(loaded);
      keys.push_back(std::move(*loaded));
    }
    signer = std::make_unique<Signer>(loop, book.log(), std::move(keys), key_of(1));
    Ends ends = make_ends();
    porter = Channel(std::move(ends.ours), Role::porter, Role::signer);
    signer->hear_porter(std::move(ends.theirs));
  }
  Channel enroll(std::uint64_t number) { return enroll_at(porter, Role::signer, number); }
  Sign make_sign(const Ticket& ticket, const std::string& text = handshake_text()) {
    Sign sign;
    sign.tag = ++last_tag;
    sign.ticket = ticket;
    sign.scheme = ecdsa_p256;
    REQUIRE(sign.text.assign(tls_fixture::bytes_of(text)));
    return sign;
  }
  // The answer, or nothing when the channel was closed.
  template <class Answer, class Question>
  std::optional<Answer> ask(Channel& worker, const Question& question) {
    REQUIRE(worker.send(question) == Told::sent);
    std::optional<Answer> answer;
    REQUIRE(run_until(loop, [&] {
      Packet packet;
      const Heard heard = worker.receive(packet);
      if (heard == Heard::nothing) return false;
      Answer read;
      if (heard == Heard::packet && packet.read(read)) answer.emplace(std::move(read));
      return true;
    }));
    return answer;
  }
  std::size_t signature_size(Channel& worker, const Sign& sign) {
    const auto answer = ask<postern::Signature>(worker, sign);
    REQUIRE(answer);
    CHECK(answer->tag == sign.tag);
    return answer->bytes.size();
  }
  void keep(Channel& worker, const Ticket& ticket, const char* sni, char id, std::size_t id_size = 32) {
    KeepSession keep;
    keep.ticket = ticket;
    keep.sni = HostName(sni);
    REQUIRE(keep.id.assign(tls_fixture::bytes_of(std::string(id_size, id))));
    REQUIRE(keep.state.assign(std::string_view("state of a session")));
    REQUIRE(worker.send(keep) == Told::sent);
    settle(loop);
  }
  bool take(Channel& worker, const Ticket& ticket, const char* sni, char id, std::size_t id_size = 32) {
    TakeSession take;
    take.tag = ++last_tag;
    take.ticket = ticket;
    take.sni = HostName(sni);
    REQUIRE(take.id.assign(tls_fixture::bytes_of(std::string(id_size, id))));
    const auto answer = ask<TakenSession>(worker, take);
    REQUIRE(answer);
    CHECK(answer->tag == last_tag);
    CHECK((answer->state.empty() || answer->state.text() == "state of a session"));
    return !answer->state.empty();
  }
  bool logged(std::string_view part) {
    const auto lines = book.lines();
    return std::any_of(lines.begin(), lines.end(),
                       [&](const std::string& line) { return line.find(part) != line.npos; });
  }

  Loop loop;
  LogBook book;
  TicketKey key;
  std::unique_ptr<Signer> signer;
  Channel porter;
  std::uint32_t last_tag = 0;
};

}  // namespace

TEST_CASE("a handshake of the worker's own connection is signed, with the key asked for", "[signer]") {
  Room room;
  Channel worker = room.enroll(1);
  CHECK(room.signature_size(worker, room.make_sign(make_ticket(11, 1, room.key))) > 0);
  Sign other = room.make_sign(make_ticket(12, 1, room.key));
  other.certificate = 1;
  other.scheme = 0x0503;  // ecdsa_secp384r1_sha384
  CHECK(room.signature_size(worker, other) > 0);
}

TEST_CASE("a second signature for the same connection is refused and logged", "[signer]") {
  Room room;
  Channel worker = room.enroll(1);
  const Ticket ticket = make_ticket(11, 1, room.key);
  CHECK(room.signature_size(worker, room.make_sign(ticket)) > 0);
  CHECK(room.signature_size(worker, room.make_sign(ticket)) == 0);
  CHECK(room.logged("event=refuse id=000000000000000b src=192.0.2.7 dst=10.1.2.3 status=- "
                    "reason=signed-before"));
  CHECK(room.signature_size(worker, room.make_sign(make_ticket(12, 1, room.key))) > 0);
}

TEST_CASE("an attempt that was refused is the connection's only one, too", "[signer]") {
  Room room;
  Channel worker = room.enroll(1);
  const Ticket ticket = make_ticket(11, 1, room.key);
  SECTION("a text that is no handshake") {
    CHECK(room.signature_size(worker, room.make_sign(ticket, "pay 1000 to M")) == 0);
    CHECK(room.logged("reason=not-a-handshake"));
  }
  SECTION("a key that is not there") {
    Sign sign = room.make_sign(ticket);
    sign.certificate = 2;
    CHECK(room.signature_size(worker, sign) == 0);
    CHECK(room.logged("reason=no-such-key"));
  }
  SECTION("a scheme that does not fit the key") {
    Sign sign = room.make_sign(ticket);
    sign.scheme = 0x0804;
    CHECK(room.signature_size(worker, sign) == 0);
  }
  CHECK(room.signature_size(worker, room.make_sign(ticket)) == 0);
}

TEST_CASE("a ticket that is not the worker's own costs it its channel", "[signer]") {
  const int kind = GENERATE(0, 1, 2);
  Room room;
  Channel worker = room.enroll(1);
  Ticket ticket = make_ticket(11, 1, room.key);
  SECTION("forged") { ticket.seal[31] ^= std::byte{0x80}; }
  SECTION("of another worker") { ticket = make_ticket(11, 2, room.key); }
  SECTION("another key") { ticket = make_ticket(11, 1, key_of(9)); }
  SECTION("another client than sealed") { ticket.client = endpoint("192.0.2.8:40000"); }
  if (kind == 0) CHECK_FALSE(room.ask<postern::Signature>(worker, room.make_sign(ticket)));
  if (kind == 1) {
    TakeSession take;
    take.ticket = ticket;
    CHECK_FALSE(room.ask<TakenSession>(worker, take));
  }
  if (kind == 2) {
    room.keep(worker, ticket, "a.example.org", 'i');
    Packet packet;
    CHECK(worker.receive(packet) == Heard::closed);
  }
  CHECK(room.logged("event=fault role=worker"));
}

TEST_CASE("malformed messages cost the worker its channel, not its neighbour's", "[signer]") {
  Room room;
  Channel bad = room.enroll(1), good = room.enroll(2);
  SECTION("junk") { REQUIRE(::send(bad.fd(), "\x13junk", 5, 0) == 5); }
  SECTION("a session id of another length") {
    room.keep(bad, make_ticket(11, 1, room.key), "a.example.org", 'i', 31);
  }
  settle(room.loop);
  Packet packet;
  CHECK(bad.receive(packet) == Heard::closed);
  CHECK(room.signature_size(good, room.make_sign(make_ticket(12, 2, room.key))) > 0);
}

TEST_CASE("the state of a session is handed out once", "[signer]") {
  Room room;
  Channel first = room.enroll(1), second = room.enroll(2);
  room.keep(first, make_ticket(11, 1, room.key), "a.example.org", 'i');
  const Ticket again = make_ticket(12, 2, room.key, "192.0.2.7:50000");  // another port
  CHECK(room.take(second, again, "a.example.org", 'i'));
  CHECK_FALSE(room.take(second, again, "a.example.org", 'i'));
}

TEST_CASE("the state of a session is for its client and its name alone", "[signer]") {
  Room room;
  Channel worker = room.enroll(1);
  const Ticket mine = make_ticket(11, 1, room.key);
  const Ticket foreign = make_ticket(12, 1, room.key, "192.0.2.8:40000");
  room.keep(worker, mine, "a.example.org", 'i');
  CHECK_FALSE(room.take(worker, foreign, "a.example.org", 'i'));
  CHECK_FALSE(room.take(worker, mine, "b.example.org", 'i'));
  CHECK_FALSE(room.take(worker, mine, "a.example.org", 'j'));
  CHECK_FALSE(room.take(worker, mine, "a.example.org", 'i', 16));
  CHECK(room.take(worker, mine, "a.example.org", 'i'));
}

TEST_CASE("a new channel of the porter's serves new workers, old ones stay", "[signer]") {
  Room room;
  Channel old = room.enroll(1);
  settle(room.loop);
  Ends ends = make_ends();
  room.porter = Channel(std::move(ends.ours), Role::porter, Role::signer);
  room.signer->hear_porter(std::move(ends.theirs));
  Channel fresh = room.enroll(2);
  CHECK(room.signature_size(old, room.make_sign(make_ticket(11, 1, room.key))) > 0);
  CHECK(room.signature_size(fresh, room.make_sign(make_ticket(12, 2, room.key))) > 0);
}
