// The gate's side of authd's gate, without a browser before it: enrolls workers of its
// own, seals tickets for any client address, and asks what a worker may ask.  When
// sessions goes away, what was asked is lost, and the next questions wait for it to be back.
#pragma once

#include <deque>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "common/channel.h"
#include "common/loop.h"

namespace postern {

class GateClient {
 public:
  GateClient(Loop& loop, std::string path) : loop_(loop), path_(std::move(path)) {}

  Result<void> start();
  // One line: `login TAG SOURCE USER PIN PASSCODE`, `judge TAG SOURCE COOKIE`, or `use` with
  // the same words, which touches the session, too.  Answers on standard output with
  // `TAG WORD MICROSECONDS [COOKIE]`.
  void take(const std::string& line);

 private:
  using Words = std::vector<std::string>;
  struct Question {
    std::string tag;
    Words words;
    Mono asked;
  };
  struct Worker {
    std::uint64_t number = 0;
    Channel channel;
    Watcher watcher;
    unsigned asked = 0;
  };

  bool connect();
  bool hello(Role as, Channel& to);
  bool enroll(Worker& worker);
  void lose();
  void retry();
  void send_waiting();
  bool send(Worker& worker, std::uint32_t tag, const Words& words);
  Ticket ticket_for(const Worker& worker, const std::string& source) const;
  void hear(Worker& worker);
  bool page(Worker& worker, Page& message, Packet&);
  bool login_result(Worker& worker, LoginResult& message, Packet&);
  bool verdict(Worker& worker, Verdict& message, Packet&);
  bool ended(Worker& worker, Ended& message, Packet&);
  void answer(Worker& worker, std::uint32_t tag, std::string_view word, std::string_view cookie = {});

  Loop& loop_;
  std::string path_;
  TicketKey key_;
  Channel master_, porter_;
  std::vector<std::unique_ptr<Worker>> workers_;
  std::deque<Question> waiting_;
  std::map<std::uint32_t, Question> asked_;
  std::uint32_t last_tag_ = 0;
  std::uint64_t last_worker_ = 0;
  Timer retry_;
};

}  // namespace postern
