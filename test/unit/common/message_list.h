// Every message there is, and visitors that fill one with content or find the places of
// its enumerators and lengths.  A kind without a row in EveryMessage fails a test.
#pragma once

#include <algorithm>
#include <random>
#include <tuple>
#include <vector>

#include "common/messages.h"

namespace postern::test {

using EveryMessage =
    std::tuple<Hand, Start, Ready, Failed, Retire, NeedSyslog, Trace, Reload, Reloaded, KillWorkers, Spawn,
               SpawnPlain, Spawned, Gone, Kill, Enroll, Serve, Closed, ClosedMany, Peer, Sign, Signature, KeepSession,
               TakeSession, TakenSession, Dial, Dialled, DialRefused, Learned, GateHello, Page, Judge, Verdict,
               Touch, Login, LoginResult, Logout, LoggedOut, Look, SessionInfo, ListOwn, OwnSessions, Ended, EndedSeen, CheckPasscode,
               PasscodeResult, AskPlaces, Places, Remember, Forget, Refresh, Noted, Recall, Recalled, RecallEnd,
               AdminAsk, AdminRow, AdminChunk, AdminEnd, Vouch, Assertion, ListKeys, KeyList, Verify, Verification>;

enum class Amount { random, full };

// Gives every field a value; texts and blobs have a random length, or all their room.
class Filler {
 public:
  Filler(unsigned seed, Amount amount) : random_(seed), amount_(amount) {}

  // All of a message; of several things as many as have room, at most.
  template <class M>
  void fill(M& message) {
    message.fields(*this);
    if constexpr (requires { message.is_right(); }) {
      const auto room = static_cast<unsigned>(message.each.size());
      message.count = static_cast<std::uint16_t>(amount_ == Amount::full ? room : draw(room));
      for (auto& one : message.each) (*this)(one);
    }
  }

  void operator()(bool& v) { v = draw(1) == 1; }
  void operator()(std::unsigned_integral auto& v) { v = static_cast<std::remove_reference_t<decltype(v)>>(random_()); }
  void operator()(std::signed_integral auto& v) { v = static_cast<std::remove_reference_t<decltype(v)>>(random_()); }
  template <BoundedEnum E>
  void operator()(E& v) { v = static_cast<E>(draw(static_cast<unsigned>(E::last))); }
  template <class T, std::size_t N>
  void operator()(std::array<T, N>& v) {
    for (T& byte : v) byte = static_cast<T>(draw(255));
  }
  template <std::size_t N>
  void operator()(Text<N>& v) { (void)v.assign(text(N)); }
  template <std::size_t N>
  void operator()(Bytes<N>& v) { (void)v.assign(std::as_bytes(std::span(text(N)))); }
  template <std::size_t N>
  void operator()(Secret<N>& v) { (void)v.assign(std::string_view(text(N))); }
  void operator()(Address& v) {
    std::array<std::uint8_t, 16> bytes{};
    (*this)(bytes);
    bytes[0] = 0x20;  // in no block with a meaning of its own
    v = draw(1) == 1 ? Address::v6(bytes) : Address::v4(std::span(bytes).first<4>());
  }
  template <HasFields M>
  void operator()(M& m) { m.fields(*this); }

 private:
  unsigned draw(unsigned most) { return std::uniform_int_distribution<unsigned>(0, most)(random_); }
  const std::string& text(std::size_t room) {
    text_.resize(amount_ == Amount::full ? room : draw(static_cast<unsigned>(room)));
    for (char& c : text_) c = static_cast<char>(draw(255));
    return text_;
  }
  std::mt19937_64 random_;
  Amount amount_;
  std::string text_;
};

// Where the bytes of a message stand whose values have a bound.
class Places {
 public:
  struct Bounded {
    std::size_t at;
    unsigned last;  // the highest value that is allowed
  };
  struct Sized {
    std::size_t at;  // of the two bytes of the length
    std::size_t room;
  };
  std::vector<Bounded> bounded;
  std::vector<Sized> sized;

  void operator()(bool&) { bounded.push_back({advance(1), 1}); }
  void operator()(std::integral auto& v) { advance(sizeof v); }
  template <BoundedEnum E>
  void operator()(E&) {
    static_assert(sizeof(E) == 1);
    bounded.push_back({advance(1), static_cast<unsigned>(E::last)});
  }
  template <class T, std::size_t N>
  void operator()(std::array<T, N>&) { advance(N); }
  template <std::size_t N>
  void operator()(Text<N>& v) { text(v.size(), N); }
  template <std::size_t N>
  void operator()(Bytes<N>& v) { text(v.size(), N); }
  template <std::size_t N>
  void operator()(Secret<N>& v) { text(v.size(), N); }
  template <HasFields M>
  void operator()(M& m) { m.fields(*this); }

 private:
  std::size_t advance(std::size_t size) {
    const std::size_t before = at_;
    at_ += size;
    return before;
  }
  void text(std::size_t size, std::size_t room) {
    sized.push_back({advance(2), room});
    advance(size);
  }
  std::size_t at_ = 0;
};

}  // namespace postern::test
