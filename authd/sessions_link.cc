// Roaming: a session that is used from another address, or from one of the other family,
// goes on there once its user has typed one more passcode (DESIGN 8).  No PIN: that he
// knows it was proved when the session began, and its cookie must be shown again; what a
// thief of the cookie lacks is the token.  The user is the session's, whatever was typed.
// Never believe a worker's word for an address: that which was refused is kept here, and
// who asks stands at the other end of a sealed ticket.

#include <algorithm>

#include "authd/sessions.h"
#include "authd/sessions_lines.h"

namespace postern::authd {

// For a person whose request was refused for its address alone; empty for everybody else.
LinkHandle Sessions::offer_link(const Judgement& judgement, const Ticket& ticket) {
  if (judgement.standing != Standing::wrong_address) return {};
  return links_.make(judgement.slot, judgement.generation, ticket.client.address, now()).value_or(LinkHandle());
}

// The address that this handle would add to the session of the cookie that came with it.
// It counts where it was made, and where the session stands already; but nobody there
// gives his one address of a family away to somebody else.
std::optional<Address> Sessions::linked_address(const Judgement& judgement, const LinkHandle& link,
                                                const Ticket& ticket) const {
  const bool lives = judgement.standing == Standing::good || judgement.standing == Standing::wrong_address;
  const std::optional<Address> refused =
      lives ? links_.find(judgement.slot, judgement.generation, link.view(), now()) : std::nullopt;
  if (!refused) return {};
  const Address& here = ticket.client.address;
  const Bind bind = table_.rules().bind;
  const bool same_place = bound_part(here, bind) == bound_part(*refused, bind);
  const bool other_family = judgement.standing == Standing::good && here.family() != refused->family();
  return same_place || other_family ? refused : std::nullopt;
}

// Makes a login that brings a handle one of the session's user.  Why it cannot be; empty
// when it can.
std::string_view Sessions::take_link(PendingLogin& pending, const LinkHandle& link) const {
  const Judgement judgement = judgement_of(pending.cookie, pending.ticket);
  const std::optional<Address> refused = linked_address(judgement, link, pending.ticket);
  if (!refused) return reason::no_link;
  pending.user = Text<64>(judgement.session->made.user.view());
  pending.pin = {};
  pending.linking = {judgement.slot, judgement.generation, *refused, link};
  const bool twice = std::ranges::any_of(logins_, [&](const auto& row) {
    return row.second.linking && row.second.linking->handle == link;
  });
  return twice ? reason::busy : reason::none;
}

// The session gets the address and a new cookie, and what stood on the old one ends.  It
// is told when no new start can bring the old one back.
void Sessions::grant_link(WorkerPeer& worker, PendingLogin pending, const PasscodeResult& result) {
  const Linking link = *pending.linking;
  const std::uint64_t from = keeper_.next();
  Result<Renewed> renewed = table_.renew(link.slot, link.generation, link.refused);
  if (!renewed) {
    if (!refuse_login(&worker, pending, reason::gone)) expel(worker, "a worker does not read its answers");
    return;
  }
  Created linked{.cookie = std::move(renewed->cookie),
                 .sid = table_.at(link.slot)->sid,
                 .slot = link.slot,
                 .generation = outside_.page.generation(link.slot),
                 .displaced = {}};
  (void)table_.touch(link.slot, linked.generation, link.refused, now());
  keeper_.changed(link.slot);
  tell_holders(link.slot, renewed->old_generation);
  when_on_disk(from, [this, id = worker.id, pending = std::move(pending), result,
                      linked = std::move(linked)](bool on_disk) {
    WorkerPeer* asker = workers_.find(id);
    const bool lives = outside_.page.generation(linked.slot) == linked.generation;  // somebody may have ended it
    if (on_disk && lives && asker != nullptr) return send_grant(*asker, pending, result, linked);
    if (const auto ended = table_.end(linked.slot, linked.generation))
      announce(*ended, "revoke", on_disk ? "worker" : "vault");
    if (!refuse_login(asker, pending, on_disk ? reason::gone : reason::missing_peer))
      expel(*asker, "a worker does not read its answers");
  });
}

}  // namespace postern::authd
