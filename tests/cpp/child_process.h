// SPDX-License-Identifier: BSD-3-Clause
//
// A forked child that runs a function; the test sees its exit status. Expectations do not travel: the child
// says by its status what it has found.
#pragma once

#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <utility>

namespace shmem::smp::test {

class ChildProcess {
 public:
  // `body` returns the exit status.
  template <class Body>
  explicit ChildProcess(Body&& body) : pid_(fork()) {
    if (pid_ == 0) {
      alarm(60);  // a child that hangs is killed, which the test sees
      _exit(body());
    }
  }
  ~ChildProcess() {
    if (pid_ > 0) {
      kill(pid_, SIGKILL);
      wait();
    }
  }
  ChildProcess(const ChildProcess&) = delete;
  ChildProcess& operator=(const ChildProcess&) = delete;

  [[nodiscard]] pid_t pid() const { return pid_; }

  // As a shell counts: the status, or 128 + signal.
  int wait() {
    int status = 0;
    if (waitpid(std::exchange(pid_, -1), &status, 0) < 0) return -1;
    return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
  }

 private:
  pid_t pid_;
};

}  // namespace shmem::smp::test
