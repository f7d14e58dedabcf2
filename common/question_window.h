// So many questions to one peer at a time, and the others in their order after them: neither
// its queue nor ours, where its answers wait, can then be full.  The kernel gives a queue some
// 160 messages of ours.
#pragma once

#include <cstddef>
#include <deque>
#include <functional>
#include <utility>

#include "common/channel.h"

namespace postern {

class QuestionWindow {
 public:
  static constexpr std::size_t at_once = 128;
  static constexpr std::size_t most_waiting = 8192;

  // Sends `question` on `channel`, which must be the same one until reset(), at once or
  // when its turn comes.  False: nobody is there, or too many wait; then it was not asked.
  template <class M>
  bool ask(Channel& channel, M&& question) {
    go_on();
    if (out_ < at_once && waiting_.empty()) return send(channel, question) == Told::sent;
    if (waiting_.size() >= most_waiting) return false;
    waiting_.push_back([this, &channel, kept = std::forward<M>(question)] { return send(channel, kept); });
    return true;
  }
  // An answer came, whoever waits for it.
  void answered() {
    if (out_ > 0) --out_;
    go_on();
  }
  // The peer is gone, and what was asked with it.
  void reset() {
    waiting_.clear();
    out_ = 0;
  }

 private:
  // Those whose turn has come.  A queue may be full of what has no answer: then the first
  // keeps its turn.  That a peer is gone the channel says itself.
  void go_on() {
    while (out_ < at_once && !waiting_.empty() && waiting_.front()() != Told::full) waiting_.pop_front();
  }
  template <class M>
  Told send(Channel& channel, const M& question) {
    const Told told = channel.send(question);
    if (told == Told::sent) ++out_;
    return told;
  }

  std::size_t out_ = 0;  // asked, not yet answered
  std::deque<std::move_only_function<Told() const>> waiting_;
};

}  // namespace postern
