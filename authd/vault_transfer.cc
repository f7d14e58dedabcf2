// The vault's side of a backup and of a restore.  Called by vault.cc with parsed messages.
// What comes is believed only when all of it is there and has opened; until then nothing
// is looked at but sizes.  Whatever is wrong ends the transfer, and the operator begins
// again.  What a restore does to users is decided in vault_restore.cc.
#include "authd/vault_transfer.h"

#include <algorithm>

#include "authd/json.h"
#include "authd/patient_send.h"

namespace postern::authd {
namespace {

constexpr std::size_t begin_size = 16;

std::vector<std::byte> begin_of(Wall made, std::size_t size) {
  std::vector<std::byte> bytes(begin_size);
  Writer writer(bytes);
  writer(made.s);
  writer(static_cast<std::uint64_t>(size));
  return bytes;
}

std::string_view word_of(RestoredUser::Change change) {
  switch (change) {
    case RestoredUser::Change::none: return "same";
    case RestoredUser::Change::changed: return "changed";
    case RestoredUser::Change::back: return "back";
    case RestoredUser::Change::removed: return "removed";
  }
  return "";
}

std::int64_t count(const std::vector<RestoredUser>& all, RestoredUser::Change change) {
  return std::ranges::count(all, change, &RestoredUser::change);
}

Result<void> send_row(std::uint32_t tag, JsonRow& row, Channel& to) {
  AdminRow message;
  message.tag = tag;
  message.json = row.take();
  return send_in_time(to, message, sessions_patience_ms) == Told::sent ? Result<void>() : fail("the answer was not taken");
}

}  // namespace

// ---- out ------------------------------------------------------------------------

Result<void> VaultTransfers::begin_backup(std::uint64_t transfer) {
  outgoing_.reset();
  Outgoing fresh;
  fresh.transfer = transfer;
  fresh.image = TRY(vault_.snapshot());
  fresh.begin = begin_of(outside_.wall(), fresh.image.bytes().size());
  fresh.key = TRY(vault_.backups().begin(fresh.head));
  outgoing_ = std::move(fresh);
  return {};
}

// Place 0 is the head, so chunk `place - 1` of the content.
Result<AdminChunk> VaultTransfers::chunk_at(const AdminAsk& ask, std::uint32_t place) const {
  AdminChunk message;
  message.tag = ask.tag;
  message.transfer = ask.transfer;
  message.place = place;
  if (place == 0) return message.bytes.assign(outgoing_->head) ? Result<AdminChunk>(message) : fail("no room");
  const auto image = outgoing_->image.bytes();
  const std::size_t all = begin_size + image.size(), from = std::size_t{place - 1} * backup_plain_size;
  if (from >= all) return fail("the backup ends before that");
  std::vector<std::byte> plain;
  if (from == 0) plain = outgoing_->begin;
  const std::size_t begin = from == 0 ? 0 : from - begin_size;
  const auto part = image.subspan(begin, std::min(backup_plain_size - plain.size(), image.size() - begin));
  plain.insert(plain.end(), part.begin(), part.end());
  message.last = all - from <= backup_plain_size;
  const auto sealed = TRY(vault_.backups().seal(outgoing_->key, place - 1, message.last, plain));
  return message.bytes.assign(sealed) ? Result<AdminChunk>(message) : fail("no room");
}

Result<void> VaultTransfers::send_backup(const AdminAsk& ask, Channel& to) {
  if (ask.place == 0) TRY_VOID(begin_backup(ask.transfer));
  if (!outgoing_ || outgoing_->transfer != ask.transfer) return fail("this backup is not under way any more");
  keep_for_a_while();
  for (std::uint32_t i = 0; i < chunks_per_answer; ++i) {
    const AdminChunk chunk = TRY(chunk_at(ask, ask.place + i));
    if (send_in_time(to, chunk, sessions_patience_ms) != Told::sent) return fail("the answer was not taken");
    if (!chunk.last) continue;
    outgoing_.reset();
    return {};
  }
  return {};
}

// ---- in -------------------------------------------------------------------------

Result<void> VaultTransfers::begin_restore(const AdminChunk& chunk) {
  incoming_.reset();
  Incoming fresh;
  fresh.transfer = chunk.transfer;
  fresh.key = TRY(vault_.backups().resume(chunk.bytes.bytes()));
  fresh.next = 1;
  incoming_ = std::move(fresh);
  return {};
}

// From the first chunk: how much there will be.
Result<void> VaultTransfers::read_begin() {
  Incoming& in = *incoming_;
  if (in.content.size() < begin_size) return fail("the backup is too short");
  Reader reader(std::span(in.content).first(begin_size));
  std::uint64_t size = 0;
  reader(in.made.s);
  reader(size);
  if (!reader.complete() || size > max_backup) return fail("the backup is too large");
  if (outside_.wall().s < in.made.s)
    return fail("the backup was made at " + utc_text(in.made) + ", and the clock of this host is behind that");
  in.size = static_cast<std::size_t>(size);
  in.content.erase(in.content.begin(), in.content.begin() + begin_size);
  in.content.reserve(in.size);
  return {};
}

Result<void> VaultTransfers::append(const AdminChunk& chunk) {
  Incoming& in = *incoming_;
  if (in.whole || chunk.place != in.next) return fail("a chunk of the backup is missing");
  const auto plain =
      TRY(vault_.backups().unseal(in.key, chunk.place - 1, chunk.last, chunk.bytes.bytes()));
  in.content.insert(in.content.end(), plain.begin(), plain.end());
  if (in.next == 1) TRY_VOID(read_begin());
  ++in.next;
  in.whole = chunk.last;
  if (in.content.size() > in.size || (in.whole && in.content.size() != in.size))
    return fail("the backup is not as long as it says");
  return {};
}

Result<void> VaultTransfers::take_chunk(const AdminChunk& chunk) {
  if (chunk.place == 0) TRY_VOID(begin_restore(chunk));
  if (!incoming_ || incoming_->transfer != chunk.transfer) return fail("this restore is not under way any more");
  keep_for_a_while();
  if (chunk.place == 0) return {};
  const Result<void> done = append(chunk);
  if (!done) incoming_.reset();
  return done;
}

Result<void> VaultTransfers::restore(const AdminAsk& ask, Channel& to) {
  if (!incoming_ || incoming_->transfer != ask.transfer) return fail("this restore is not under way any more");
  if (!incoming_->whole) return fail("the backup is not whole");
  keep_for_a_while();
  Incoming& in = *incoming_;
  in.report = TRY(vault_.restore(in.content, outside_.wall(), !ask.dry_run));
  using enum RestoredUser::Change;
  JsonRow row;
  row.add("made", std::optional(in.made)).add("back", count(in.report, back)).add("changed", count(in.report, changed));
  row.add("same", count(in.report, none)).add("removed", count(in.report, removed));
  return send_row(ask.tag, row, to);
}

Result<void> VaultTransfers::send_report(const AdminAsk& ask, Channel& to) {
  if (!incoming_ || incoming_->transfer != ask.transfer) return fail("this restore is not under way any more");
  keep_for_a_while();
  const auto& all = incoming_->report;
  for (std::size_t i = ask.place; i < all.size() && i - ask.place < users_per_report; ++i) {
    JsonRow row;
    row.add("user", all[i].name).add("result", word_of(all[i].change)).add_bool("disabled", all[i].disabled);
    row.add_bool("lost", all[i].lost).add("usable", all[i].usable);
    TRY_VOID(send_row(ask.tag, row, to));
  }
  return {};
}

void VaultTransfers::keep_for_a_while() {
  patience_.set(outside_.loop, outside_.loop.now() + outside_.patience, [this] {
    outgoing_.reset();
    incoming_.reset();
  });
}

}  // namespace postern::authd
