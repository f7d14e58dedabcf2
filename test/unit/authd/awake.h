// Role sessions with persist=yes, and a vault that remembers what the test says.
#pragma once

#include <openssl/sha.h>

#include "unit/authd/town.h"

namespace postern::authd {

inline Stamp here(unsigned char boot = 1) { return stamp_of(boot, read_mono().us, town_wall.s); }

// A session of kate's that began `age` and was used `idle` seconds ago.
inline SessionRow living(std::uint32_t slot, const CookieValue& cookie, std::int64_t age = 100, std::int64_t idle = 10) {
  SessionRow row = row_of(slot, "kate");
  REQUIRE(SHA256(reinterpret_cast<const unsigned char*>(cookie.bytes().data()), 32,
                 reinterpret_cast<unsigned char*>(row.hash.data())) != nullptr);
  const Stamp now = here();
  row.created = stamp_of(1, now.mono - seconds(age).us, now.wall - age);
  row.used = stamp_of(1, now.mono - seconds(idle).us, now.wall - idle);
  return row;
}

inline CookieValue cookie_of(unsigned char fill) {
  CookieValue cookie;
  for (std::byte& b : cookie.fill(32)) b = std::byte{fill};
  return cookie;
}

// A town that has been told what its vault remembers, with a worker of a wfd in it.
struct Awake {
  Town town;
  Wfd wfd;
  Channel worker;

  explicit Awake(const std::vector<SessionRow>& rows = {}, const Stamp& last = {}, unsigned char boot = 1,
                 AuthdSettings settings = persistent_settings())
      : town(settings, seconds(10), boot) {
    const Wall wall = town_wall;
    town.recall_all(rows, last);
    town_wall = wall;
    wfd = town.wfd(1);
    worker = town.worker(wfd, 5);
  }
  Standing standing(const CookieValue& cookie, const char* client = "192.0.2.1") {
    REQUIRE(worker.send(Town::about<Judge>(wfd.ticket(5, client), cookie)) == Told::sent);
    town.run();
    for (;;) {  // news of ends may come first
      Packet packet;
      Verdict verdict;
      REQUIRE(worker.receive(packet) == Heard::packet);
      if (packet.read(verdict)) return verdict.standing;
    }
  }
  SessionInfo info(const CookieValue& cookie) {
    return town.ask<SessionInfo>(worker, Town::about<Look>(wfd.ticket(5), cookie)).value();
  }
};

}  // namespace postern::authd
