// Addresses as values: an address, an endpoint (address and port), a network and a
// set of networks.  A default-constructed one is "none": equal to no real address, in
// no network, and without a sockaddr.  IPv4 stands for itself: an IPv4-mapped IPv6
// address is turned into IPv4 on every way in, so one host has one spelling.
#pragma once

#include <sys/socket.h>

#include <array>
#include <compare>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "common/result.h"

namespace postern {

enum class Family : std::uint8_t { none, v4, v6, last = v6 };

class Address {
 public:
  Address() = default;
  // Four bytes in network order.
  static Address v4(std::span<const std::uint8_t, 4> bytes);
  // Sixteen bytes in network order; an IPv4-mapped one becomes IPv4.
  static Address v6(std::span<const std::uint8_t, 16> bytes);
  // Dotted quad, or RFC 4291 2.2 text without zone or brackets; at most 45 characters.
  static Result<Address> parse(std::string_view text);

  Family family() const { return family_; }
  explicit operator bool() const { return family_ != Family::none; }
  // Number of bits in the address: 32, 128, or 0 for none.
  unsigned bits() const;
  // Its bytes in network order: 4, 16 or 0 of them, good while *this lives.
  std::span<const std::uint8_t> bytes() const;
  // "192.0.2.1", "2001:db8::1" (RFC 5952), "-" for none.
  std::string text() const;
  // All bits after the first `length` cleared; `length` above bits() changes nothing.
  Address masked(unsigned length) const;

  bool is_loopback() const;     // 127.0.0.0/8, ::1
  bool is_link_local() const;   // 169.254.0.0/16, fe80::/10
  bool is_multicast() const;    // 224.0.0.0/4, ff00::/8
  bool is_unspecified() const;  // 0.0.0.0/8 (RFC 1122 3.2.1.3), ::

  auto operator<=>(const Address&) const = default;

  // For messages (common/wire.h).  Bytes that no way in could have made give none.
  template <class A>
  void fields(A& a) {
    a(family_);
    a(bytes_);
    if (!canonical()) *this = Address();
  }

 private:
  bool canonical() const;

  Family family_ = Family::none;
  std::array<std::uint8_t, 16> bytes_{};  // IPv4 in the first four, zeros behind
};

struct Endpoint {
  Address address;
  std::uint16_t port = 0;

  // "192.0.2.1:80" or "[2001:db8::1]:80"; without ":PORT" (and then without brackets,
  // if one likes) the port is `default_port`, and 0 for it means "must be written".
  static Result<Endpoint> parse(std::string_view text, std::uint16_t default_port = 0);

  explicit operator bool() const { return static_cast<bool>(address); }
  std::string text() const;  // as parse reads it; "-" for none

  auto operator<=>(const Endpoint&) const = default;
  template <class A>
  void fields(A& a) {
    a(address);
    a(port);
  }
};

// The endpoint in a sockaddr of `size` bytes; none for other families or when short.
// A zone (scope id) is dropped: link-local addresses are never dialled.
Endpoint from_sockaddr(const sockaddr* from, socklen_t size);
// Fills `to` and returns how much of it is used; 0 for none.
socklen_t to_sockaddr(const Endpoint& from, sockaddr_storage& to);
// 1..65535 in digits, no sign, no leading zero.
Result<std::uint16_t> parse_port(std::string_view text);

struct Network {
  Address base;  // host bits are zero
  std::uint8_t length = 0;

  // "10.1.0.0/16" or "2001:db8::/32"; host bits that are set are an error.
  static Result<Network> parse(std::string_view text);
  // False for an address of another family, for none, and for a network of none.
  bool contains(const Address& address) const;
  std::string text() const;

  auto operator<=>(const Network&) const = default;
  template <class A>
  void fields(A& a) {
    a(base);
    a(length);
  }
};

// Contains what any of its networks contains; the empty set contains nothing.
class NetworkSet {
 public:
  NetworkSet() = default;
  explicit NetworkSet(std::vector<Network> networks) : networks_(std::move(networks)) {}
  bool contains(const Address& address) const;
  bool empty() const { return networks_.empty(); }
  const std::vector<Network>& networks() const { return networks_; }
  bool operator==(const NetworkSet&) const = default;

 private:
  std::vector<Network> networks_;
};

}  // namespace postern
