// Two bare servers to measure against, each in one process or in one for so many connections.  Never use them for anything else: they believe
// everything that they are sent.

#include "floors.h"

#include <openssl/err.h>
#include <openssl/ssl.h>
#include <fcntl.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <csignal>
#include <cstdint>
#include <cstdio>
#include <memory>
#include <optional>
#include <string_view>
#include <unordered_set>
#include <vector>

#include "common/unique_fd.h"

namespace postern::bench {
namespace {

constexpr std::size_t room_bytes = 64 * 1024;
constexpr int silence_seconds = 3;  // as at Postern's doors

void no_delay(int fd) {
  const int on = 1;
  (void)::setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
}

UniqueFd listen_at(const sockaddr_in& at, bool defer) {
  UniqueFd fd = UniqueFd::adopt(::socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  const int on = 1;
  (void)::setsockopt(fd.get(), SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  if (defer && ::setsockopt(fd.get(), IPPROTO_TCP, TCP_DEFER_ACCEPT, &silence_seconds, sizeof silence_seconds) != 0) return {};
  if (::bind(fd.get(), reinterpret_cast<const sockaddr*>(&at), sizeof at) != 0 || ::listen(fd.get(), 4096) != 0)
    return {};
  return fd;
}

bool has_left(int fd) {
  char byte = 0;
  return ::recv(fd, &byte, 1, MSG_PEEK) == 0;
}

SSL_CTX* make_context(const FloorOptions& options) {
  SSL_CTX* context = SSL_CTX_new(TLS_server_method());
  if (context == nullptr) return nullptr;
  SSL_CTX_set_min_proto_version(context, TLS1_3_VERSION);
  SSL_CTX_set_mode(context, SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER | SSL_MODE_RELEASE_BUFFERS);
  SSL_CTX_set_num_tickets(context, 1);
  SSL_CTX_set_read_ahead(context, 1);
  const unsigned char name[] = "floor";
  SSL_CTX_set_session_id_context(context, name, sizeof name);
  if (SSL_CTX_use_certificate_chain_file(context, options.certificate.c_str()) == 1 &&
      SSL_CTX_use_PrivateKey_file(context, options.key.c_str(), SSL_FILETYPE_PEM) == 1)
    return context;
  ERR_print_errors_fp(stderr);
  return nullptr;
}

// A handshake in memory: what OpenSSL looks for at the first, children then find.
void warm_up(SSL_CTX* context) {
  SSL_CTX* peers = SSL_CTX_new(TLS_client_method());
  SSL *server = SSL_new(context), *client = SSL_new(peers);
  BIO *one = nullptr, *other = nullptr;
  (void)BIO_new_bio_pair(&one, 0, &other, 0);
  SSL_set_bio(server, one, one);
  SSL_set_bio(client, other, other);
  SSL_set_accept_state(server);
  SSL_set_connect_state(client);
  for (int i = 0; i < 4; ++i) {
    (void)SSL_do_handshake(client);
    (void)SSL_do_handshake(server);
  }
  char byte = 'x';
  if (SSL_write(client, &byte, 1) != 1 || SSL_read(server, &byte, 1) != 1 || SSL_write(server, &byte, 1) != 1)
    std::fprintf(stderr, "floor: the handshake in memory failed\n");
  SSL_free(server);
  SSL_free(client);
  SSL_CTX_free(peers);
}

// One end of a conversation: a socket, with TLS or without, and the bytes read from it.
struct End {
  UniqueFd fd;
  SSL* tls = nullptr;
  std::vector<char> bytes;  // read, not yet written to the other end
  std::size_t from = 0;
  std::size_t due = 0;      // of a body that is thrown away
  bool eof = false;

  End() = default;
  ~End() { SSL_free(tls); }
  End(const End&) = delete;
  End& operator=(const End&) = delete;

  // What came: more than 0 bytes, 0 for nothing now, -1 for the end.
  long read(char* room, std::size_t size) {
    if (tls == nullptr) {
      const long n = ::recv(fd.get(), room, size, 0);
      return n > 0 ? n : n < 0 && errno == EAGAIN ? 0 : -1;
    }
    const int n = SSL_read(tls, room, static_cast<int>(size));
    return n > 0 ? n : waits(n) ? 0 : -1;
  }
  long write(std::string_view text) {
    if (tls == nullptr) {
      const long n = ::send(fd.get(), text.data(), text.size(), MSG_NOSIGNAL);
      return n >= 0 ? n : errno == EAGAIN ? 0 : -1;
    }
    const int n = SSL_write(tls, text.data(), static_cast<int>(text.size()));
    return n > 0 ? n : waits(n) ? 0 : -1;
  }
  bool waits(int result) const {
    const int error = SSL_get_error(tls, result);
    if (error == SSL_ERROR_WANT_READ || error == SSL_ERROR_WANT_WRITE) return true;
    ERR_clear_error();
    return false;
  }
};

struct Pair;
struct Ear {  // what an event belongs to
  Pair* pair = nullptr;
  bool client = false;
};
struct Pair {
  End client, server;
  Ear at_client{this, true}, at_server{this, false};
};

class Floor {
 public:
  Floor(const FloorOptions& options, bool relay) : options_(options), relay_(relay) {}
  int run();

 private:
  void accept_all();
  void fork_when_full();
  bool begin(UniqueFd fd);
  [[noreturn]] void loop();
  bool dial(Pair& pair);
  void watch(End& end, Ear& ear);
  bool serve(Pair& pair);
  bool relay(End& from, End& to);
  bool relay_both(Pair& pair);
  void on_event(const Ear& ear);

  const FloorOptions& options_;
  bool relay_;
  SSL_CTX* context_ = nullptr;
  UniqueFd poll_, listener_;
  UniqueFd takes_more_;         // closed when a process has all the connections that it takes
  std::size_t taken_ = 0, over_ = 0;
  std::optional<LineWriter> lines_;
  std::unordered_set<Pair*> doomed_;
};

void Floor::watch(End& end, Ear& ear) {
  epoll_event event{};
  event.events = EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLET;
  event.data.ptr = &ear;
  (void)::epoll_ctl(poll_.get(), EPOLL_CTL_ADD, end.fd.get(), &event);
}

bool Floor::dial(Pair& pair) {
  pair.server.fd = UniqueFd::adopt(::socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  no_delay(pair.server.fd.get());
  const auto* to = reinterpret_cast<const sockaddr*>(&options_.upstream);
  if (::connect(pair.server.fd.get(), to, sizeof options_.upstream) != 0 && errno != EINPROGRESS) return false;
  watch(pair.server, pair.at_server);
  return true;
}

void Floor::accept_all() {
  while (listener_) {
    UniqueFd fd = UniqueFd::adopt(::accept4(listener_.get(), nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC));
    if (!fd) return;
    if (lines_ && options_.lines_of == LineWriter::Of::connections) lines_->add();
    if (options_.defer && has_left(fd.get())) fd.reset();
    if (!fd || !begin(std::move(fd))) ++over_;
    if (++taken_ != options_.together) continue;
    (void)::epoll_ctl(poll_.get(), EPOLL_CTL_DEL, listener_.get(), nullptr);  // the first process has it open
    listener_.reset();
    takes_more_.reset();
  }
}

// Comes back in a child, which takes connections; the next one is forked when it has them all.
void Floor::fork_when_full() {
  const pid_t first = ::getpid();
  for (char none = 0;;) {
    int ends[2] = {-1, -1};
    if (::pipe2(ends, O_CLOEXEC) != 0) ::_exit(1);
    const UniqueFd full = UniqueFd::adopt(ends[0]);
    takes_more_ = UniqueFd::adopt(ends[1]);
    const pid_t child = ::fork();
    if (child == 0) {
      if (::prctl(PR_SET_PDEATHSIG, SIGKILL) != 0 || ::getppid() != first) ::_exit(1);
      return;
    }
    takes_more_.reset();
    if (child < 0 || ::read(full.get(), &none, 1) != 0) ::_exit(1);
  }
}

bool Floor::begin(UniqueFd fd) {
  no_delay(fd.get());
  auto pair = std::make_unique<Pair>();
  pair->client.fd = std::move(fd);
  if (context_ != nullptr) {
    pair->client.tls = SSL_new(context_);
    if (pair->client.tls == nullptr || SSL_set_fd(pair->client.tls, pair->client.fd.get()) != 1) return false;
    SSL_set_accept_state(pair->client.tls);
  }
  watch(pair->client, pair->at_client);
  (void)pair.release();  // lives until its client hangs up
  return true;
}

std::size_t length_in(std::string_view head) {
  constexpr std::string_view name = "ontent-";  // Content-Length or content-length
  constexpr std::size_t rest = std::string_view("ontent-Length: ").size();
  std::size_t at = head.find(name);
  while (at != head.npos && head.substr(at + 8, 7) != "ength: ") at = head.find(name, at + 1);
  std::size_t n = 0;
  if (at != head.npos) (void)std::from_chars(head.data() + at + rest, head.data() + head.size(), n);
  return n;
}

// The server.  False when the conversation is over.
bool Floor::serve(Pair& pair) {
  static std::array<char, room_bytes> room;
  End& end = pair.client;
  for (;;) {
    const long n = end.read(room.data(), room.size());
    if (n == 0) return true;
    if (n < 0) return false;
    std::string_view bytes(room.data(), static_cast<std::size_t>(n));
    if (end.due == 0) {
      const std::size_t head = bytes.find("\r\n\r\n");
      if (head == bytes.npos) return false;  // its clients send a head in one piece
      end.due = length_in(bytes.substr(0, head));
      bytes.remove_prefix(head + 4);
    }
    end.due -= std::min(end.due, bytes.size());
    if (end.due > 0) continue;
    if (end.write(options_.answer) < 0 || options_.close) return false;
    if (lines_ && options_.lines_of == LineWriter::Of::answers) lines_->add();
  }
}

// Moves what there is; what cannot be written now waits for the next event.
bool Floor::relay(End& from, End& to) {
  for (;;) {
    if (from.from < from.bytes.size()) {
      const long n = to.write(std::string_view(from.bytes.data() + from.from, from.bytes.size() - from.from));
      if (n < 0) return false;
      if (n == 0) return true;
      from.from += static_cast<std::size_t>(n);
      continue;
    }
    from.from = 0;
    from.bytes.resize(room_bytes);
    std::size_t got = 0;
    while (got < room_bytes && !from.eof) {
      const long n = from.read(from.bytes.data() + got, room_bytes - got);
      if (n == 0) break;
      if (n < 0) from.eof = true;
      else got += static_cast<std::size_t>(n);
    }
    from.bytes.resize(got);
    if (got == 0) {
      if (!from.eof) std::vector<char>().swap(from.bytes);  // idle connections hold no buffers
      return !from.eof;
    }
  }
}

bool Floor::relay_both(Pair& pair) {
  const int shaken = SSL_do_handshake(pair.client.tls);
  if (shaken != 1) return pair.client.waits(shaken);
  if (!pair.server.fd && !dial(pair)) return false;
  return relay(pair.client, pair.server) && relay(pair.server, pair.client);
}

void Floor::on_event(const Ear& ear) {
  Pair& pair = *ear.pair;
  if (!doomed_.contains(&pair) && !(relay_ ? relay_both(pair) : serve(pair))) doomed_.insert(&pair);
}

int Floor::run() {
  if (!options_.key.empty() && (context_ = make_context(options_)) == nullptr) return 1;
  if (options_.together > 0 && context_ != nullptr) warm_up(context_);
  if (!options_.log.empty() && !(lines_ = LineWriter::start(options_.log, options_.lines_of))) return std::perror("floor: log"), 1;
  listener_ = listen_at(options_.at, options_.defer);
  if (!listener_) return std::perror("floor: listen"), 1;
  (void)std::signal(SIGCHLD, SIG_IGN);  // nobody asks how they ended
  std::puts("ready");
  std::fflush(stdout);
  if (options_.together > 0) fork_when_full();
  loop();
}

// Until it is killed; in a child, until its connections are over.
void Floor::loop() {
  poll_ = UniqueFd::adopt(::epoll_create1(EPOLL_CLOEXEC));
  epoll_event listening{};
  listening.events = EPOLLIN;
  (void)::epoll_ctl(poll_.get(), EPOLL_CTL_ADD, listener_.get(), &listening);
  std::array<epoll_event, 256> events;
  while (listener_ || over_ < taken_) {
    const int n = ::epoll_wait(poll_.get(), events.data(), static_cast<int>(events.size()), -1);
    for (int i = 0; i < n; ++i) {
      const auto* ear = static_cast<Ear*>(events[static_cast<std::size_t>(i)].data.ptr);
      if (ear == nullptr) accept_all();
      else on_event(*ear);
    }
    if (lines_) lines_->flush();
    over_ += doomed_.size();
    for (Pair* pair : doomed_) std::unique_ptr<Pair>(pair).reset();
    doomed_.clear();
  }
  ::_exit(0);
}

}  // namespace

int run_server_floor(const FloorOptions& options) { return Floor(options, false).run(); }
int run_relay_floor(const FloorOptions& options) { return Floor(options, true).run(); }

}  // namespace postern::bench
