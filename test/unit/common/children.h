// For tests of what a process may do: work is done in a forked process, and its end is
// looked at.  And descriptors are counted, so that none is lost.
#pragma once

#include <dirent.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstddef>

namespace postern::test {

// Runs `work` (returns an exit code) in a new process; its wait status comes back.  One
// that hangs is ended by SIGALRM, one in which a REQUIRE fails by SIGABRT (so there must be
// none where that is expected): the test program goes on in the parent alone.
template <class Work>
int in_child(Work work) {
  const pid_t pid = ::fork();
  if (pid == 0) {
    (void)::signal(SIGALRM, SIG_DFL);
    for (const int number : {SIGABRT, SIGSEGV, SIGTERM, SIGFPE, SIGILL, SIGINT})
      (void)::signal(number, SIG_DFL);  // without the handlers of the test program
    ::alarm(20);
    ::_exit([&]() noexcept { return work(); }());
  }
  int status = -1;
  if (pid > 0) (void)::waitpid(pid, &status, 0);
  return status;
}

inline bool left_with(int status, int code) { return WIFEXITED(status) && WEXITSTATUS(status) == code; }
inline bool killed_by(int status, int number) { return WIFSIGNALED(status) && WTERMSIG(status) == number; }

// How many descriptors this process has open.
inline std::size_t open_descriptors() {
  DIR* listing = ::opendir("/proc/self/fd");
  std::size_t count = 0;
  while (listing != nullptr && ::readdir(listing) != nullptr) ++count;
  if (listing != nullptr) (void)::closedir(listing);
  return count;
}

}  // namespace postern::test
