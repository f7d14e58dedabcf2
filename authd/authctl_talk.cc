// Asking over the admin socket, for authctl alone.  It knows messages, and of a row only
// where the next part of a list begins.  It prints nothing and asks the operator nothing;
// every wait has an end.

#include "authd/authctl_talk.h"

#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>

#include <cstring>

#include "authd/vault.h"

namespace postern::authd {
namespace {

constexpr int patience_ms = 40'000;  // longer than sessions waits for the vault
constexpr timeval connect_patience{10, 0};  // an authd that hangs has a full queue at last

}  // namespace

std::string member_of(const JsonText& row, std::string_view key) {
  auto members = read_flat_json(row.text());
  if (!members) return {};
  std::string found;
  for (auto& [name, value] : *members) {
    if (name == key) found = value;
    wipe(value.data(), value.size());
  }
  return found;
}

Result<AdminTalk> AdminTalk::open(const std::string& path) {
  sockaddr_un where{};
  where.sun_family = AF_UNIX;
  if (path.empty()) return fail("the name of the socket is empty");
  if (path.size() >= sizeof where.sun_path) return fail("the name of the socket is too long");
  std::memcpy(where.sun_path, path.data(), path.size());
  UniqueFd fd = UniqueFd::adopt(::socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0));
  if (!fd || ::setsockopt(fd.get(), SOL_SOCKET, SO_SNDTIMEO, &connect_patience, sizeof connect_patience) != 0)
    return fail_errno("cannot make a socket");
  if (::connect(fd.get(), reinterpret_cast<const sockaddr*>(&where), sizeof where) != 0)
    return fail_errno("cannot reach authd at " + path);
  return AdminTalk(Channel(std::move(fd), Role::admin, Role::sessions));
}

Result<std::size_t> AdminTalk::ask_once(const AdminAsk& ask,
                                        const std::function<void(const JsonText&)>& row) {
  if (channel_.send(ask) != Told::sent) return fail("authd does not listen");
  for (std::size_t rows = 0;; ++rows) {
    Packet packet;
    const Heard heard = channel_.await(packet, patience_ms);
    if (heard == Heard::nothing) return fail("authd does not answer");
    if (heard != Heard::packet) return fail("authd has hung up");
    AdminRow message;
    AdminEnd end;
    if (packet.read(message)) row(message.json);
    else if (!packet.read(end)) return fail("authd says what it should not");
    else if (end.done) return rows;
    else return fail(std::string(end.reason.view()));
  }
}

Result<void> AdminTalk::ask_chunks(const AdminAsk& ask,
                                   const std::function<Result<void>(const AdminChunk&)>& chunk) {
  if (channel_.send(ask) != Told::sent) return fail("authd does not listen");
  for (;;) {
    Packet packet;
    const Heard heard = channel_.await(packet, patience_ms);
    if (heard != Heard::packet) return fail(heard == Heard::nothing ? "authd does not answer" : "authd has hung up");
    AdminChunk message;
    AdminEnd end;
    if (packet.read(message)) TRY_VOID(chunk(message));
    else if (!packet.read(end)) return fail("authd says what it should not");
    else return end.done ? Result<void>() : fail(std::string(end.reason.view()));
  }
}

Result<void> AdminTalk::send(const AdminChunk& chunk) {
  if (channel_.send(chunk) != Told::sent) return fail("authd does not listen");
  Packet packet;
  AdminEnd end;
  if (channel_.await(packet, patience_ms) != Heard::packet || !packet.read(end)) return fail("authd has hung up");
  return end.done ? Result<void>() : fail(std::string(end.reason.view()));
}

Result<void> AdminTalk::ask(AdminAsk& ask, const std::function<void(const JsonText&)>& row) {
  const bool in_parts = ask.verb == AdminVerb::user_list || ask.verb == AdminVerb::user_export;
  std::string last;
  const auto watching = [&](const JsonText& text) {
    row(text);
    if (in_parts) last = member_of(text, "user");
  };
  for (;;) {
    const std::size_t rows = TRY(ask_once(ask, watching));
    if (!in_parts || rows < users_per_answer) return {};
    if (last.empty() || last == ask.user.view() || !ask.user.assign(last))
      return fail("authd says what it should not");
  }
}

}  // namespace postern::authd
