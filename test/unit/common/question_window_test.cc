// However many questions there are, no queue is ever full of them, and none is forgotten.
#include "common/question_window.h"

#include <vector>

#include "common/messages.h"
#include "unit/catch.h"

using namespace postern;

namespace {

struct Rig {
  Channel asker, answerer;
  QuestionWindow window;
  Rig() {
    auto ends = make_channel().value();
    asker = Channel(std::move(ends.first), Role::broker, Role::sessions);
    answerer = Channel(std::move(ends.second), Role::sessions, Role::broker);
  }
  bool ask(std::uint32_t tag) {
    Judge question;
    question.tag = tag;
    return window.ask(asker, std::move(question));
  }
  std::vector<std::uint32_t> heard() {
    std::vector<std::uint32_t> tags;
    Packet packet;
    Judge question;
    while (answerer.receive(packet) == Heard::packet && packet.read(question)) tags.push_back(question.tag);
    return tags;
  }
};

}  // namespace

TEST_CASE("so many questions go out at once, the others in their order after them", "[question-window]") {
  Rig rig;
  constexpr std::uint32_t all = 1000;
  for (std::uint32_t tag = 0; tag < all; ++tag) REQUIRE(rig.ask(tag));
  std::vector<std::uint32_t> asked;
  for (;;) {
    const std::vector<std::uint32_t> now = rig.heard();
    REQUIRE(now.size() <= QuestionWindow::at_once);
    if (now.empty()) break;
    asked.insert(asked.end(), now.begin(), now.end());
    // As the other side would: all its answers at once, and there is room for them.
    for (const std::uint32_t tag : now) {
      Verdict verdict;
      verdict.tag = tag;
      REQUIRE(rig.answerer.send(verdict) == Told::sent);
    }
    Packet packet;
    while (rig.asker.receive(packet) == Heard::packet) rig.window.answered();
  }
  REQUIRE(asked.size() == all);
  for (std::uint32_t tag = 0; tag < all; ++tag) REQUIRE(asked[tag] == tag);
}

TEST_CASE("nobody is asked who is not there", "[question-window]") {
  Rig rig;
  SECTION("gone") { rig.answerer.close(); }
  SECTION("no channel") { rig.asker.close(); }
  CHECK_FALSE(rig.ask(1));
  rig.window.answered();  // nobody asked: nothing breaks
  CHECK_FALSE(rig.ask(2));
}

TEST_CASE("a question for which there is no room keeps its turn", "[question-window]") {
  Rig rig;
  constexpr auto first = static_cast<std::uint32_t>(QuestionWindow::at_once);
  for (std::uint32_t tag = 0; tag < first + 2; ++tag) REQUIRE(rig.ask(tag));
  while (rig.asker.send(Judge()) == Told::sent) {}  // as what has no answer fills a queue
  rig.window.answered();
  (void)rig.heard();
  std::vector<std::uint32_t> asked{first, first + 1};
  if (GENERATE(true, false)) {
    rig.window.answered();
  } else {
    REQUIRE(rig.ask(7));  // one answer made room for one
    asked.pop_back();
  }
  CHECK(rig.heard() == asked);
}

TEST_CASE("more than may wait are refused", "[question-window]") {
  Rig rig;
  for (std::size_t i = 0; i < QuestionWindow::at_once + QuestionWindow::most_waiting; ++i) REQUIRE(rig.ask(1));
  CHECK_FALSE(rig.ask(2));
}

TEST_CASE("a new peer is not asked what the old one was", "[question-window]") {
  Rig rig;
  for (std::uint32_t tag = 0; tag < 300; ++tag) REQUIRE(rig.ask(tag));
  rig.window.reset();
  Rig other;
  rig.asker = std::move(other.asker);
  rig.answerer = std::move(other.answerer);
  rig.window.answered();
  CHECK(rig.heard().empty());
  REQUIRE(rig.ask(7));
  CHECK(rig.heard() == std::vector<std::uint32_t>{7});
}
