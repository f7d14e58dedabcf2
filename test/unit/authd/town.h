// Role sessions with everybody around it: wfds at its gate, workers, a vault, operators
// and a log, all over real channels, each played by the test.
#pragma once

#include <fcntl.h>
#include <sys/socket.h>

#include <optional>
#include <string>
#include <vector>

#include "authd/sessions.h"
#include "unit/authd/rows.h"
#include "unit/catch.h"

namespace postern::authd {

constexpr Wall town_time{1'700'000'000};  // 2023-11-14T22:13:20Z
inline Wall town_wall = town_time;         // what the wall clock of a town says,
inline Mono town_began{};                  // and since when it goes on by itself; 0: not
inline Wall read_town_wall() {
  const Duration since = town_began.us == 0 ? Duration{} : read_mono() - town_began;
  return {town_wall.s + since.seconds()};
}

inline Address addr(const char* text) {
  const auto address = Address::parse(text);
  REQUIRE(address);
  return *address;
}

inline AuthdSettings town_settings() {
  AuthdSettings s;
  s.log.on_failure = OnFailure::deny;
  s.session.lifetime = seconds(8 * 3600);
  s.session.idle = seconds(1800);
  s.session.idle_counts = IdleCounts::all;
  s.session.bind = Bind::exact;
  s.session.domain = "example.org";
  s.session.max_sessions = 2000;
  s.session.sessions_per_user = 1000;
  s.identity.verify_rate = 20;
  return s;
}
inline AuthdSettings persistent_settings() {
  AuthdSettings s = town_settings();
  s.session.persist = true;
  return s;
}

// What a vault was told to keep, in order, and what it says to that.
struct Kept {
  std::vector<SessionRow> remembered;
  std::vector<Forget> forgotten;
  std::vector<Refresh> refreshed;
  bool answers = true;  // says something at all
  bool writes = true;   // and that it is on disk
};

// One wfd: its key and its three connections to the gate.
struct Wfd {
  TicketKey key;
  Channel master, porter, broker;

  Ticket ticket(std::uint64_t worker, const char* client = "192.0.2.1") const {
    Ticket t;
    t.connection = 0x1234;
    t.worker = worker;
    t.client = {addr(client), 40000};
    t.destination = {addr("10.1.0.5"), 443};
    seal_ticket(t, key);
    return t;
  }
};

struct Town {
  std::string login_host = "login.example.org";  // of the next wfd
  Loop loop;
  UniqueFd log_lines;
  Log log;
  GenerationPage page;
  Sessions sessions;
  Channel vault;
  Kept kept;

  // With persistent settings it is not ready before recall_all().
  explicit Town(const AuthdSettings& settings = town_settings(),
                Duration login_patience = seconds(10), unsigned char boot = 1)
      : loop(std::move(*Loop::open())),
        log(open_log()),
        page(std::move(*GenerationPage::make(settings.session.max_sessions))),
        sessions({.loop = loop, .log = log, .page = page, .wall = read_town_wall,
                  .boot = stamp_of(boot, 0, 0).boot, .login_patience = login_patience},
                 settings) {
    town_wall = town_time;
    town_began = {};
    sessions.start();
    bring_vault();
  }

  Log open_log() {
    auto ends = make_channel();
    REQUIRE(ends);
    log_lines = std::move(ends->first);
    return std::move(*Log::open(std::move(ends->second), {}, OnLogFailure::deny, false));
  }
  // A vault that says who logged in from where before.
  void bring_vault(const Places& known = {}) {
    auto ends = make_channel();
    REQUIRE(ends);
    vault = Channel(std::move(ends->first), Role::vault, Role::sessions);
    sessions.take_vault(std::move(ends->second));
    REQUIRE(next<AskPlaces>(vault));
    REQUIRE(vault.send(known) == Told::sent);
    run();
    if (known.count == 0) return;
    const auto more = next<AskPlaces>(vault);
    REQUIRE(more);
    CHECK(more->from == known.count);
    REQUIRE(vault.send(Places{}) == Told::sent);
    run();
  }
  // Lets sessions work for a while.
  void run(int ms = 4) {
    Timer end;
    end.set(loop, read_mono() + milliseconds(ms), [this] { loop.stop(0); });
    REQUIRE(loop.run());
  }
  // All log lines since the last call, without their level.
  std::vector<std::string> lines() {
    std::vector<std::string> all;
    char room[4096];
    for (;;) {
      const ssize_t n = ::recv(log_lines.get(), room, sizeof room, MSG_DONTWAIT);
      if (n <= 0) return all;
      all.emplace_back(room + 1, static_cast<std::size_t>(n - 1));
    }
  }
  bool logged(const std::string& part) {
    for (const std::string& line : lines())
      if (line.find(part) != std::string::npos) return true;
    return false;
  }

  // A raw connection to the gate, and the test's end of it.
  UniqueFd knock() {
    auto ends = make_channel();
    REQUIRE(ends);
    sessions.add_gate(std::move(ends->second));
    return std::move(ends->first);
  }
  Channel gate(Role as, const TicketKey& key) {
    UniqueFd fd = knock();
    Channel hello(UniqueFd::adopt(::fcntl(fd.get(), F_DUPFD_CLOEXEC, 0)), Role::master, Role::sessions);
    GateHello message;
    message.as = as;
    message.login_host = HostName(login_host);
    message.verify_networks = Text<255>(std::string_view("10.1.0.0/16,fd00:1::/64"));
    REQUIRE(message.ticket_key.assign(key.bytes()));
    REQUIRE(hello.send(message) == Told::sent);
    return Channel(std::move(fd), as, Role::sessions);
  }
  Wfd wfd(unsigned char seed) {
    Wfd w;
    for (std::byte& b : w.key.fill(32)) b = static_cast<std::byte>(seed++);
    w.master = gate(Role::master, w.key);
    w.porter = gate(Role::porter, w.key);
    w.broker = gate(Role::broker, w.key);
    run();
    return w;
  }
  // A worker's end of its channel; the page that came with it goes to `page_fd`.
  Channel worker(Wfd& w, std::uint64_t number, UniqueFd* page_fd = nullptr) {
    auto ends = make_channel();
    REQUIRE(ends);
    const int lent[] = {ends->second.get()};
    REQUIRE(w.porter.send(Enroll{number}, lent) == Told::sent);
    Channel mine(std::move(ends->first), Role::worker, Role::sessions);
    run();
    Packet packet;
    Page first;
    REQUIRE(mine.receive(packet) == Heard::packet);
    REQUIRE(packet.read(first));
    CHECK(first.domain.view() == "example.org");
    if (page_fd != nullptr) *page_fd = std::move(packet.descriptors[0]);
    return mine;
  }

  // Sends `question` and gives the answer of type A; nothing when there was none.
  template <class A, class Q>
  std::optional<A> ask(Channel& channel, const Q& question) {
    REQUIRE(channel.send(question) == Told::sent);
    run();
    return next<A>(channel);
  }
  template <class A>
  std::optional<A> next(Channel& channel) {
    Packet packet;
    A answer;
    if (receive(channel, packet) != Heard::packet || !packet.read(answer)) return {};
    return std::optional<A>(std::move(answer));
  }
  // As the vault it keeps what it is told to keep, and hears the rest.
  Heard receive(Channel& channel, Packet& packet) {
    for (;;) {
      const Heard heard = channel.receive(packet);
      if (&channel != &vault || heard != Heard::packet || !keep(packet)) return heard;
    }
  }
  bool keep(const Packet& packet) {
    Remember remember;
    Forget forget;
    Refresh refresh;
    std::uint32_t tag = 0;
    if (packet.read(remember)) {
      kept.remembered.push_back(remember.row);
      tag = remember.tag;
    } else if (packet.read(forget)) {
      kept.forgotten.push_back(forget);
      tag = forget.tag;
    } else if (packet.read(refresh)) {
      kept.refreshed.push_back(refresh);
      tag = refresh.tag;
    } else {
      return false;
    }
    if (kept.answers) REQUIRE(vault.send(Noted{tag, kept.writes}) == Told::sent);
    return true;
  }
  // Lets sessions work while the vault keeps what it is told; everything else it is told
  // would be in the way.
  void run_kept(int ms = 4) {
    run(ms);
    REQUIRE(is_silent(vault));
    run();
  }
  // Answers one Recall with these rows.
  void recall_all(const std::vector<SessionRow>& rows = {}, const Stamp& last = {}, bool more = false) {
    run();
    const auto question = next<Recall>(vault);
    REQUIRE(question);
    for (const SessionRow& row : rows) REQUIRE(vault.send(Recalled{question->tag, row}) == Told::sent);
    RecallEnd end;
    end.tag = question->tag;
    end.done = true;
    end.more = more;
    end.next = rows.empty() ? 0 : rows.back().slot + 1;
    end.last = last;
    REQUIRE(vault.send(end) == Told::sent);
    run();
  }
  bool is_closed(Channel& channel) {
    Packet packet;
    for (;;) {
      const Heard heard = channel.receive(packet);
      if (heard != Heard::packet) return heard == Heard::closed;
    }
  }
  bool is_silent(Channel& channel) {
    Packet packet;
    return receive(channel, packet) == Heard::nothing;
  }

  static Login login_of(const Ticket& ticket, const char* user, std::uint32_t tag = 7) {
    Login login;
    login.tag = tag;
    login.ticket = ticket;
    REQUIRE(login.user.assign(user));
    REQUIRE(login.pin.assign("2468"));
    REQUIRE(login.passcode.assign("123456"));
    return login;
  }
  // The whole way of a login; the vault says `outcome`.
  LoginResult log_in(Channel& worker, const Ticket& ticket, const char* user,
                     LoginOutcome outcome = LoginOutcome::granted) {
    const auto question = ask_vault(worker, ticket, user);
    REQUIRE(question);
    PasscodeResult result;
    result.tag = question->tag;
    result.outcome = outcome;
    result.user = UserName(user);
    result.last_login = 1000;
    result.last_source = addr("198.51.100.7");
    result.failures = 3;
    REQUIRE(vault.send(result) == Told::sent);
    for (int i = 0; i < 500; ++i) {  // a no has its time
      run(1);
      if (auto answer = next<LoginResult>(worker)) return std::move(*answer);
    }
    FAIL("no answer to a login");
    return {};
  }
  std::optional<CheckPasscode> ask_vault(Channel& worker, const Ticket& ticket, const char* user) {
    REQUIRE(worker.send(login_of(ticket, user)) == Told::sent);
    run();
    return next<CheckPasscode>(vault);
  }
  template <class Q>
  static Q about(const Ticket& ticket, const CookieValue& cookie, std::uint32_t tag = 9) {
    Q question;
    question.tag = tag;
    question.ticket = ticket;
    REQUIRE(question.cookie.assign(cookie.bytes()));
    return question;
  }
};

}  // namespace postern::authd
