// A channel between two processes: SOCK_SEQPACKET, one message a packet, descriptors
// only where the route says so.  Who the peer is was decided when the channel was
// made (R7); nothing in a message can change it.  Whatever does not fit the route
// table makes the peer a broken peer: all that was received is closed, and so is
// the channel.
#pragma once

#include <array>
#include <span>
#include <utility>

#include "common/messages.h"
#include "common/result.h"
#include "common/unique_fd.h"

namespace postern {

// A received message; its bytes are wiped when it goes, for they may be secret.
class Packet {
 public:
  Packet() = default;
  Packet(const Packet&) = delete;
  Packet& operator=(const Packet&) = delete;
  ~Packet() { clear(); }

  Kind kind = Kind::none;
  std::array<UniqueFd, max_descriptors> descriptors;
  // By the kernel, also of a broken message; 0 unless the socket has SO_PASSCRED.
  std::uint32_t sender_pid = 0;

  // True if the packet is exactly one M.
  template <class M>
  [[nodiscard]] bool read(M& m) const {
    return kind == M::kind && decode({bytes_.data() + 1, size_ - 1}, m);
  }
  // How many descriptors are here: of a whole packet, as many as came.
  std::size_t brought() const;
  void clear();

 private:
  friend class Channel;
  void drop();
  std::array<std::byte, max_message> bytes_;  // the first size_ of them count
  std::size_t size_ = 0;
};

enum class Heard : std::uint8_t {
  broken,  // the peer broke the rules; close the channel
  closed,  // the peer is gone
  nothing, // nothing to read now
  packet,
};
enum class Told : std::uint8_t {
  lost,  // the peer is gone, or the message has no room or no route
  full,  // the queue of the peer is full; nothing was sent
  sent,
};

class Channel {
 public:
  Channel() = default;
  // `self` and `peer` name the two ends for the route table.
  Channel(UniqueFd fd, Role self, Role peer) : fd_(std::move(fd)), self_(self), peer_(peer) {}

  int fd() const { return fd_.get(); }
  explicit operator bool() const { return static_cast<bool>(fd_); }
  Role peer() const { return peer_; }
  void close() { fd_.reset(); }
  // A gate connection learns who it is with its first message.
  void set_peer(Role peer) { peer_ = peer; }

  // Sends `m`, with copies of the descriptors lent in `lent` (as many as the route
  // permits).  Never waits.
  template <class M>
  Told send(const M& m, std::span<const int> lent = {}) {
    std::array<std::byte, max_message> bytes;
    bytes[0] = static_cast<std::byte>(M::kind);
    Writer writer(std::span<std::byte>(bytes).subspan(1));
    const_cast<M&>(m).fields(writer);
    if (!writer.complete()) return Told::lost;
    const Told told = send_bytes(M::kind, std::span(bytes).first(writer.size() + 1), lent);
    wipe(bytes.data(), writer.size() + 1);
    return told;
  }
  // Takes one message.  Never waits.
  Heard receive(Packet& packet);
  // As receive(), but waits up to `milliseconds` for a message.
  Heard await(Packet& packet, int milliseconds);

 private:
  Told send_bytes(Kind kind, std::span<const std::byte> bytes, std::span<const int> lent);

  UniqueFd fd_;
  Role self_ = Role::none;
  Role peer_ = Role::none;
};

// The two ends of a new channel, non-blocking and close-on-exec.
Result<std::pair<UniqueFd, UniqueFd>> make_channel();

// ---- tables of handlers ---------------------------------------------------------
//
//   constexpr Handler<Broker, Client> heard_from_worker[] = {
//       on<&Broker::dial>(),          // bool Broker::dial(Client&, Dial&, Packet&)
//   };
//   if (!dispatch(heard_from_worker, *this, client, packet)) ...broken peer...

template <class Self, class Context>
struct Handler {
  Kind kind;
  bool (*run)(Self&, Context&, Packet&);
};

template <class F>
struct HandlerTraits;
template <class S, class C, class M>
struct HandlerTraits<bool (S::*)(C&, M&, Packet&)> {
  using Self = S;
  using Context = C;
  using Message = M;
};

// A row that decodes the message which `F` takes and calls it.  False from F, or a
// message that does not decode, means: this peer is broken.
template <auto F>
constexpr auto on() {
  using T = HandlerTraits<decltype(F)>;
  return Handler<typename T::Self, typename T::Context>{
      T::Message::kind,
      [](typename T::Self& self, typename T::Context& context, Packet& packet) {
        typename T::Message message;
        return packet.read(message) && (self.*F)(context, message, packet);
      }};
}

template <class Self, class Context, std::size_t N>
bool dispatch(const Handler<Self, Context> (&table)[N], Self& self, Context& context,
              Packet& packet) {
  for (const auto& row : table)
    if (row.kind == packet.kind) return row.run(self, context, packet);
  return false;
}

}  // namespace postern
