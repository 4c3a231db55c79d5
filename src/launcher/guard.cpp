// SPDX-License-Identifier: BSD-3-Clause
//
// The guard's loop, and what the supervisor asks of the guard (guard.h).
#include "launcher/guard.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>

#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>

#include "launcher/processes.h"
#include "launcher/reasons.h"
#include "launcher/spawn.h"
#include "smp/os/prim.h"

namespace shmem::launcher {

namespace {

constexpr std::int64_t kPatienceNs = 5'000'000'000;
// The time that the supervisor has to end after a second signal. What hangs takes it at most six seconds.
constexpr std::int64_t kSupervisorNs = 10'000'000'000;
constexpr std::int64_t kNever = INT64_MAX;

// A signal from the keyboard reaches the whole process group. A hang-up of the terminal reaches the session's leader
// alone, which is the guard where it is the terminal's only program (ssh -t, tmux, the -e of a terminal emulator).
bool is_for_guard_alone(int signal, const siginfo_t& information, bool same_group) {
  if (!same_group || information.si_code != SI_KERNEL) return true;
  return signal == SIGHUP && getsid(0) == getpid();
}

bool asks_to_end(int signal) {
  return signal == SIGINT || signal == SIGTERM || signal == SIGHUP || signal == SIGQUIT;
}

void pass_on(pid_t supervisor, int signal, const siginfo_t& information) {
  sigval sender{};
  sender.sival_int = information.si_code == SI_KERNEL ? 0 : information.si_pid;
  sigqueue(supervisor, signal, sender);
  if (asks_to_end(signal)) kill(supervisor, SIGCONT);  // a stopped process could not end
}

// The next signal, or 0 once the time `until` has come.
int next_signal(const sigset_t& signals, std::int64_t until, siginfo_t* information) {
  int signal;
  do {
    if (until == kNever) {
      signal = sigwaitinfo(&signals, information);
    } else {
      const std::int64_t left = std::max<std::int64_t>(0, until - smp::os::monotonic_ns());
      const timespec time{left / 1'000'000'000, left % 1'000'000'000};
      signal = sigtimedwait(&signals, information, &time);
      if (signal < 0 && errno == EAGAIN) return 0;
    }
  } while (signal < 0);
  return signal;
}

pid_t guard_process = 0;  // in the supervisor

[[noreturn]] void guard(pid_t supervisor, bool same_group) {
  termios settings;
  const bool has_terminal = same_group && tcgetattr(STDIN_FILENO, &settings) == 0;
  const sigset_t signals = handled_signals();
  int nsignals = 0;  // signals that ask to end
  std::int64_t kill_at = kNever;
  while (true) {
    siginfo_t information;
    const int signal = next_signal(signals, kill_at, &information);
    if (signal == 0) {
      // The supervisor hangs, perhaps on a terminal or a file that takes no data.
      kill(supervisor, SIGKILL);
      kill_at = kNever;
      continue;
    }
    if (signal != SIGCHLD) {
      if (asks_to_end(signal) && ++nsignals == 2) kill_at = smp::os::monotonic_ns() + kSupervisorNs;
      if (is_for_guard_alone(signal, information, same_group)) pass_on(supervisor, signal, information);
      continue;
    }
    int status = 0;
    const pid_t changed = waitpid(supervisor, &status, WNOHANG | WUNTRACED);
    if (changed != supervisor) continue;
    if (WIFSTOPPED(status)) {
      // Ctrl-Z: the supervisor has stopped the PEs and itself. When the guard is continued, it continues the
      // supervisor.
      raise(SIGSTOP);
      kill(supervisor, SIGCONT);
    } else if (WIFEXITED(status)) {
      _exit(WEXITSTATUS(status));
    } else {
      kill_tree(kPatienceNs);
      if (has_terminal) tcsetattr(STDIN_FILENO, TCSADRAIN, &settings);
      std::fprintf(stderr, "shmem4py: the launcher was killed by signal %d (%s)\n", WTERMSIG(status),
                   strsignal(WTERMSIG(status)));
      _exit(128 + WTERMSIG(status));
    }
  }
}

}  // namespace

sigset_t handled_signals() {
  sigset_t signals;
  sigemptyset(&signals);
  for (const int signal :
       {SIGCHLD, SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGUSR1, SIGTSTP, SIGCONT, SIGWINCH, SIGTTIN, SIGTTOU}) {
    // A signal that was ignored when we started (nohup, a shell's background job) stays ignored.
    struct sigaction action;
    if (signal != SIGCHLD && sigaction(signal, nullptr, &action) == 0 && action.sa_handler == SIG_IGN) continue;
    sigaddset(&signals, signal);
  }
  return signals;
}

int sender_of(const signalfd_siginfo& information) {
  if (information.ssi_code == SI_KERNEL) return 0;
  const auto sender = static_cast<pid_t>(information.ssi_pid);
  return information.ssi_code == SI_QUEUE && sender == guard_process ? information.ssi_int : sender;
}

void continue_guard(const signalfd_siginfo& information) {
  const bool by_guard = information.ssi_code != SI_KERNEL && static_cast<pid_t>(information.ssi_pid) == guard_process;
  if (!by_guard && getppid() == guard_process) kill(guard_process, SIGCONT);
}

void start_supervisor(bool with_parent, int* lifeline, sigset_t* mask) {
  // A parent may have left SIGCHLD ignored. waitpid would then have nothing to report.
  signal(SIGCHLD, SIG_DFL);
  const sigset_t signals = handled_signals();
  sigprocmask(SIG_BLOCK, &signals, mask);
  become_subreaper();
  int ends[2];
  if (pipe2(ends, O_CLOEXEC) != 0) {
    std::fprintf(stderr, "shmem4py: cannot make a pipe: %s\n", describe_error(errno).c_str());
    std::exit(1);
  }
  // Without a keyboard to read, the supervisor gets a group of its own, so that it survives a kill -9 of the whole
  // group and can clean up.
  const bool same_group = isatty(STDIN_FILENO) == 1;
  // Set before the job exists, since the parent may end as soon as the job does.
  if (with_parent) prctl(PR_SET_PDEATHSIG, SIGKILL);
  const pid_t guarding = getpid();
  const pid_t supervisor = fork();
  if (supervisor < 0) {
    std::fprintf(stderr, "shmem4py: %s\n", describe_failed_start(StartStep::kProcess, errno, {}).c_str());
    std::exit(1);
  }
  if (supervisor > 0) {
    close(ends[0]);
    guard(supervisor, same_group);
  }
  close(ends[1]);
  // A stopped supervisor must be continued to see that the guard is gone.
  prctl(PR_SET_PDEATHSIG, SIGCONT);
  guard_process = guarding;
  if (!same_group) setpgid(0, 0);
  become_subreaper();
  *lifeline = ends[0];
}

}  // namespace shmem::launcher
