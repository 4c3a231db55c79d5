// SPDX-License-Identifier: BSD-3-Clause
//
// How PEs end, and what that means for the job (supervisor.h). The job has one reason for its end: the first.
#include "launcher/supervisor.h"

#include <sys/wait.h>

#include <algorithm>
#include <cstdarg>
#include <cstdio>
#include <cstring>

#include "launcher/descriptors.h"
#include "smp/os/prim.h"

namespace shmem::launcher {

namespace {

constexpr std::int64_t kLeaveNs = 500 * kMillisecond;  // for PEs to leave an ending job
constexpr std::int64_t kGoneNs = 200 * kMillisecond;   // for the other PEs to leave after one
constexpr std::int64_t kServeAgainNs = 100 * kMillisecond;

}  // namespace

void Supervisor::reap() {
  int status = 0;
  pid_t pid;
  while ((pid = waitpid(-1, &status, WNOHANG)) > 0) {
    for (std::size_t pe = 0; pe < children_.size(); ++pe) {
      if (children_[pe].pid == pid) child_ended(static_cast<int>(pe), status);
    }
  }
}

void Supervisor::child_ended(int pe, int wait_status) {
  Child& child = children_[static_cast<std::size_t>(pe)];
  child.ended = true;
  console_.process_ended(pe, wait_status != 0);
  if (ending_ || adopt_reason() || nsignals_ > 0) return;
  const char* which = nullptr;
  if (WIFSIGNALED(wait_status) && WTERMSIG(wait_status) == SIGPIPE && console_.output_error(&which) == EPIPE) {
    // The reader of our output has gone, and SIGPIPE has ended the PE. A program run alone prints nothing then.
    job_.end({pe, 128 + SIGPIPE});
    begin_end(128 + SIGPIPE);
  } else if (WIFSIGNALED(wait_status)) {
    const int signal = WTERMSIG(wait_status);
    fail(pe, 128 + signal, "was killed by signal %d (%s)%s", signal, strsignal(signal),
         signal == SIGKILL ? memory_.describe_kill().c_str() : "");
  } else if (WEXITSTATUS(wait_status) != 0) {
    const int status = WEXITSTATUS(wait_status);
    // A wrapper reports in this way that its program was killed.
    fail(pe, status, "exited with status %d%s", status, status == 128 + SIGKILL ? memory_.describe_kill().c_str() : "");
  } else if (job_.is_inside(pe) && program_ended(pe)) {
    // A failure even if no other PE goes on: in another run one would, and wait for ever.
    fail(pe, 1, "exited with status 0 but without shmem_finalize");
  } else if (!job_.has_finalised(pe)) {
    // Not an error in itself: the program may not use the library, or it is a wrapper whose PE goes on.
    child.left = true;
    check_left_at_ = smp::os::monotonic_ns() + kGoneNs;
  }
}

void Supervisor::serve() {
  int pid = job_.server().serve_one();
  if (pid == -EMFILE || pid == -ENFILE) {
    const SpareDescriptors free;
    pid = job_.server().serve_one();
  }
  if (pid < 0) {
    // The connection cannot be served now. Until the next try it must not keep the poller busy.
    poller_.remove(job_.server().fd());
    serve_again_at_ = smp::os::monotonic_ns() + kServeAgainNs;
    return;
  }
  if (pid == 0) return;
  const bool ours = std::any_of(children_.begin(), children_.end(), [&](const Child& c) { return c.pid == pid; });
  if (!ours) watched_.add(pid);
  // The new PE may wait for one that has left.
  for (const Child& child : children_) {
    if (child.left) check_left_at_ = std::min(check_left_at_, smp::os::monotonic_ns() + kGoneNs);
  }
}

void Supervisor::process_ended(int pid) {
  const int pe = job_.pe_of(pid);
  if (pe < 0 || ending_ || adopt_reason() || !job_.is_inside(pe)) return;
  // The PE's wrapper may report how the PE ended, if it ends soon.
  children_[static_cast<std::size_t>(pe)].lost = true;
  check_left_at_ = std::min(check_left_at_, smp::os::monotonic_ns() + kGoneNs);
}

bool Supervisor::others_inside(int pe) const {
  for (int other = 0; other < options_.npes; ++other) {
    const Child& child = children_[static_cast<std::size_t>(other)];
    if (other != pe && !child.ended && !child.lost && job_.is_inside(other)) return true;
  }
  return false;
}

// Whether a PE's own process has ended, once its child has. Behind a wrapper it may go on in the background.
bool Supervisor::program_ended(int pe) const {
  const Child& child = children_[static_cast<std::size_t>(pe)];
  const int process = job_.process(pe);
  if (child.lost || process == child.pid) return true;
  return watched_.has_ended(process);
}

// A PE that has left without shmem_init or shmem_finalize has failed if other PEs go on: they would wait for it for
// ever.
void Supervisor::check_left() {
  check_left_at_ = kNever;
  if (ending_ || nsignals_ > 0) return;
  for (int pe = 0; pe < options_.npes; ++pe) {
    const Child& child = children_[static_cast<std::size_t>(pe)];
    if (child.lost && !child.ended) {
      return fail(pe, 1, "ended without shmem_finalize behind its wrapper");
    }
    if (child.left && others_inside(pe)) {
      return job_.is_inside(pe) ? fail(pe, 1, "exited with status 0 but without shmem_finalize")
                                : fail(pe, 1, "exited with status 0 but without shmem_init, and other PEs wait for it");
    }
  }
}

bool Supervisor::adopt_reason() {
  JobControl::Reason reason;
  if (!job_.is_ending(&reason)) return false;
  if (reason.pe < 0 && nsignals_ == 0) {
    console_.say("the job's memory says that the job ends, but not why: a program has written where it must not");
  }
  if (reason.pe >= 0 && reason.status != 0 && nsignals_ == 0) {
    const std::string place = job_.operation(reason.pe);
    reason_pe_ = reason.pe;
    reason_ = "PE " + std::to_string(reason.pe) + " (process " + std::to_string(job_.process(reason.pe)) +
              ") ended the job with status " + std::to_string(reason.status) + (place.empty() ? "" : ", " + place);
  }
  begin_end(reason.status);
  return true;
}

void Supervisor::fail(int pe, int status, const char* format, ...) {
  char how[160];
  std::va_list arguments;
  va_start(arguments, format);
  std::vsnprintf(how, sizeof how, format, arguments);
  va_end(arguments);
  const int process = job_.process(pe);
  // A PE that has left by itself outside of operations was not waiting, so its place says nothing. For a killed PE it
  // does.
  const bool killed = status > 128 && status <= 128 + SIGRTMAX;
  const bool told = killed || job_.state(pe) != smp::PeState::kRunning || !job_.operation(pe).empty();
  reason_pe_ = pe;
  reason_ = "PE " + std::to_string(pe) + " (process " +
            std::to_string(process != 0 ? process : children_[static_cast<std::size_t>(pe)].pid) + ") " + how +
            (told ? ", " + job_.place(pe) : "");
  job_.end({pe, status});
  begin_end(status);
}

void Supervisor::begin_end(int status) {
  ending_ = true;
  if (nsignals_ == 0 && !timed_out_) status_ = status;
  terminate_at_ = std::min(terminate_at_, smp::os::monotonic_ns() + kLeaveNs);
}

}  // namespace shmem::launcher
