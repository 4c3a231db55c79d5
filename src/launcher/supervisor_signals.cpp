// SPDX-License-Identifier: BSD-3-Clause
//
// Signals to the launcher (supervisor.h). Those that ask for an end are passed on to the PEs, which then have some
// time.
#include "launcher/supervisor.h"

#include <signal.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "launcher/guard.h"
#include "launcher/reasons.h"
#include "smp/os/prim.h"

namespace shmem::launcher {

namespace {

constexpr std::int64_t kSignalledNs = 2'000 * kMillisecond;  // for PEs to end after a signal to the launcher
constexpr std::int64_t kAgainNs = 200 * kMillisecond;        // a later interrupt is a second one

}  // namespace

void Supervisor::handle_signals() {
  signalfd_siginfo information;
  bool children = false;
  while (read(signal_fd_, &information, sizeof information) == sizeof information) {
    const int signal = static_cast<int>(information.ssi_signo);
    if (signal == SIGCHLD) {
      children = true;
    } else {
      if (signal == SIGCONT) continue_guard(information);
      handle_signal(signal, sender_of(information));
    }
  }
  if (children) reap();
}

void Supervisor::handle_signal(int signal, int sender) {
  switch (signal) {
    case SIGINT:
    case SIGTERM:
    case SIGHUP:
    case SIGQUIT:
      end_by_signal(signal, sender);
      break;
    case SIGUSR1:
      print_places();
      dump_stacks();
      break;
    case SIGCONT:
      console_.resume();  // perhaps from the background to the foreground
      break;
    case SIGWINCH:
      console_.resize();
      break;
    case SIGTSTP:
      stop_and_go_on();
      break;
    default:
      break;
  }
}

void Supervisor::end_by_signal(int signal, int sender) {
  const std::int64_t now = smp::os::monotonic_ns();
  if (nsignals_++ > 0) {
    if (now > signalled_at_ + kAgainNs) kill_at_ = now;
    return;
  }
  signalled_at_ = now;
  signal_groups(signal);
  if (ending_) return;
  // PEs that handle the signal get some time to end. After it the others are terminated.
  if (!timed_out_) status_ = 128 + signal;
  terminate_at_ = now + kSignalledNs;
  // After Ctrl-C the user knows why the job ends.
  if (signal == SIGINT) return;
  console_.say("the job was ended by %s%s", describe_signal(signal, sender).c_str(),
               signal == SIGHUP && sender == kKernel ? ": its terminal was closed" : "");
}

void Supervisor::stop_and_go_on() {
  console_.suspend();
  signal_groups(SIGSTOP);
  raise(SIGSTOP);
  // We have been continued.
  signal_groups(SIGCONT);
  console_.resume();
}

void Supervisor::signal_groups(int signal) {
  for (const Child& child : children_) {
    if (!child.ended) kill(-child.pid, signal);
  }
}

}  // namespace shmem::launcher
