// SPDX-License-Identifier: BSD-3-Clause
//
// The loop around the other launcher (watch.h). One thread; nothing is shared.
#include "launcher/watch.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <climits>
#include <cstdio>
#include <cstring>
#include <string>

#include "launcher/guard.h"
#include "launcher/processes.h"
#include "launcher/reasons.h"
#include "launcher/spawn.h"
#include "smp/os/prim.h"

namespace shmem::launcher {

namespace {

constexpr std::int64_t kMillisecond = 1'000'000;
constexpr std::int64_t kFinalTextNs = 5'000 * kMillisecond;  // from the final text to SIGKILL
constexpr std::int64_t kKillNs = 3'000 * kMillisecond;
constexpr std::int64_t kNever = INT64_MAX;

// Passes the launcher's standard error on to ours and searches it for a text. At most one piece is held: while our
// standard error takes nothing, no more is read.
class Errors {
 public:
  explicit Errors(const char* text) : text_(text) {}

  // The launcher's end of the pipe, or -1 with errno.
  int open() {
    int ends[2];
    if (pipe2(ends, O_CLOEXEC) != 0) return -1;
    from_ = ends[0];
    fcntl(from_, F_SETFL, O_NONBLOCK);
    return ends[1];
  }

  [[nodiscard]] bool is_open() const { return from_ >= 0; }

  // What to poll for. A piece of at most PIPE_BUF bytes never blocks once poll has reported room.
  [[nodiscard]] pollfd wanted() const {
    if (!piece_.empty()) return {STDERR_FILENO, POLLOUT, 0};
    return {from_, POLLIN, 0};
  }

  // Reads or writes a piece. False if there was nothing to do.
  bool move() {
    if (!piece_.empty()) {
      const ssize_t written = write(STDERR_FILENO, piece_.data(), piece_.size());
      if (written < 0 && errno != EAGAIN && errno != EINTR) piece_.clear();  // our reader has gone
      if (written > 0) piece_.erase(0, static_cast<std::size_t>(written));
      return written > 0;
    }
    char bytes[PIPE_BUF];
    const ssize_t nbytes = read(from_, bytes, sizeof bytes);
    if (nbytes < 0) return false;
    if (nbytes == 0) {
      ::close(from_);
      from_ = -1;
      return false;
    }
    piece_.assign(bytes, static_cast<std::size_t>(nbytes));
    look();
    return true;
  }

  [[nodiscard]] bool said() const { return said_; }

 private:
  // The text may begin in one piece and end in the next.
  void look() {
    if (text_ == nullptr || said_) return;
    seen_ += piece_;
    said_ = seen_.find(text_) != seen_.npos;
    const std::size_t kept = std::strlen(text_) - 1;
    if (seen_.size() > kept) seen_.erase(0, seen_.size() - kept);
  }

  const char* text_;
  int from_ = -1;
  std::string piece_;
  std::string seen_;
  bool said_ = false;
};

class Watcher {
 public:
  explicit Watcher(const Setup& setup) : setup_(setup), errors_(setup.options.final_text) {}
  int run();

 private:
  bool start();
  void handle_signals();
  void pass_on(int signal);
  [[nodiscard]] int status_of_end() const;

  const Setup& setup_;
  Errors errors_;
  bool with_terminal_ = isatty(STDIN_FILENO) == 1;  // one process group for all: the keyboard's signals reach all
  int signal_fd_ = -1;
  pid_t child_ = 0;
  StartStep failed_ = StartStep::kProcess;
  bool ended_ = false;
  int wait_status_ = 0;
  std::int64_t kill_at_ = kNever;
};

bool Watcher::start() {
  Start start;
  start.path = setup_.path.c_str();
  start.arguments = setup_.options.program;
  start.environment = environ;
  start.signal_mask = &setup_.signal_mask;
  start.own_group = !with_terminal_;
  start.descriptors = setup_.descriptors;
  start.ignored = setup_.ignored;
  failed_ = StartStep::kStreams;
  if (setup_.options.final_text != nullptr && (start.errors = errors_.open()) < 0) return false;
  child_ = spawn(start, &failed_);
  const int error = errno;
  if (start.errors > STDERR_FILENO) close(start.errors);
  errno = error;
  return child_ > 0;
}

void Watcher::pass_on(int signal) {
  if (!ended_) kill(child_, signal);
}

void Watcher::handle_signals() {
  signalfd_siginfo information;
  while (read(signal_fd_, &information, sizeof information) == sizeof information) {
    const int signal = static_cast<int>(information.ssi_signo);
    const bool reaches_all = with_terminal_ && information.ssi_code == SI_KERNEL;
    switch (signal) {
      case SIGCHLD: {
        int status = 0;
        pid_t pid;
        while ((pid = waitpid(-1, &status, WNOHANG)) > 0) {
          if (pid != child_) continue;
          ended_ = true;
          wait_status_ = status;
        }
        break;
      }
      case SIGTSTP:
        if (!reaches_all) pass_on(signal);
        raise(SIGSTOP);
        // We have been continued.
        pass_on(SIGCONT);
        break;
      case SIGINT:
      case SIGTERM:
      case SIGHUP:
      case SIGQUIT:
      case SIGUSR1:
        if (!reaches_all) pass_on(signal);
        break;
      default:
        break;
    }
  }
}

int Watcher::status_of_end() const {
  return WIFSIGNALED(wait_status_) ? 128 + WTERMSIG(wait_status_) : WEXITSTATUS(wait_status_);
}

int Watcher::run() {
  const sigset_t signals = handled_signals();
  signal_fd_ = signalfd(-1, &signals, SFD_CLOEXEC | SFD_NONBLOCK);
  if (signal_fd_ < 0) {
    std::fprintf(stderr, "shmem4py: cannot receive signals (signalfd): %s\n", describe_error(errno).c_str());
    return 1;
  }
  if (!start()) {
    const int error = errno;
    std::fprintf(stderr, "shmem4py: %s\n", describe_failed_start(failed_, error, setup_.path).c_str());
    return status_of_failed_start(failed_, error);
  }
  while (!ended_) {
    pollfd events[] = {{signal_fd_, POLLIN, 0}, {setup_.lifeline, POLLIN, 0}, errors_.wanted()};
    int timeout_ms = -1;
    if (kill_at_ != kNever) {
      timeout_ms = static_cast<int>(std::max<std::int64_t>(0, (kill_at_ - smp::os::monotonic_ns()) / kMillisecond + 1));
    }
    poll(events, errors_.is_open() ? 3 : 2, timeout_ms);
    if (events[1].revents != 0) {  // the guard is gone
      kill_tree(kKillNs);
      _exit(128 + SIGKILL);
    }
    if (events[0].revents != 0) handle_signals();
    if (errors_.is_open() && events[2].revents != 0) errors_.move();
    const std::int64_t now = smp::os::monotonic_ns();
    if (errors_.said() && kill_at_ == kNever) kill_at_ = now + kFinalTextNs;
    if (now >= kill_at_ && !ended_) {
      std::fprintf(stderr, "shmem4py: %s has not ended %d s after it printed \"%s\", and was killed\n",
                   setup_.path.c_str(), static_cast<int>(kFinalTextNs / 1'000 / kMillisecond),
                   setup_.options.final_text);
      kill_tree(kKillNs);
      return 1;
    }
  }
  while (errors_.is_open() && errors_.move()) {
  }
  const int status = status_of_end();
  // Processes left in the background end with a job that fails. After one that succeeds they may go on.
  if (status != 0) kill_tree(kKillNs);
  return status;
}

}  // namespace

int watch(const Setup& setup) {
  return Watcher(setup).run();
}

}  // namespace shmem::launcher
