// SPDX-License-Identifier: BSD-3-Clause
#include "launcher/guard.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <cstring>

#include "launcher/processes.h"

namespace shmem::launcher {

namespace {

constexpr std::int64_t kPatienceNs = 5'000'000'000;

[[noreturn]] void guard(pid_t supervisor, bool same_group) {
  termios settings;
  const bool has_terminal = same_group && tcgetattr(STDIN_FILENO, &settings) == 0;
  const sigset_t signals = handled_signals();
  while (true) {
    siginfo_t information;
    const int signal = sigwaitinfo(&signals, &information);
    if (signal < 0) continue;
    if (signal != SIGCHLD) {
      // What the keyboard sends, it sends to the whole group.
      if (!same_group || information.si_code != SI_KERNEL) kill(supervisor, signal);
      continue;
    }
    int status = 0;
    const pid_t changed = waitpid(supervisor, &status, WNOHANG | WUNTRACED);
    if (changed != supervisor) continue;
    if (WIFSTOPPED(status)) {
      // Ctrl-Z: the supervisor has stopped the PEs and itself. Whoever continues us, continues it.
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
    // What was ignored when we started (nohup, a shell's background job) stays so.
    struct sigaction action;
    if (signal != SIGCHLD && sigaction(signal, nullptr, &action) == 0 && action.sa_handler == SIG_IGN) continue;
    sigaddset(&signals, signal);
  }
  return signals;
}

void start_supervisor(bool with_parent, int* lifeline, sigset_t* mask) {
  // A parent may have left SIGCHLD ignored, and then there is nothing to wait for.
  signal(SIGCHLD, SIG_DFL);
  const sigset_t signals = handled_signals();
  sigprocmask(SIG_BLOCK, &signals, mask);
  become_subreaper();
  int ends[2];
  if (pipe2(ends, O_CLOEXEC) != 0) {
    std::perror("shmem4py: pipe");
    std::exit(1);
  }
  // Without a keyboard to read the supervisor gets a group of its own, so that a kill -9 of the whole group
  // leaves somebody to clean up.
  const bool same_group = isatty(STDIN_FILENO) == 1;
  const pid_t supervisor = fork();
  if (supervisor < 0) {
    std::perror("shmem4py: fork");
    std::exit(1);
  }
  if (supervisor > 0) {
    close(ends[0]);
    if (with_parent) prctl(PR_SET_PDEATHSIG, SIGKILL);
    guard(supervisor, same_group);
  }
  close(ends[1]);
  if (!same_group) setpgid(0, 0);
  become_subreaper();
  *lifeline = ends[0];
}

}  // namespace shmem::launcher
