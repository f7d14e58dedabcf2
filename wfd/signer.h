// The signer: the only role that holds private keys.  It signs once per connection, for
// the worker that serves it, and only what a TLS server signs (sign_policy.h); and it
// keeps the state of TLS sessions, each handed out once, to the client that it is of.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <set>
#include <string_view>
#include <vector>

#include "common/channel.h"
#include "common/log.h"
#include "common/loop.h"
#include "common/messages.h"
#include "common/ticket.h"
#include "wfd/clientele.h"
#include "wfd/resumption.h"
#include "wfd/sign_policy.h"

namespace postern::wfd {

class Signer {
 public:
  // Connections of one worker that are remembered as signed.  A worker that serves more
  // in its life gets nothing signed any more: forgetting would let it ask twice.
  static constexpr std::size_t max_connections = 65536;

  // `keys` in the order of [tls] key.  `loop` and `log` must outlive it.
  Signer(Loop& loop, Log& log, std::vector<SigningKey> keys, TicketKey key,
         ResumptionLimits limits = {});

  // Listens to the porter, for workers to be enrolled.
  void hear_porter(UniqueFd channel) { clientele_.hear_porter(std::move(channel)); }
  // Calls `done` once the porter and all workers are gone.
  void retire(std::function<void()> done) { clientele_.retire(std::move(done)); }

  // Handlers of messages (see channel.h).
  bool sign(Client& client, Sign& message, Packet& packet);
  bool keep_session(Client& client, KeepSession& message, Packet& packet);
  bool take_session(Client& client, TakeSession& message, Packet& packet);

 private:
  // Why a text is not signed; empty when it is, and then `answer` has the signature.
  std::string_view try_to_sign(std::uint64_t worker, const Sign& message,
                               postern::Signature& answer);

  Loop& loop_;
  Log& log_;
  std::vector<SigningKey> keys_;
  TicketKey key_;
  ResumptionStore sessions_;
  std::map<std::uint64_t, std::set<std::uint64_t>> signed_;  // connections, by worker
  Clientele clientele_;
};

}  // namespace postern::wfd
