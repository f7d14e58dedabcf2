// Many clients, sessions, hosts and accidents in one worker, drawn at random.  Whatever
// happens, a server gets only requests of the session and for the host that it was
// dialled for, and a client gets only answers to what it asked itself.
#include <deque>
#include <random>
#include <set>

#include "unit/wfd/connection_rig.h"

using namespace connection_rig;

namespace {

struct Visitor {
  WireEnd* end = nullptr;
  std::string host;
  std::deque<std::string> asked;  // targets, in the order in which they must be answered
  std::string heard;
};
struct Server {
  WireEnd* end = nullptr;
  std::string mark;  // "HOST-SESSION" that it was dialled for
  bool tls = false;
  std::string heard;
};

struct Errand {
  std::uint32_t tag = 0;
  std::string mark;
  Ports ports = Ports::both;
};

class Town {
 public:
  explicit Town(unsigned seed) : engine_(seed), rig_(settings()) { rig_.shop->patience = {milliseconds(30), milliseconds(30)}; }

  void live(int steps) {
    for (int i = 0; i < steps; ++i) {
      act(draw() % 16);
      rig_.until([&, n = draw() % 3]() mutable { return n-- == 0; });
      hear_roles();
      hear_servers();
      hear_clients();
    }
  }
  std::size_t answers = 0, relayed = 0;

 private:
  static WfdSettings settings() {
    WfdSettings made = bench_settings();
    made.isolation.connections_per_worker = 64;
    made.limits.connect_timeout = milliseconds(30);
    made.intranet.https_timeout = milliseconds(20);
    made.limits.response_timeout = milliseconds(60);
    made.limits.head_timeout = milliseconds(80);
    return made;
  }

  void act(unsigned what) {
    if (visitors_.size() < 3 || what == 0) return come();
    Visitor& visitor = visitors_[draw() % visitors_.size()];
    if (what < 8) return ask(visitor);
    if (what == 8) return visitor.end->vanish();
    if (what == 9) return visitor.end->close();
    if (what == 10) return end_session(1 + draw() % 3);
    if (what == 11 && !servers_.empty()) return servers_[draw() % servers_.size()].end->vanish();
    if (what == 12) return visitor.end->send("rubbish\r\n\r\n");
    if (what == 13) visitor.end->reading = !visitor.end->reading;
  }
  void come() {
    Visitor visitor;
    visitor.host = draw() % 2 == 0 ? "a.example.org" : "b.example.org";
    visitor.end = &rig_.connect(nullptr);
    visitors_.push_back(std::move(visitor));
  }
  void ask(Visitor& visitor) {
    const unsigned session = 1 + draw() % 3;
    const std::string host = draw() % 4 == 0 ? "c.example.org" : visitor.host;
    const std::string target = "/" + host + "-" + std::to_string(session) + "-" + std::to_string(++asked_);
    visitor.asked.push_back(target);
    const bool post = draw() % 4 == 0;
    const std::string body(post ? draw() % 2000 : 0, 'x');
    visitor.end->send(request((post ? "POST " : "GET ") + target, static_cast<unsigned char>(session),
                              (post ? "Content-Length: " + std::to_string(body.size()) + "\r\n" : "") +
                                  (draw() % 4 == 0 ? "Expect: 100-continue\r\n" : ""), host) + body);
  }
  void end_session(std::uint32_t slot) {
    Ended ended;
    ended.slot = slot;
    ended.generation = rig_.page->generation(slot);
    rig_.page->end(slot);
    rig_.say(rig_.sessions, ended);
  }

  void hear_roles() {
    Packet packet;
    while (rig_.sessions.receive(packet) == Heard::packet) {
      Judge asked;
      if (packet.read(asked)) judges_.push_back({asked.tag, session_of(asked.cookie)});
    }
    while (rig_.broker.receive(packet) == Heard::packet) {
      Dial asked;
      if (packet.read(asked))
        dials_.push_back({asked.tag, std::string(asked.host.view()) + "-" + std::to_string(session_of(asked.cookie)), asked.ports});
    }
    if (!judges_.empty() && draw() % 4 != 0) answer_judge();
    if (!dials_.empty() && draw() % 4 != 0) answer_dial();
  }
  static unsigned session_of(const CookieValue& cookie) {
    return cookie.empty() ? 0 : std::to_integer<unsigned>(cookie.bytes()[0]);
  }
  void answer_judge() {  // any of them, however old
    const std::size_t i = draw() % judges_.size();
    const auto [tag, session] = judges_[i];
    judges_.erase(judges_.begin() + static_cast<std::ptrdiff_t>(i));
    Judge asked;
    asked.tag = tag;
    Verdict verdict = rig_.good(asked, static_cast<unsigned char>(session));
    if (draw() % 8 == 0) verdict.standing = Standing::unknown;
    rig_.say(rig_.sessions, verdict);
  }
  void answer_dial() {
    const std::size_t i = draw() % dials_.size();
    const auto [tag, mark, ports] = dials_[i];
    dials_.erase(dials_.begin() + static_cast<std::ptrdiff_t>(i));
    if (draw() % 8 == 0) {
      DialRefused no;
      no.tag = tag;
      no.fault = static_cast<DialFault>(draw() % (static_cast<unsigned>(DialFault::last) + 1));
      return rig_.say(rig_.broker, no);
    }
    const bool tls = ports == Ports::both ? draw() % 3 == 0 : ports == Ports::https;
    const tls_fixture::Spec spec{.names = "DNS:" + mark.substr(0, mark.size() - 2)};
    servers_.push_back({&rig_.connected(tag, tls, false, spec), mark, tls, ""});
  }

  void hear_servers() {
    for (Server& server : servers_) {
      server.heard += server.end->take();
      for (;;) {
        const std::size_t end = server.heard.find("\r\n\r\n");
        if (end == server.heard.npos) break;
        const std::size_t from = server.heard.find('/'), to = server.heard.find(' ', from);
        const std::string target = server.heard.substr(from, to - from);
        const std::size_t says = server.heard.find("Content-Length: ");
        const std::size_t body = says < end ? std::stoul(server.heard.substr(says + 16)) : 0;
        if (server.heard.size() < end + 4 + body) break;
        INFO(server.mark << " got " << server.heard.substr(0, 300));
        REQUIRE(target.starts_with("/" + server.mark + "-"));
        REQUIRE(has(server.heard.substr(0, end + 2), "\r\nHost: " + server.mark.substr(0, server.mark.size() - 2) + "\r\n"));
        if (body > 0) REQUIRE(server.heard.substr(end + 4, body) == std::string(body, 'x'));
        if (body > 0 && server.tls) went_to_tls_.insert(target);
        if (body > 0 && !server.tls) REQUIRE_FALSE(went_to_tls_.contains(target));
        server.heard.erase(0, end + 4 + body);
        ++relayed;
        respond(server, target);
      }
    }
  }
  void respond(Server& server, const std::string& target) {
    const std::string text = "answer to " + target + " ";
    switch (draw() % 8) {
      case 0: return;  // never
      case 1: return server.end->vanish();
      case 2: return server.end->send("HTTP/1.1 200 OK\r\nContent-Length: 99999\r\n\r\ncut"), server.end->vanish();
      case 3: return server.end->send("HTTP/1.1 404 Not Found\r\nContent-Length: " + std::to_string(text.size()) + "\r\n\r\n" + text);
      case 4: return server.end->send("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\na\r\n0\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nevil");
      default: {
        const std::string long_text = text + std::string(draw() % 2 == 0 ? 10 : 30000, 'y');
        server.end->send("HTTP/1.1 200 OK\r\nContent-Length: " + std::to_string(long_text.size()) + "\r\n\r\n" + long_text);
      }
    }
  }

  // Each answer is to the first that is still unanswered, or one of ours without a body that counts.
  void hear_clients() {
    for (Visitor& visitor : visitors_) {
      visitor.heard += visitor.end->take();
      REQUIRE_FALSE(has(visitor.heard, "evil"));
      std::size_t at = 0;
      while ((at = visitor.heard.find("answer to /")) != std::string::npos) {
        const std::size_t end = visitor.heard.find(' ', at + 10);
        if (end == std::string::npos) break;
        const std::string target = visitor.heard.substr(at + 10, end - at - 10);
        while (!visitor.asked.empty() && visitor.asked.front() != target) visitor.asked.pop_front();
        REQUIRE_FALSE(visitor.asked.empty());  // it asked for this, and after all that was answered before
        visitor.asked.pop_front();
        visitor.heard.erase(0, end);
        ++answers;
      }
      if (visitor.heard.size() > 100000) visitor.heard.erase(0, 90000);
    }
    std::erase_if(visitors_, [&](const Visitor& v) { return v.end->ended || v.end->fd() < 0; });
    (void)rig_.lines("request");
    rig_.all_lines.clear();
    Packet packet;
    while (rig_.reports.receive(packet) == Heard::packet) {}
  }

  unsigned draw() { return static_cast<unsigned>(engine_()); }

  std::mt19937 engine_;
  Rig rig_;
  std::vector<Visitor> visitors_;
  std::deque<Server> servers_;
  std::vector<std::pair<std::uint32_t, unsigned>> judges_;
  std::vector<Errand> dials_;
  std::set<std::string> went_to_tls_;  // requests with a body
  unsigned asked_ = 0;
};

}  // namespace

TEST_CASE("nothing of one ever reaches another, whatever happens", "[connection][stress]") {
  std::size_t answers = 0, relayed = 0;
  for (unsigned seed = 1; seed <= 6; ++seed) {
    INFO("seed " << seed);
    Town town(seed);
    town.live(320);
    answers += town.answers;
    relayed += town.relayed;
  }
  CHECK(answers > 100);
  CHECK(relayed > 200);
}
