// What the signer does for workers.  Called by the entry function in signer_role.cc and
// by the loop.  Never add a message that signs a digest, signs for a connection that the
// ticket does not name, or hands a key or a list of sessions out.

#include "wfd/signer.h"

#include <algorithm>
#include <utility>

#include "common/ticket_lines.h"

namespace postern::wfd {
namespace {

constexpr Handler<Signer, Client> heard_from_worker[] = {
    on<&Signer::sign>(),
    on<&Signer::keep_session>(),
    on<&Signer::take_session>(),
};

bool read_id(const Bytes<32>& from, SessionId& id) {
  if (from.size() != id.size()) return false;
  std::copy(from.bytes().begin(), from.bytes().end(), id.begin());
  return true;
}

}  // namespace

Signer::Signer(Loop& loop, Log& log, std::vector<SigningKey> keys, TicketKey key,
               ResumptionLimits limits)
    : loop_(loop),
      log_(log),
      keys_(std::move(keys)),
      key_(std::move(key)),
      sessions_(limits),
      clientele_(
          loop, log, Role::signer,
          [this](Client& client, Packet& packet) {
            return dispatch(heard_from_worker, *this, client, packet);
          },
          [this](std::uint64_t worker) { signed_.erase(worker); }) {}

std::string_view Signer::try_to_sign(std::uint64_t worker, const Sign& message,
                                     postern::Signature& answer) {
  std::set<std::uint64_t>& connections = signed_[worker];
  if (connections.size() >= max_connections) return "too-many-connections";
  // The attempt counts, whatever becomes of it: no second try for a better text.
  if (!connections.insert(message.ticket.connection).second) return "signed-before";
  if (message.certificate >= keys_.size()) return "no-such-key";
  const auto made = keys_[message.certificate].sign(message.scheme, message.text.bytes());
  if (!made) return "not-a-handshake";
  return answer.bytes.assign(made->view()) ? "" : "too-long";
}

bool Signer::sign(Client& client, Sign& message, Packet&) {
  if (!is_sealed_for(message.ticket, key_, client.worker)) return false;
  postern::Signature answer;
  answer.tag = message.tag;
  const std::string_view reason = try_to_sign(client.worker, message, answer);
  // It is a "no" in any case.
  if (!reason.empty()) (void)log_.write(refuse_line(message.ticket, Level::warning, "", reason));
  // A worker that does not listen waits for one answer at a time; more than its queue
  // holds is a worker that asks without listening.
  return client.channel.send(answer) != Told::full;
}

bool Signer::keep_session(Client& client, KeepSession& message, Packet&) {
  SessionId id;
  if (!is_sealed_for(message.ticket, key_, client.worker) || !read_id(message.id, id)) return false;
  // One that is not kept costs the client a full handshake, no more.
  (void)sessions_.keep(id, message.state.bytes(), message.ticket.client.address,
                       message.sni.view(), loop_.now());
  return true;
}

bool Signer::take_session(Client& client, TakeSession& message, Packet&) {
  SessionId id;
  if (!is_sealed_for(message.ticket, key_, client.worker)) return false;
  TakenSession answer;
  answer.tag = message.tag;
  // The id is what the client sent: one of another length is just not there.
  if (read_id(message.id, id)) {
    auto taken =
        sessions_.take(id, message.ticket.client.address, message.sni.view(), loop_.now());
    if (taken) answer.state = std::move(*taken);
  }
  return client.channel.send(answer) != Told::full;
}

}  // namespace postern::wfd
