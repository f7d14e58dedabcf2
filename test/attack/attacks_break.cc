// What no worker does: malformed messages, foreign descriptors, floods, forged lines,
// writing to shared memory, forbidden calls.

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>

#include "attack/attacker.h"
#include "common/clock.h"
#include "common/sandbox_policy.h"

namespace postern::wfd {
namespace {

bool send_bytes(int fd, std::string_view bytes) {
  return ::send(fd, bytes.data(), bytes.size(), MSG_NOSIGNAL | MSG_DONTWAIT) >= 0;
}

std::string outcome(long result) {
  return result >= 0 ? "done" : "errno " + std::to_string(errno);
}

bool is_over(int fd, int milliseconds) {
  pollfd wait{fd, POLLRDHUP, 0};
  return ::poll(&wait, 1, milliseconds) > 0 && (wait.revents & (POLLHUP | POLLRDHUP | POLLERR)) != 0;
}

}  // namespace

// raw ROLE HEX: exactly these bytes as one packet.  `huge` is 100 KiB, `empty` is none.
std::string Attacker::send_raw(const Words& words) {
  Channel& to = channel(word(words, 1));
  const std::string_view what = word(words, 2);
  const std::string bytes = what == "huge" ? std::string(100 * 1024, '\x15')
                            : what == "empty" ? std::string() : from_hex(what);
  return send_bytes(to.fd(), bytes) ? "sent" : "errno " + std::to_string(errno);
}

// descriptors ROLE HEX COUNT: these bytes, and so many descriptors that nobody asked for.
std::string Attacker::send_descriptors(const Words& words) {
  constexpr std::size_t most = 200;
  const std::size_t count = std::min<std::size_t>(number(words, 3, 1), most);
  std::string bytes = from_hex(word(words, 2));
  iovec part{bytes.data(), bytes.size()};
  alignas(cmsghdr) std::array<char, CMSG_SPACE(sizeof(int) * most)> control{};
  msghdr header{};
  header.msg_iov = &part;
  header.msg_iovlen = 1;
  header.msg_control = control.data();
  header.msg_controllen = CMSG_SPACE(sizeof(int) * count);
  cmsghdr* c = CMSG_FIRSTHDR(&header);
  *c = {CMSG_LEN(sizeof(int) * count), SOL_SOCKET, SCM_RIGHTS};
  const int lent = client_.get();
  for (std::size_t i = 0; i < count; ++i) std::memcpy(CMSG_DATA(c) + i * sizeof lent, &lent, sizeof lent);
  const int fd = word(words, 1) == "log" ? worker_log_number : channel(word(words, 1)).fd();
  return ::sendmsg(fd, &header, MSG_NOSIGNAL | MSG_DONTWAIT) >= 0 ? "sent" : "errno " + std::to_string(errno);
}

// hear ROLE MILLISECONDS: the next packet as "DESCRIPTORS HEX", "closed", or "silence".  The
// page of sessions, which every worker gets, is kept for `pages`.
std::string Attacker::hear_raw(const Words& words) {
  const int fd = channel(word(words, 1)).fd();
  for (;;) {
    pollfd wait{fd, POLLIN, 0};
    if (::poll(&wait, 1, static_cast<int>(number(words, 2, 1000))) == 0) return "silence";
    std::array<std::byte, max_message> bytes;
    iovec part{bytes.data(), bytes.size()};
    alignas(cmsghdr) std::array<char, CMSG_SPACE(sizeof(int))> control{};
    msghdr header{};
    header.msg_iov = &part;
    header.msg_iovlen = 1;
    header.msg_control = control.data();
    header.msg_controllen = control.size();
    const ssize_t n = ::recvmsg(fd, &header, MSG_DONTWAIT | MSG_CMSG_CLOEXEC);
    if (n <= 0) return "closed";
    UniqueFd lent;
    const cmsghdr* c = CMSG_FIRSTHDR(&header);
    if (c != nullptr && c->cmsg_type == SCM_RIGHTS) {
      int number_of = -1;
      std::memcpy(&number_of, CMSG_DATA(c), sizeof number_of);
      lent = UniqueFd::adopt(number_of);
    }
    if (bytes[0] != static_cast<std::byte>(Kind::page))
      return (lent ? "1 " : "0 ") + to_hex(std::span(bytes).first(static_cast<std::size_t>(n)));
    page_ = std::move(lent);
  }
}

// closed ROLE: whether the other end has dropped us, or does so within two seconds.
std::string Attacker::is_closed(const Words& words) {
  return is_over(channel(word(words, 1)).fd(), 2000) ? "closed" : "open";
}

// flood WHAT MILLISECONDS: as fast as the kernel takes them; how many went out.  `mute`
// floods are never read; they end when the channel does.
std::string Attacker::flood(const Words& words) {
  const std::string_view what = word(words, 1);
  const Mono until = read_mono() + milliseconds(static_cast<std::int64_t>(number(words, 2, 1000)));
  const Words question = {"", std::string(64, 'a'), "www.corp.example"};
  unsigned long sent = 0;
  std::string last;
  for (std::uint32_t i = 0; read_mono() < until; ++i, ++sent) {
    if (what == "judge") last = judge(question);
    if (what == "dial") last = dial(question);
    if (what == "log") last = send_bytes(worker_log_number, "6event=debug what=" + std::to_string(i)) ? "sent" : "full";
    if (what == "report") last = report({"", std::string(280, '0')});
    if (what == "garbage") last = send_bytes(seat_.reports.fd(), "garbage") ? "sent" : "full";
    if (what == "keep") last = keep({"", to_hex(std::as_bytes(std::span(&i, 1))) + std::string(56, '0'), "www.corp.example", "state"});
    if (what == "mute") {
      Judge unread;
      unread.ticket = ticket_;
      (void)unread.cookie.assign(std::string(32, 'x'));
      const Told told = seat_.sessions.send(unread);
      last = told == Told::lost ? "closed" : told == Told::full ? "full" : "sent";
    }
    if (what == "mute-sign" || what == "mute-take") {
      TakeSession unread;
      unread.ticket = ticket_;
      const Told told = seat_.signer.send(unread);
      last = told == Told::lost ? "closed" : told == Told::full ? "full" : "sent";
    }
    if (last == "closed") break;
  }
  return last + " " + std::to_string(sent);
}

// log HEX: exactly these bytes as a line.
std::string Attacker::write_log(const Words& words) {
  return send_bytes(worker_log_number, from_hex(word(words, 1))) ? "sent" : "errno " + std::to_string(errno);
}

// pages: every way to write to the memory that sessions publishes.
std::string Attacker::write_pages(const Words&) {
  Packet packet;
  (void)hear(seat_.sessions, Kind::verdict, packet, 300);  // the page comes first
  if (!page_) return "no page";
  constexpr std::size_t size = 4096;
  void* writable = ::mmap(nullptr, size, PROT_READ | PROT_WRITE, MAP_SHARED, page_.get(), 0);
  std::string answer = "map " + outcome(writable == MAP_FAILED ? -1 : 0);
  void* readable = ::mmap(nullptr, size, PROT_READ, MAP_SHARED, page_.get(), 0);
  if (readable == MAP_FAILED) return answer + ", no reading either";
  answer += ", protect " + outcome(::mprotect(readable, size, PROT_READ | PROT_WRITE));
  const char byte = 1;
  answer += ", write " + outcome(::write(page_.get(), &byte, 1));
  return answer;
}

// kernel CALL: of which the filter must let none through.
std::string Attacker::call_kernel(const Words& words) {
  const std::string_view what = word(words, 1);
  const auto pid = static_cast<pid_t>(number(words, 2, 1));
  if (what == "fork") return outcome(::fork());
  if (what == "open") return outcome(::open("/", O_RDONLY));
  if (what == "socket") return outcome(::socket(AF_INET, SOCK_STREAM, 0));
  if (what == "connect") return outcome(::connect(client_.get(), nullptr, 0));
  if (what == "socketpair") { int ends[2]; return outcome(::socketpair(AF_UNIX, SOCK_STREAM, 0, ends)); }
  if (what == "exec") return outcome(::syscall(SYS_execveat, page_.get(), "", nullptr, nullptr, AT_EMPTY_PATH));
  if (what == "ptrace") return outcome(::ptrace(PTRACE_ATTACH, pid, nullptr, nullptr));
  if (what == "kill") return outcome(::kill(pid, SIGKILL));
  if (what == "tgkill") return outcome(::syscall(SYS_tgkill, pid, pid, SIGKILL));
  if (what == "abort-sibling") return outcome(::syscall(SYS_tgkill, pid, pid, SIGABRT));
  if (what == "exec-memory") return outcome(::mmap(nullptr, 4096, PROT_READ | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) == MAP_FAILED ? -1 : 0);
  if (what == "shut-log") return outcome(::shutdown(worker_log_number, SHUT_RDWR));
  if (what == "shut-reports") return outcome(::shutdown(worker_reports_number, SHUT_RDWR));
  if (what == "shut-high") return outcome(::syscall(SYS_shutdown, (1UL << 32) | static_cast<unsigned long>(worker_log_number), SHUT_RDWR));
  if (what == "vm-write") return outcome(::syscall(SYS_process_vm_writev, pid, nullptr, 0, nullptr, 0, 0));
  if (what == "pidfd") return outcome(::syscall(SYS_pidfd_open, pid, 0));
  if (what == "io-uring") return outcome(::syscall(SYS_io_uring_setup, 1, nullptr));
  if (what == "bpf") return outcome(::syscall(SYS_bpf, 0, nullptr, 0));
  if (what == "own") return outcome(::fcntl(worker_log_number, F_SETOWN, pid));
  if (what == "block-log") return outcome(::fcntl(worker_log_number, F_SETFL, 0));
  if (what == "dumpable") return outcome(::prctl(PR_SET_DUMPABLE, 1, 0, 0, 0));
  return "what?";
}

// stay: the process outlives its connection, for whatever comes next.
std::string Attacker::stay(const Words&) {
  stays_ = true;
  return "staying";
}

}  // namespace postern::wfd
