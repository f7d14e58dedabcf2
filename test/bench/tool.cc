// bench-tool: what the benchmarks need beside the servers that are measured.
//   bench-tool load NAME=VALUE...     the load generator; see load.h
//   bench-tool server NAME=VALUE...   a floor: answers every head with the same bytes
//   bench-tool relay NAME=VALUE...    a floor: a bare relay
//   bench-tool sink [count=FILE] SOCKET   a system log that forgets all but refusals and faults, which go to
//                                     standard output; how many lines came stands in FILE, 8 bytes as the machine has them
// Names: to, at, upstream (ADDRESS:PORT), sni, cookie, path, host, method, mode, connections,
// active, requests, warm, upload, status, certificate, key, answer (bytes), close, together, log,
// lines (answers or connections), defer.

#include <arpa/inet.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <array>
#include <charconv>
#include <csignal>
#include <cstdint>
#include <cstdio>
#include <cstring>
#include <map>
#include <string>
#include <string_view>

#include "common/unique_fd.h"
#include "floors.h"
#include "load.h"

namespace {

using postern::bench::FloorOptions;
using postern::bench::LoadOptions;
using postern::bench::Mode;

class Words {
 public:
  Words(int argc, char** argv) {
    for (int i = 2; i < argc; ++i) {
      const std::string_view word(argv[i]);
      const std::size_t equals = word.find('=');
      if (equals == word.npos) rest_ = word;
      else words_[std::string(word.substr(0, equals))] = word.substr(equals + 1);
    }
  }
  std::string text(const std::string& name, std::string_view otherwise = "") const {
    const auto found = words_.find(name);
    return found == words_.end() ? std::string(otherwise) : found->second;
  }
  std::size_t number(const std::string& name, std::size_t otherwise = 0) const {
    const std::string value = text(name);
    std::size_t n = otherwise;
    (void)std::from_chars(value.data(), value.data() + value.size(), n);
    return n;
  }
  sockaddr_in address(const std::string& name) const {
    const std::string value = text(name);
    const std::size_t colon = value.find(':');
    sockaddr_in out{};
    out.sin_family = AF_INET;
    unsigned port = 0;
    if (colon != value.npos) (void)std::from_chars(value.data() + colon + 1, value.data() + value.size(), port);
    out.sin_port = htons(static_cast<std::uint16_t>(port));
    (void)::inet_pton(AF_INET, value.substr(0, colon).c_str(), &out.sin_addr);
    return out;
  }
  const std::string& rest() const { return rest_; }

 private:
  std::map<std::string, std::string> words_;
  std::string rest_;
};

constexpr struct {
  std::string_view name;
  Mode mode;
} modes[] = {{"kept", Mode::kept}, {"fresh", Mode::fresh}, {"resumed", Mode::resumed},
             {"touch", Mode::touch}, {"idle", Mode::idle}};

std::string request_of(const Words& words) {
  std::string head = words.text("method", "GET") + " " + words.text("path", "/") + " HTTP/1.1\r\nHost: " +
                     words.text("host", words.text("sni")) +
                     "\r\nUser-Agent: Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0"
                     "\r\nAccept: text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"
                     "\r\nAccept-Language: en-GB,en;q=0.5\r\n";
  if (const std::string cookie = words.text("cookie"); !cookie.empty()) head += "Cookie: SessionID=" + cookie + "\r\n";
  if (const std::size_t size = words.number("upload"); size != 0) head += "Content-Length: " + std::to_string(size) + "\r\n";
  return head + "\r\n";
}

int load(const Words& words) {
  LoadOptions options;
  for (const auto& row : modes)
    if (row.name == words.text("mode", "kept")) options.mode = row.mode;
  options.to = words.address("to");
  options.sni = words.text("sni");
  options.request = request_of(words);
  options.upload = words.number("upload");
  options.status = static_cast<unsigned>(words.number("status", 200));
  options.connections = words.number("connections", 1);
  options.active = words.number("active");
  options.requests = words.number("requests", 1);
  options.warm = words.number("warm");
  return postern::bench::run_load(options);
}

int floor_of(const Words& words, bool relay) {
  FloorOptions options;
  options.at = words.address("at");
  options.certificate = words.text("certificate");
  options.key = words.text("key");
  options.upstream = words.address("upstream");
  options.close = words.number("close") == 1;
  options.together = words.number("together");
  options.log = words.text("log");
  const std::string of = words.text("lines", "answers");
  if (of == "connections") options.lines_of = postern::bench::LineWriter::Of::connections;
  else if (of != "answers") return std::fprintf(stderr, "bench-tool: lines of what?\n"), 100;
  options.defer = words.number("defer") == 1;
  const std::size_t size = words.number("answer", 1024);
  options.answer = "HTTP/1.1 " + words.text("status", "200") + " -\r\nContent-Length: " + std::to_string(size) +
                   "\r\nContent-Type: text/html\r\n\r\n" + std::string(size, 'x');
  return relay ? postern::bench::run_relay_floor(options) : postern::bench::run_server_floor(options);
}

// Where a number stands that others read while it grows; null when there can be none.
std::uint64_t* counter_in(const std::string& path) {
  const auto fd = postern::UniqueFd::adopt(::open(path.c_str(), O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0644));
  if (!fd || ::ftruncate(fd.get(), sizeof(std::uint64_t)) != 0) return nullptr;
  void* place = ::mmap(nullptr, sizeof(std::uint64_t), PROT_READ | PROT_WRITE, MAP_SHARED, fd.get(), 0);
  return place == MAP_FAILED ? nullptr : static_cast<std::uint64_t*>(place);
}

int sink(const std::string& path, const std::string& count) {
  sockaddr_un name{};
  name.sun_family = AF_UNIX;
  if (path.size() >= sizeof name.sun_path) return 1;
  std::memcpy(name.sun_path, path.data(), path.size());
  const auto fd = postern::UniqueFd::adopt(::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0));
  const int room = 8 << 20;
  (void)::setsockopt(fd.get(), SOL_SOCKET, SO_RCVBUF, &room, sizeof room);
  if (::bind(fd.get(), reinterpret_cast<const sockaddr*>(&name), sizeof name) != 0) return std::perror("sink"), 1;
  (void)::chmod(path.c_str(), 0666);
  std::uint64_t uncounted = 0;
  std::uint64_t* lines = count.empty() ? &uncounted : counter_in(count);
  if (lines == nullptr) return std::perror("sink: count"), 1;
  std::array<char, 65536> line;
  for (;; ++*lines) {
    const ssize_t n = ::recv(fd.get(), line.data(), line.size(), 0);
    if (n < 0) return 1;
    const std::string_view text(line.data(), static_cast<std::size_t>(n));
    if (text.find("event=refuse") == text.npos && text.find("event=fault") == text.npos) continue;
    std::printf("%.*s\n", static_cast<int>(text.size()), text.data());
    std::fflush(stdout);
  }
}

}  // namespace

int main(int argc, char** argv) {
  const std::string_view what = argc > 1 ? argv[1] : "";
  const Words words(argc, argv);
  (void)std::signal(SIGPIPE, SIG_IGN);
  if (what == "load") return load(words);
  if (what == "server") return floor_of(words, false);
  if (what == "relay") return floor_of(words, true);
  if (what == "sink") return sink(words.rest(), words.text("count"));
  std::fprintf(stderr, "bench-tool load|server|relay|sink NAME=VALUE...\n");
  return 100;
}
