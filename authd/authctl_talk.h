// The talk between authctl and role sessions, over the admin socket.
#pragma once

#include <functional>
#include <string>
#include <string_view>

#include "authd/json.h"
#include "common/channel.h"
#include "common/messages.h"
#include "common/result.h"

namespace postern::authd {

inline constexpr std::string_view default_admin_socket = "/run/postern/admin.sock";

// The value of one member of a row; empty when there is none.
std::string member_of(const JsonText& row, std::string_view key);

class AdminTalk {
 public:
  // Fails when nobody listens at `path`, or we are not let in.
  static Result<AdminTalk> open(const std::string& path);

  // Asks, and gives every row to `row`.  The error is what the other side says is wrong,
  // or that it is gone or silent.  Users are listed to the last one, in as many questions
  // as that takes; `ask` is used up.
  Result<void> ask(AdminAsk& ask, const std::function<void(const JsonText&)>& row);
  // Asks, and gives every chunk of the answer to `chunk`; its error ends the answer.
  Result<void> ask_chunks(const AdminAsk& ask, const std::function<Result<void>(const AdminChunk&)>& chunk);
  // Hands one chunk over.
  Result<void> send(const AdminChunk& chunk);

 private:
  explicit AdminTalk(Channel channel) : channel_(std::move(channel)) {}
  Result<std::size_t> ask_once(const AdminAsk& ask, const std::function<void(const JsonText&)>& row);

  Channel channel_;
};

}  // namespace postern::authd
