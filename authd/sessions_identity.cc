// What intranet servers are told about a user, by way of workers: assertions, the keys that
// prove them, and whose cookie it is that a server was shown.  A worker may be hostile: it
// names a host and a cookie; who that is, from where, and in whose name it is said, comes
// from the table, the ticket and the gate's master.  Never put here: what an assertion
// says (assertion.cc), or a change to a session.

#include "authd/sessions.h"
#include "authd/sessions_lines.h"
#include "common/host.h"
#include "common/http_grammar.h"

namespace postern::authd {
namespace {

// As the parser of heads leaves a host; anything else was never in a request.
bool is_canonical(std::string_view host) {
  HostPort parsed;
  return parse_host(host, parsed) && parsed.port == 0 && parsed.host == host;
}

std::vector<Network> read_networks(std::string_view list) {
  std::vector<Network> networks;
  while (!list.empty()) {
    const std::size_t comma = list.find(',');
    if (const Result<Network> network = Network::parse(list.substr(0, comma))) networks.push_back(*network);
    list.remove_prefix(comma == list.npos ? list.size() : comma + 1);
  }
  return networks;
}

}  // namespace

void Sessions::take_keys(IdentityKeys keys) { desk_.take(std::move(keys), now()); }

// What the gate's master says of its wfd.  In a name that is not ours nothing is asserted.
void Sessions::learn_gate(GatePeer& gate, const GateHello& message) {
  const std::string_view host = message.login_host.view();
  if (is_canonical(host) && is_at_or_below(host, domain_)) gate.login_host = std::string(host);
  else if (!host.empty()) note(fault_line(Role::master, "the login host of a gate is not at or below [session] domain"));
  gate.verify_networks = NetworkSet(read_networks(message.verify_networks.view()));
}

bool Sessions::vouch(WorkerPeer& worker, Vouch& message, Packet&) {
  const std::string_view host = message.host.view();
  if (!is_sealed_for(message.ticket, worker.key, worker.number)) return false;
  // A worker that keeps the rules has refused such a host long before.
  if (!is_canonical(host) || !is_at_or_below(host, domain_) || host == worker.login_host) return false;
  Assertion answer;
  answer.tag = message.tag;
  const Judgement judgement = judgement_of(message.cookie, message.ticket);
  if (judgement.standing != Standing::good) {
    note(refuse_line(message.ticket, judgement.standing));
    answer.outcome = VouchOutcome::no_session;
    return worker.channel.send(answer) == Told::sent;
  }
  const Session& session = *judgement.session;
  const Vouched made = desk_.vouch({.slot = judgement.slot,
                                    .generation = judgement.generation,
                                    .user = session.made.user,
                                    .sid = session.sid,
                                    .login_host = worker.login_host,
                                    .host = host,
                                    .destination = message.ticket.destination,
                                    .life = table_.left(session, now()).life},
                                   now(), outside_.wall());
  const bool fits = answer.token.assign(made.token);
  answer.outcome = fits ? made.outcome : VouchOutcome::failed;
  answer.fresh_for = static_cast<std::uint32_t>(made.fresh_for.ms());
  return worker.channel.send(answer) == Told::sent;
}

bool Sessions::list_keys(WorkerPeer& worker, ListKeys& message, Packet&) {
  if (!is_sealed_for(message.ticket, worker.key, worker.number)) return false;
  KeyList answer;
  answer.tag = message.tag;
  (void)answer.json.assign(desk_.key_list(now()));  // there is room for all that the desk keeps
  return worker.channel.send(answer) == Told::sent;
}

// Whoever may ask shows a cookie that a browser gave him: it counts from wherever he is,
// and his question keeps no session awake.
bool Sessions::verify(WorkerPeer& worker, Verify& message, Packet&) {
  const Ticket& ticket = message.ticket;
  if (!is_sealed_for(ticket, worker.key, worker.number)) return false;
  if (!worker.verify_networks.contains(ticket.client.address)) return false;
  Verification answer;
  answer.tag = message.tag;
  if (!ready_) {  // neither yes nor no
    answer.outcome = VerifyOutcome::busy;
    return worker.channel.send(answer) == Told::sent;
  }
  const SourceRate::Answer rate = verify_rate_.admit(ticket.client.address, now());
  if (rate != SourceRate::Answer::admitted) {
    if (rate == SourceRate::Answer::first_refused) note(verify_line(ticket, nullptr, reason::busy));
    answer.outcome = VerifyOutcome::busy;
    return worker.channel.send(answer) == Told::sent;
  }
  const Judgement judgement = table_.judge_anywhere(message.cookie, now());
  if (judgement.standing == Standing::good) {
    answer.outcome = VerifyOutcome::good;
    answer.user = judgement.session->made.user;
    answer.sid = judgement.session->sid;
  }
  note(verify_line(ticket, judgement.session, word_of(judgement.standing)));
  return worker.channel.send(answer) == Told::sent;
}

}  // namespace postern::authd
