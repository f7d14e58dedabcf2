// The load generator of the benchmarks: an HTTP/1.1 client that opens TLS connections, counts
// answers and takes their times.  Talks only to the address it is given, does a number of
// operations that is fixed beforehand, and gives up when nothing moves for ten seconds.

#include "load.h"

#include <openssl/err.h>
#include <openssl/ssl.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <netinet/tcp.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <chrono>
#include <cstdio>
#include <deque>
#include <iostream>
#include <memory>
#include <string_view>
#include <utility>

#include "common/unique_fd.h"

namespace postern::bench {
namespace {

using Clock = std::chrono::steady_clock;

constexpr int patience_ms = 10'000;
constexpr std::size_t room_bytes = 256 * 1024;

std::array<char, room_bytes>& shared_room() {
  static std::array<char, room_bytes> room;
  return room;
}

enum class Step : std::uint8_t { connect, handshake, write, read, rest };
enum class Move : std::uint8_t { on, wait, failed };

class Load;

// One connection after the other in one place of the load.
class Talker {
 public:
  explicit Talker(Load& load) : load_(load) {}
  ~Talker() { hang_up(); }
  Talker(const Talker&) = delete;
  Talker& operator=(const Talker&) = delete;

  bool begin();          // the next operation; false when it cannot
  void on_event();
  void keep(SSL_SESSION* session) {
    SSL_SESSION_free(session_);
    session_ = session;
  }
  void hang_up();
  void drop_session() { keep(nullptr); }

 private:
  bool dial();
  bool prepare_tls();
  Move move();
  Move move_connect();
  Move move_handshake();
  Move move_write();
  Move move_read();
  Move take(std::string_view bytes);
  bool take_head();
  void done(bool good);
  void complain() const;
  void watch(std::uint32_t events);
  Move of(int result);

  Load& load_;
  UniqueFd socket_;
  SSL* tls_ = nullptr;
  SSL_SESSION* session_ = nullptr;
  Step step_ = Step::connect;
  std::uint32_t watched_ = 0;
  std::size_t sent_ = 0, due_ = 0;
  bool head_done_ = false;
  std::string head_;
  Clock::time_point began_;
};

class Load {
 public:
  explicit Load(const LoadOptions& options) : options_(options) {}
  ~Load() {
    talkers_.clear();
    SSL_CTX_free(context_);
  }
  Load(const Load&) = delete;
  Load& operator=(const Load&) = delete;

  bool open();
  bool warm_up();
  LoadResult measure();

  const LoadOptions& options() const { return options_; }
  SSL_CTX* context() const { return context_; }
  int poll() const { return poll_.get(); }
  // An operation is over: what came of it, and whether another one shall begin.
  bool ended(bool good, Clock::time_point began);
  // Who takes the next turn when `talker` has had one: who has waited longest.
  Talker& after(Talker& talker);
  void count_bytes(std::size_t n) { result_.bytes += n; }
  void count_resumed() { ++result_.resumed; }

 private:
  bool run(std::size_t operations);

  LoadOptions options_;
  SSL_CTX* context_ = nullptr;
  UniqueFd poll_;
  std::vector<std::unique_ptr<Talker>> talkers_;
  std::deque<Talker*> resting_;  // while fewer may be active than there are
  std::size_t begun_ = 0, over_ = 0, wanted_ = 0;
  LoadResult result_;
};

// ---- one connection --------------------------------------------------------------

void Talker::hang_up() {
  // As if it had been closed with a word: else the library would call its session broken.
  if (tls_ != nullptr) SSL_set_shutdown(tls_, SSL_SENT_SHUTDOWN | SSL_RECEIVED_SHUTDOWN);
  SSL_free(tls_);
  tls_ = nullptr;
  socket_.reset();
  watched_ = 0;
}

bool Talker::dial() {
  hang_up();
  socket_ = UniqueFd::adopt(::socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  const int on = 1;
  if (!socket_ || ::setsockopt(socket_.get(), IPPROTO_TCP, TCP_NODELAY, &on, sizeof on) != 0) return false;
  const auto* to = reinterpret_cast<const sockaddr*>(&load_.options().to);
  if (::connect(socket_.get(), to, sizeof load_.options().to) != 0 && errno != EINPROGRESS) return false;
  step_ = Step::connect;
  return load_.options().sni.empty() || load_.options().mode == Mode::touch || prepare_tls();
}

bool Talker::prepare_tls() {
  tls_ = SSL_new(load_.context());
  if (tls_ == nullptr || SSL_set_fd(tls_, socket_.get()) != 1) return false;
  SSL_set_app_data(tls_, this);
  if (SSL_set_tlsext_host_name(tls_, load_.options().sni.c_str()) != 1) return false;
  if (session_ != nullptr && SSL_set_session(tls_, session_) != 1) return false;
  SSL_set_connect_state(tls_);
  return true;
}

bool Talker::begin() {
  began_ = Clock::now();
  sent_ = due_ = 0;
  head_done_ = false;
  head_.clear();
  const bool goes_on = socket_ && (load_.options().mode == Mode::kept);
  if (!goes_on && !dial()) return false;
  if (goes_on) step_ = Step::write;
  watch(EPOLLOUT);
  return true;
}

void Talker::watch(std::uint32_t events) {
  if (watched_ == events || !socket_) return;
  epoll_event event{};
  event.events = events;
  event.data.ptr = this;
  (void)::epoll_ctl(load_.poll(), watched_ == 0 ? EPOLL_CTL_ADD : EPOLL_CTL_MOD, socket_.get(), &event);
  watched_ = events;
}

void Talker::on_event() {
  for (;;) {
    const Move moved = move();
    if (moved == Move::wait) return;
    if (moved == Move::failed) return done(false);
    if (step_ == Step::rest) return done(true);
  }
}

Move Talker::move() {
  switch (step_) {
    case Step::connect: return move_connect();
    case Step::handshake: return move_handshake();
    case Step::write: return move_write();
    case Step::read: return move_read();
    case Step::rest: return Move::wait;
  }
  return Move::failed;
}

Move Talker::move_connect() {
  int code = 0;
  socklen_t size = sizeof code;
  if (::getsockopt(socket_.get(), SOL_SOCKET, SO_ERROR, &code, &size) != 0 || code != 0) return Move::failed;
  step_ = load_.options().mode == Mode::touch ? Step::rest : tls_ != nullptr ? Step::handshake : Step::write;
  return Move::on;
}

// What a call of the library that did not succeed means.
Move Talker::of(int result) {
  const int error = SSL_get_error(tls_, result);
  if (error != SSL_ERROR_WANT_READ && error != SSL_ERROR_WANT_WRITE) ERR_clear_error();
  if (error != SSL_ERROR_WANT_READ && error != SSL_ERROR_WANT_WRITE) return Move::failed;
  watch(error == SSL_ERROR_WANT_READ ? EPOLLIN : EPOLLOUT);
  return Move::wait;
}

Move Talker::move_handshake() {
  const int result = SSL_do_handshake(tls_);
  if (result != 1) return of(result);
  if (SSL_session_reused(tls_) == 1) load_.count_resumed();
  step_ = Step::write;
  return Move::on;
}

Move Talker::move_write() {
  static const std::string body(64 * 1024, 'x');
  const std::string& request = load_.options().request;
  const std::size_t all = request.size() + load_.options().upload;
  while (sent_ < all) {
    std::string_view part(request);
    if (sent_ < request.size()) part.remove_prefix(sent_);
    else part = std::string_view(body).substr(0, all - sent_);
    long n = 0;
    if (tls_ != nullptr) {
      const int result = SSL_write(tls_, part.data(), static_cast<int>(part.size()));
      if (result <= 0) return of(result);
      n = result;
    } else {
      n = ::send(socket_.get(), part.data(), part.size(), MSG_NOSIGNAL);
      if (n < 0 && errno != EAGAIN) return Move::failed;
      if (n < 0) return watch(EPOLLOUT), Move::wait;
    }
    sent_ += static_cast<std::size_t>(n);
  }
  step_ = Step::read;
  watch(EPOLLIN);
  return Move::on;
}

Move Talker::move_read() {
  auto& room = shared_room();
  long n = 0;
  if (tls_ != nullptr) {
    const int result = SSL_read(tls_, room.data(), static_cast<int>(room.size()));
    if (result <= 0) return of(result);
    n = result;
  } else {
    n = ::recv(socket_.get(), room.data(), room.size(), 0);
    if (n < 0 && errno == EAGAIN) return watch(EPOLLIN), Move::wait;
    if (n <= 0) return Move::failed;
  }
  return take({room.data(), static_cast<std::size_t>(n)});
}

Move Talker::take(std::string_view bytes) {
  if (!head_done_) {
    head_ += bytes;
    const std::size_t end = head_.find("\r\n\r\n");
    if (end == head_.npos) return Move::on;
    const std::size_t body = head_.size() - end - 4;
    head_.resize(end + 2);
    if (!take_head() || body > due_) return Move::failed;
    head_done_ = true;
    bytes = bytes.substr(bytes.size() - body);
  }
  if (bytes.size() > due_) return Move::failed;
  due_ -= bytes.size();
  load_.count_bytes(bytes.size());
  if (due_ == 0) step_ = Step::rest;
  return Move::on;
}

// Status and length; no benchmark has an answer without a length.
bool Talker::take_head() {
  unsigned status = 0;
  if (head_.size() < 12 || !head_.starts_with("HTTP/1.1 ")) return false;
  (void)std::from_chars(head_.data() + 9, head_.data() + 12, status);
  std::transform(head_.begin(), head_.end(), head_.begin(), [](char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c;
  });
  constexpr std::string_view name = "\r\ncontent-length: ";
  const std::size_t at = head_.find(name);
  if (at == head_.npos || status != load_.options().status) return false;
  const char* digits = head_.data() + at + name.size();
  return std::from_chars(digits, head_.data() + head_.size(), due_).ec == std::errc{};
}

// The first failure is shown, as far as its answer had come.
void Talker::complain() const {
  static bool shown = false;
  if (!std::exchange(shown, true))
    std::fprintf(stderr, "load: failed in step %d, answer: %s\n", static_cast<int>(step_), head_.c_str());
}

void Talker::done(bool good) {
  if (!good) complain();
  const Mode mode = load_.options().mode;
  const bool stays = good && (mode == Mode::kept || mode == Mode::idle);
  if (!stays) hang_up();
  if (stays) step_ = Step::rest;
  if (!load_.ended(good, began_)) return;
  Talker& next = load_.after(*this);
  if (!next.begin()) (void)load_.ended(false, next.began_);
}

// ---- all of them -----------------------------------------------------------------

int keep_session(SSL* tls, SSL_SESSION* session) {
  static_cast<Talker*>(SSL_get_app_data(tls))->keep(session);
  return 1;
}

bool Load::open() {
  poll_ = UniqueFd::adopt(::epoll_create1(EPOLL_CLOEXEC));
  context_ = SSL_CTX_new(TLS_client_method());
  if (!poll_ || context_ == nullptr) return false;
  SSL_CTX_set_min_proto_version(context_, TLS1_3_VERSION);
  SSL_CTX_set_mode(context_, SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
  if (options_.mode == Mode::resumed) {
    SSL_CTX_set_session_cache_mode(context_, SSL_SESS_CACHE_CLIENT | SSL_SESS_CACHE_NO_INTERNAL);
    SSL_CTX_sess_set_new_cb(context_, keep_session);
  }
  for (std::size_t i = 0; i < options_.connections; ++i) talkers_.push_back(std::make_unique<Talker>(*this));
  return true;
}

bool Load::ended(bool good, Clock::time_point began) {
  ++over_;
  if (!good) ++result_.failed;
  const auto took = std::chrono::duration_cast<std::chrono::microseconds>(Clock::now() - began);
  result_.microseconds.push_back(static_cast<std::uint32_t>(took.count()));
  if (begun_ == wanted_ || options_.mode == Mode::idle) return false;
  ++begun_;
  return true;
}

Talker& Load::after(Talker& talker) {
  resting_.push_back(&talker);
  Talker& next = *resting_.front();
  resting_.pop_front();
  return next;
}

// The operations of one stretch; false when nothing moved for too long.
bool Load::run(std::size_t operations) {
  begun_ = over_ = 0;
  wanted_ = operations;
  // Idle connections are many: they are opened by and by, as those before are there.
  const std::size_t active = options_.active == 0 ? talkers_.size() : std::min(options_.active, talkers_.size());
  const std::size_t at_once = options_.mode == Mode::idle ? 64 : active;
  resting_.clear();
  for (std::size_t i = at_once; i < talkers_.size() && options_.mode != Mode::idle; ++i) resting_.push_back(talkers_[i].get());
  std::size_t next = 0;
  const auto start_some = [&] {
    while (next < talkers_.size() && begun_ < wanted_ && begun_ - over_ < at_once && (options_.mode == Mode::idle || next < at_once)) {
      ++begun_;
      if (!talkers_[next++]->begin()) (void)ended(false, Clock::now());
    }
  };
  start_some();
  std::array<epoll_event, 256> events;
  while (over_ < wanted_) {
    const int n = ::epoll_wait(poll_.get(), events.data(), static_cast<int>(events.size()), patience_ms);
    if (n <= 0) return false;
    for (int i = 0; i < n; ++i) static_cast<Talker*>(events[static_cast<std::size_t>(i)].data.ptr)->on_event();
    if (options_.mode == Mode::idle) start_some();
  }
  return true;
}

bool Load::warm_up() {
  if (options_.mode == Mode::idle) return true;
  if (options_.warm != 0 && !run(std::max(options_.warm, options_.connections))) return false;
  const bool good = result_.failed == 0;
  result_ = LoadResult();
  return good;
}

LoadResult Load::measure() {
  const auto started = Clock::now();
  const std::size_t operations = options_.mode == Mode::idle ? options_.connections : options_.requests;
  if (!run(operations)) result_.failed += operations - over_;
  result_.seconds = std::chrono::duration<double>(Clock::now() - started).count();
  return result_;
}

std::uint32_t part_of(std::vector<std::uint32_t>& sorted, double part) {
  if (sorted.empty()) return 0;
  return sorted[static_cast<std::size_t>(part * static_cast<double>(sorted.size() - 1))];
}

void print(LoadResult& r) {
  std::sort(r.microseconds.begin(), r.microseconds.end());
  std::printf("{\"operations\":%zu,\"failed\":%zu,\"seconds\":%.6f,\"bytes\":%zu,\"resumed\":%zu,\"p50\":%u,\"p99\":%u}\n",
              r.microseconds.size(), r.failed, r.seconds, r.bytes, r.resumed, part_of(r.microseconds, 0.5),
              part_of(r.microseconds, 0.99));
  std::fflush(stdout);
}

}  // namespace

int run_load(const LoadOptions& options) {
  Load load(options);
  if (!load.open() || !load.warm_up()) {
    std::fprintf(stderr, "load: the warming up failed\n");
    ERR_print_errors_fp(stderr);
    return 1;
  }
  std::puts("ready");
  std::fflush(stdout);
  std::string line;
  if (!std::getline(std::cin, line)) return 1;
  LoadResult result = load.measure();
  print(result);
  while (std::getline(std::cin, line)) {
  }
  return result.failed == 0 ? 0 : 1;
}

}  // namespace postern::bench
