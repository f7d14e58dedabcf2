// Role vault: hears sessions, and asks the vault's core.  One question after the other;
// what takes long takes everybody's time, which is why sessions bounds how many there are.
#pragma once

#include "authd/json.h"
#include "authd/patient_send.h"
#include "authd/vault_core.h"
#include "authd/vault_transfer.h"
#include "common/channel.h"
#include "common/log.h"
#include "common/loop.h"
#include "common/settings.h"

namespace postern::authd {

// What the settings say to the core.
VaultConfig vault_config_of(const AuthdSettings& settings);

// Rows of one answer to `user list` or `user export`; the next answer begins behind the last row's user.
inline constexpr std::size_t users_per_answer = 64;
// Sessions of one answer to a Recall.
inline constexpr std::size_t sessions_per_answer = 64;

class VaultService {
 public:
  // What it works with; all of it must outlive it.
  struct Outside {
    Loop& loop;
    Log& log;
    Wall (*wall)();
    Duration patience_alone = seconds(10);  // without a channel to sessions
  };
  VaultService(const Outside& outside, Vault& vault)
      : outside_(outside), vault_(vault), transfers_({outside.loop, outside.wall}, vault) {}

  // Sessions is behind `channel` from now on.
  void take_sessions(UniqueFd channel);

 private:
  struct Asker {
    Channel channel;
    Watcher watcher;
  };
  using Answer = Result<void> (VaultService::*)(AdminAsk&);

  void hear();
  void lose_sessions();
  template <class M>
  static bool tell(Asker& asker, const M& message) {
    return send_in_time(asker.channel, message, sessions_patience_ms) == Told::sent;
  }
  bool check(Asker& asker, CheckPasscode& message, Packet&);
  bool ask_places(Asker& asker, AskPlaces& message, Packet&);
  bool admin_ask(Asker& asker, AdminAsk& message, Packet&);
  bool admin_chunk(Asker& asker, AdminChunk& message, Packet&);
  bool end_answer(Asker& asker, std::uint32_t tag, const Result<void>& done);

  // vault_sessions.cc
  bool remember(Asker& asker, Remember& message, Packet&);
  bool forget(Asker& asker, Forget& message, Packet&);
  bool refresh(Asker& asker, Refresh& message, Packet&);
  bool recall(Asker& asker, Recall& message, Packet&);
  bool note(Asker& asker, std::uint32_t tag, const Result<void>& done);
  bool end_recall(Asker& asker, const Recall& question, const Result<SessionRows>& found);
  void complain(std::string_view what);

  Result<void> add(AdminAsk& message);
  Result<void> list(AdminAsk& message);
  Result<void> export_users(AdminAsk& message);
  Result<void> show(AdminAsk& message);
  Result<void> disable(AdminAsk& message) { return vault_.disable(message.user.view()); }
  Result<void> enable(AdminAsk& message) { return vault_.enable(message.user.view()); }
  Result<void> remove(AdminAsk& message) { return vault_.remove(message.user.view()); }
  Result<void> set_pin(AdminAsk& message) { return vault_.set_pin(message.user.view(), message.pin); }
  Result<void> resync(AdminAsk& message);
  Result<void> unlock(AdminAsk& message) { return vault_.unlock(message.user.view()); }
  Result<void> backup(AdminAsk& message) { return transfers_.send_backup(message, sessions_.channel); }
  Result<void> restore(AdminAsk& message) { return transfers_.restore(message, sessions_.channel); }
  Result<void> restore_report(AdminAsk& message) { return transfers_.send_report(message, sessions_.channel); }
  Result<void> send_row(std::uint32_t tag, JsonRow& row);

  Outside outside_;
  Vault& vault_;
  Asker sessions_;
  Timer alone_;
  VaultTransfers transfers_;
};

}  // namespace postern::authd
