// A whole worker on the bench: its real Worker, Connections and TLS, with the test in the
// place of the porter, sessions, the broker, the logger, the browser and the intranet
// server.  The signer is real but for its process: a thread with a SigningKey, because a
// worker waits for it in the middle of a handshake.
#pragma once

#include <fcntl.h>

#include <thread>

#include "common/generation_page.h"
#include "unit/wfd/wire_end.h"
#include "unit/workbench.h"
#include "wfd/cookie.h"
#include "wfd/worker.h"

namespace connection_rig {

using namespace workbench;

inline WfdSettings bench_settings() {
  const auto made = parse_wfd(
      "[tls]\ncertificate=/c\nkey=/k\n[domain]\nname=example.org\n[intranet]\nnetworks=10.0.0.0/8\n"
      "[login]\nhost=login.example.org\n[identity]\nheaders=no\n", "wfd.conf");
  REQUIRE(made);
  return *made;
}

inline std::unique_ptr<Shop> bench_shop(WfdSettings settings) {
  const auto chain = CertificateChain::from_pem(
      tls_fixture::bytes_of(tls_fixture::pem({.names = "DNS:*.example.org,DNS:*.b.example.org"})));
  REQUIRE(chain);
  auto shop = std::make_unique<Shop>(std::move(settings), tls_rig::open_provider(), std::nullopt, std::nullopt,
                                     std::nullopt, RolePatience());
  auto server = ServerContext::make(shop->provider, std::span(&*chain, 1), wfd::TlsVersion::tls12);
  auto client = ClientContext::make(shop->provider, tls_fixture::bytes_of(tls_fixture::authority_pem()));
  REQUIRE((server && client));
  shop->server.emplace(std::move(*server));
  shop->client.emplace(std::move(*client));
  const UniqueFd pages = UniqueFd::adopt(::open("chroot-skel/wfd/worker/pages", O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  auto loaded = Pages::load(pages.get(), {shop->settings.login_host, shop->settings.domains, shop->settings.language});
  REQUIRE(loaded);
  shop->pages.emplace(std::move(*loaded));
  return shop;
}

// Signs what comes on its channel until the other end is gone.
class SigningThread {
 public:
  UniqueFd start() {
    Ends ends = make_ends();
    auto key = SigningKey::from_pem(tls_fixture::bytes_of(tls_fixture::key_pem("P-256")));
    REQUIRE(key);
    thread_ = std::thread([channel = Channel(std::move(ends.ours), Role::signer, Role::worker),
                           key = std::move(*key)]() mutable { serve(channel, key); });
    return std::move(ends.theirs);
  }
  ~SigningThread() {
    if (thread_.joinable()) thread_.join();
  }

 private:
  static void serve(Channel& channel, SigningKey& key) {
    for (;;) {
      Packet packet;
      const Heard heard = channel.await(packet, 100);
      if (heard == Heard::nothing) continue;
      if (heard != Heard::packet) return;
      Sign question;
      if (!packet.read(question)) continue;  // nothing is kept for resumption
      Signature answer;
      answer.tag = question.tag;
      const auto made = key.sign(question.scheme, question.text.bytes());
      if (made) (void)answer.bytes.assign(made->view());
      (void)channel.send(answer);
    }
  }
  std::thread thread_;
};

// A cookie as a session would have it; `fill` tells them apart.
inline CookieValue cookie_of(unsigned char fill) {
  CookieValue value;
  for (std::byte& b : value.fill(32)) b = std::byte{fill};
  return value;
}
inline std::string cookie_field(unsigned char fill) {
  return "Cookie: SessionID=" + std::string(write_cookie_value(cookie_of(fill)).text()) + "\r\n";
}
// A login that went well; its cookie is that of session 7.
inline LoginResult granted(const Login& login) {
  LoginResult result;
  result.tag = login.tag;
  result.granted = true;
  result.cookie.assign(cookie_of(7).bytes());
  result.user = UserName("ada");
  result.sid = Sid("sid7");
  return result;
}
// A request of the session `fill` (0: of nobody).
inline std::string request(const std::string& line, unsigned char fill = 1, const std::string& fields = "",
                           const std::string& host = "a.example.org") {
  return line + " HTTP/1.1\r\nHost: " + host + "\r\n" + (fill == 0 ? "" : cookie_field(fill)) + fields + "\r\n";
}

class Rig {
 public:
  explicit Rig(WfdSettings settings = bench_settings()) : loop(open_loop()), shop(bench_shop(std::move(settings))) {
    ::signal(SIGPIPE, SIG_IGN);
    porter = Channel(join(seat.porter, Role::porter), Role::porter, Role::worker);
    broker = Channel(join(seat.broker, Role::broker), Role::broker, Role::worker);
    sessions = Channel(join(seat.sessions, Role::sessions), Role::sessions, Role::worker);
    Ends line = make_ends();
    reports = Channel(std::move(line.ours), Role::porter, Role::worker);
    seat.reports = Channel(std::move(line.theirs), Role::worker, Role::porter);
    seat.signer = Channel(signer.start(), Role::worker, Role::signer);
    seat.log = &book.log();
    auto made = GenerationPage::make(64);
    REQUIRE(made);
    page.emplace(std::move(*made));
    worker = std::make_unique<Worker>(*shop, seat, loop);
    REQUIRE(worker->start());
    show_page();
  }
  ~Rig() {
    worker.reset();
    seat.signer.close();  // the thread ends
  }

  // ---- time ----
  // One millisecond after the other, until `done`; false after `limit`.  A worker that is
  // done for good stops its loop; `over` tells, and the bench goes on.
  template <class Done>
  bool until(Done done, Duration limit = seconds(5)) {
    const Mono end = read_mono() + limit;
    while (read_mono() < end) {
      if (run_until(loop, [&] {
            pump();
            return done();
          }, end - read_mono()))
        return true;
      over = over || read_mono() < end;
    }
    return false;
  }
  void settle() {
    int rounds = 0;
    until([&] { return ++rounds > 20; });
  }
  void pump() {
    if (beating) page->beat(loop.now());
    for (auto& end : ends) end->pump();
  }

  // ---- the client ----
  WireEnd& connect(const char* sni = "a.example.org", std::uint64_t id = 0) {
    auto [ours, theirs] = tls_rig::socket_pair();
    Serve order;
    order.add(make_ticket(id == 0 ? ++last_id : id, 1, key_of(1)));
    const int lent[] = {ours.get()};
    REQUIRE(porter.send(order, lent) == Told::sent);
    ends.push_back(WireEnd::browser(std::move(theirs), sni));
    return *ends.back();
  }
  // A client whose TLS stands.
  WireEnd& client(const char* sni = "a.example.org") {
    WireEnd& made = connect(sni);
    REQUIRE(until([&] { return made.shaken; }));
    return made;
  }
  // All that came to `end` once `wanted` is in it.
  std::string hear_text(WireEnd& end, std::string_view wanted) {
    const bool came = until([&] { return end.got.find(wanted) != std::string::npos; });
    INFO("waiting for " << wanted << " in: " << end.got);
    REQUIRE(came);
    return end.take();
  }
  void hear_end(WireEnd& end, Duration limit = seconds(5)) {
    INFO("so far: " << end.got);
    REQUIRE(until([&] { return end.ended; }, limit));
  }

  // ---- the roles ----
  // The next message, which must be an M; news that nobody answers are passed over.
  template <class M>
  M hear(Channel& channel) {
    M message;
    Packet packet;
    INFO("waiting for a message of kind " << static_cast<int>(M::kind));
    REQUIRE(until([&] {
      if (channel.receive(packet) != Heard::packet) return false;
      return packet.kind == M::kind || (packet.kind != Kind::learned && packet.kind != Kind::touch);
    }));
    REQUIRE(packet.read(message));
    return message;
  }
  // True when nothing waits on `channel`.
  bool is_silent(Channel& channel) {
    settle();
    Packet packet;
    return channel.receive(packet) == Heard::nothing;
  }
  template <class M>
  void say(Channel& channel, const M& message) {
    REQUIRE(channel.send(message) == Told::sent);
  }
  void show_page() {
    Page news;
    news.domain = HostName("example.org");
    const int lent[] = {page->reading_fd()};
    REQUIRE(sessions.send(news, lent) == Told::sent);
  }
  // What sessions says of the cookie `fill` in slot `fill`: good, and it stands.
  Verdict good(const Judge& asked, unsigned char fill = 1) {
    Verdict verdict;
    verdict.tag = asked.tag;
    verdict.standing = Standing::good;
    verdict.epoch = page->epoch();
    verdict.slot = fill;
    verdict.generation = page->generation(fill);
    verdict.touch_after = 60000;
    verdict.user = UserName("user" + std::to_string(fill));
    verdict.sid = Sid("sid" + std::to_string(fill));
    page->set_deadline(fill, loop.now() + seconds(3600));
    return verdict;
  }
  Judge judge_good(unsigned char fill = 1) {
    const Judge asked = hear<Judge>(sessions);
    CHECK(asked.cookie == cookie_of(fill));
    say(sessions, good(asked, fill));
    Judge copy;
    copy.tag = asked.tag;
    return copy;
  }
  void judge_bad() {
    Verdict verdict;
    verdict.tag = hear<Judge>(sessions).tag;
    say(sessions, verdict);
  }
  // The broker's answer to `order`: a connection, whose other end comes back.
  WireEnd& connected(std::uint32_t tag, bool tls = false, bool fixed = false,
                     const tls_fixture::Spec& spec = {.names = "DNS:a.example.org"}, Port known = Port::none) {
    auto [ours, theirs] = tls_rig::socket_pair();
    Dialled answer;
    answer.tag = tag;
    answer.tls = tls;
    answer.fixed = fixed;
    answer.known = known;
    const int lent[] = {ours.get()};
    REQUIRE(broker.send(answer, lent) == Told::sent);
    ends.push_back(tls ? WireEnd::server(std::move(theirs), spec) : std::make_unique<WireEnd>(std::move(theirs)));
    return *ends.back();
  }
  WireEnd& dialled(bool tls = false, bool fixed = false,
                   const tls_fixture::Spec& spec = {.names = "DNS:a.example.org"}) {
    return connected(hear<Dial>(broker).tag, tls, fixed, spec);
  }
  void dial_fails(DialFault fault) {
    DialRefused answer;
    answer.tag = hear<Dial>(broker).tag;
    answer.fault = fault;
    say(broker, answer);
  }
  // The server that gets `text`, which the client sends under session 1.
  WireEnd& relayed(WireEnd& from, const std::string& text, bool tls = false) {
    from.send(text);
    judge_good();
    return dialled(tls);
  }

  // Lines of `event`, up to now.
  std::vector<std::string> lines(const std::string& event) {
    int rounds = 0;
    until([&] { return ++rounds > 2; });  // they go at the end of a round
    for (std::string& line : book.lines()) all_lines.push_back(std::move(line));
    std::vector<std::string> found;
    for (const std::string& line : all_lines)
      if (line.starts_with("event=" + event + " ")) found.push_back(line);
    return found;
  }
  Cause cause() { return hear<Closed>(reports).cause; }

  Loop loop;
  LogBook book;
  SigningThread signer;
  WorkerSeat seat;
  Channel porter, reports, broker, sessions;
  std::unique_ptr<Shop> shop;
  std::optional<GenerationPage> page;
  std::unique_ptr<Worker> worker;
  std::vector<std::unique_ptr<WireEnd>> ends;
  std::vector<std::string> all_lines;
  std::uint64_t last_id = 0x1000;
  bool beating = true;  // the heart of sessions
  bool over = false;  // the worker has nothing more to do

 private:
  // Makes a channel of the worker's; the test's end comes back.
  static UniqueFd join(Channel& of_worker, Role peer) {
    Ends made = make_ends();
    of_worker = Channel(std::move(made.theirs), Role::worker, peer);
    return std::move(made.ours);
  }
};

inline std::string status_of(const std::string& answer) { return answer.substr(0, answer.find("\r\n")); }
inline std::string body_of(const std::string& answer) {
  const std::size_t end = answer.find("\r\n\r\n");
  return end == answer.npos ? "" : answer.substr(end + 4);
}
inline bool has(const std::string& text, std::string_view part) { return text.find(part) != std::string::npos; }
// Processor time of this process while `what` runs.
template <class What>
Duration cpu_of(What what) {
  timespec before{}, after{};
  ::clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &before);
  what();
  ::clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &after);
  return {(after.tv_sec - before.tv_sec) * 1'000'000 + (after.tv_nsec - before.tv_nsec) / 1000};
}

// What the bench itself costs in a while in which nothing happens between a client and a server.
inline Duration idle_cost() {
  static const Duration cost = [] {
    Rig rig;
    WireEnd& client = rig.client();
    rig.hear_text(rig.relayed(client, request("GET /")), "\r\n\r\n");
    rig.settle();
    return cpu_of([&] { rig.until([] { return false; }, milliseconds(300)); });
  }();
  return cost;
}

// True if the worker does nothing in a while.  One that goes round in vain does so for
// ever, noise passes: so there are three tries.
inline bool sleeps(Rig& rig) {
  const Duration most = idle_cost() + idle_cost();
  for (int i = 0; i < 3; ++i)
    if (cpu_of([&] { rig.until([] { return false; }, milliseconds(300)); }) < most) return true;
  return false;
}

}  // namespace connection_rig
