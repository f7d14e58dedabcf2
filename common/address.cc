// What an address is, and which addresses are special.  Pure: nothing here asks the
// kernel or a name server, so porter, broker, sessions and the settings share it.
// Never put here: policy.  Which destinations may be dialled is the broker's word;
// this file only says what kind of address one is.
#include "common/address.h"

#include <arpa/inet.h>
#include <netinet/in.h>

#include <algorithm>
#include <charconv>
#include <cstring>
#include <type_traits>

namespace postern {

static_assert(std::is_trivially_copyable_v<Endpoint> && std::is_trivially_copyable_v<Network>);

namespace {

constexpr std::array<std::uint8_t, 12> mapped_prefix = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};

bool is_mapped(std::span<const std::uint8_t, 16> bytes) {
  return std::equal(mapped_prefix.begin(), mapped_prefix.end(), bytes.begin());
}

bool all_zero(std::span<const std::uint8_t> bytes) {
  return std::all_of(bytes.begin(), bytes.end(), [](std::uint8_t b) { return b == 0; });
}

// Digits only, at most `max`; -1 for anything else, also for a leading zero.
int small_number(std::string_view text, int max) {
  if (text.empty() || text.size() > 5 || (text.size() > 1 && text[0] == '0')) return -1;
  int value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  const bool whole = error == std::errc() && end == text.data() + text.size();
  return whole && text[0] != '-' && value <= max ? value : -1;
}

}  // namespace

Address Address::v4(std::span<const std::uint8_t, 4> bytes) {
  Address made;
  made.family_ = Family::v4;
  std::copy(bytes.begin(), bytes.end(), made.bytes_.begin());
  return made;
}

Address Address::v6(std::span<const std::uint8_t, 16> bytes) {
  if (is_mapped(bytes)) return v4(bytes.subspan<12, 4>());
  Address made;
  made.family_ = Family::v6;
  std::copy(bytes.begin(), bytes.end(), made.bytes_.begin());
  return made;
}

Result<Address> Address::parse(std::string_view text) {
  std::array<char, INET6_ADDRSTRLEN> room{};  // ends in zero: inet_pton wants a C string
  std::array<std::uint8_t, 16> bytes{};
  if (text.size() < room.size() && text.find('\0') == text.npos) {
    std::copy(text.begin(), text.end(), room.begin());
    if (::inet_pton(AF_INET, room.data(), bytes.data()) == 1)
      return v4(std::span(bytes).first<4>());
    if (::inet_pton(AF_INET6, room.data(), bytes.data()) == 1) return v6(bytes);
  }
  return fail("not an IPv4 or IPv6 address");
}

unsigned Address::bits() const { return static_cast<unsigned>(bytes().size()) * 8; }

std::span<const std::uint8_t> Address::bytes() const {
  if (family_ == Family::v4) return std::span(bytes_).first(4);
  if (family_ == Family::v6) return bytes_;
  return {};
}

std::string Address::text() const {
  std::array<char, INET6_ADDRSTRLEN> room{};
  if (family_ == Family::none) return "-";
  // Cannot fail: the family is known and the room is the documented maximum.
  if (family_ == Family::v6) return ::inet_ntop(AF_INET6, bytes_.data(), room.data(), room.size());
  char* end = room.data();  // by hand, for every request writes some
  for (std::size_t i = 0; i < 4; ++i) {
    const unsigned byte = bytes_[i];
    if (i > 0) *end++ = '.';
    if (byte >= 100) *end++ = static_cast<char>('0' + byte / 100);
    if (byte >= 10) *end++ = static_cast<char>('0' + byte / 10 % 10);
    *end++ = static_cast<char>('0' + byte % 10);
  }
  return {room.data(), end};
}

Address Address::masked(unsigned length) const {
  Address made = *this;
  for (unsigned i = 0; i < bits() / 8; ++i) {
    const unsigned kept = length < i * 8 ? 0 : std::min(8U, length - i * 8);
    made.bytes_[i] = static_cast<std::uint8_t>(made.bytes_[i] & (0xff00U >> kept));
  }
  return made;
}

bool Address::is_loopback() const {
  if (family_ == Family::v4) return bytes_[0] == 127;
  return family_ == Family::v6 && all_zero(std::span(bytes_).first(15)) && bytes_[15] == 1;
}

bool Address::is_link_local() const {
  if (family_ == Family::v4) return bytes_[0] == 169 && bytes_[1] == 254;
  return family_ == Family::v6 && bytes_[0] == 0xfe && (bytes_[1] & 0xc0) == 0x80;
}

bool Address::is_multicast() const {
  if (family_ == Family::v4) return (bytes_[0] & 0xf0) == 0xe0;
  return family_ == Family::v6 && bytes_[0] == 0xff;
}

bool Address::is_unspecified() const {
  if (family_ == Family::v4) return bytes_[0] == 0;
  return family_ == Family::v6 && all_zero(bytes_);
}

bool Address::canonical() const {
  if (family_ == Family::v6) return !is_mapped(bytes_);
  return all_zero(std::span(bytes_).subspan(family_ == Family::v4 ? 4 : 0));
}

Result<std::uint16_t> parse_port(std::string_view text) {
  const int port = small_number(text, 65535);
  if (port < 1) return fail("not a port (1 to 65535)");
  return static_cast<std::uint16_t>(port);
}

Result<Endpoint> Endpoint::parse(std::string_view text, std::uint16_t default_port) {
  std::string_view host = text;
  std::string_view port;
  if (text.starts_with('[')) {
    const std::size_t close = text.find(']');
    if (close == text.npos) return fail("no ] after the IPv6 address");
    host = text.substr(1, close - 1);
    port = text.substr(close + 1);
    if (host.find(':') == host.npos) return fail("only an IPv6 address stands in brackets");
  } else if (std::count(text.begin(), text.end(), ':') == 1) {
    host = text.substr(0, text.find(':'));
    port = text.substr(host.size());
  }
  Endpoint made{TRY(Address::parse(host)), default_port};
  if (port.empty() && default_port == 0) return fail("no port after the address");
  if (!port.empty() && !port.starts_with(':')) return fail("only :PORT may follow ]");
  if (!port.empty()) made.port = TRY(parse_port(port.substr(1)));
  return made;
}

std::string Endpoint::text() const {
  if (!address) return "-";
  const bool v6 = address.family() == Family::v6;
  return (v6 ? "[" : "") + address.text() + (v6 ? "]:" : ":") + std::to_string(port);
}

Endpoint from_sockaddr(const sockaddr* from, socklen_t size) {
  sockaddr_storage copy{};  // read through a copy: `from` may be of any alignment
  if (from == nullptr || size < sizeof(sa_family_t) || size > sizeof(copy)) return {};
  std::memcpy(&copy, from, size);
  if (copy.ss_family == AF_INET && size >= sizeof(sockaddr_in)) {
    sockaddr_in in{};
    std::memcpy(&in, &copy, sizeof(in));
    std::array<std::uint8_t, 4> bytes{};
    std::memcpy(bytes.data(), &in.sin_addr, bytes.size());
    return {Address::v4(bytes), ntohs(in.sin_port)};
  }
  if (copy.ss_family == AF_INET6 && size >= sizeof(sockaddr_in6)) {
    sockaddr_in6 in{};
    std::memcpy(&in, &copy, sizeof(in));
    std::array<std::uint8_t, 16> bytes{};
    std::memcpy(bytes.data(), &in.sin6_addr, bytes.size());
    return {Address::v6(bytes), ntohs(in.sin6_port)};
  }
  return {};
}

socklen_t to_sockaddr(const Endpoint& from, sockaddr_storage& to) {
  to = {};
  const auto bytes = from.address.bytes();
  if (from.address.family() == Family::v4) {
    sockaddr_in in{};
    in.sin_family = AF_INET;
    in.sin_port = htons(from.port);
    std::memcpy(&in.sin_addr, bytes.data(), bytes.size());
    std::memcpy(&to, &in, sizeof(in));
    return sizeof(in);
  }
  if (from.address.family() == Family::v6) {
    sockaddr_in6 in{};
    in.sin6_family = AF_INET6;
    in.sin6_port = htons(from.port);
    std::memcpy(&in.sin6_addr, bytes.data(), bytes.size());
    std::memcpy(&to, &in, sizeof(in));
    return sizeof(in);
  }
  return 0;
}

Result<Network> Network::parse(std::string_view text) {
  const std::size_t slash = text.find('/');
  if (slash == text.npos) return fail("not a network (ADDRESS/LENGTH)");
  const Address base = TRY(Address::parse(text.substr(0, slash)));
  const int length = small_number(text.substr(slash + 1), static_cast<int>(base.bits()));
  if (length < 0) return fail("the length must be 0 to " + std::to_string(base.bits()));
  const Network made{base.masked(static_cast<unsigned>(length)), static_cast<std::uint8_t>(length)};
  if (made.base != base) return fail("host bits are set (the network would be " + made.text() + ")");
  return made;
}

bool Network::contains(const Address& address) const {
  return base && base.family() == address.family() && address.masked(length) == base;
}

std::string Network::text() const {
  return base ? base.text() + "/" + std::to_string(length) : "-";
}

bool NetworkSet::contains(const Address& address) const {
  return std::any_of(networks_.begin(), networks_.end(),
                     [&](const Network& network) { return network.contains(address); });
}

}  // namespace postern
