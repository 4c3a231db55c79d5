// SPDX-License-Identifier: BSD-3-Clause
//
// The event loop (supervisor.h), and what its deadlines bring.
#include "launcher/supervisor.h"

#include <errno.h>
#include <unistd.h>

#include <algorithm>
#include <cstring>

#include "launcher/descriptors.h"
#include "launcher/processes.h"
#include "launcher/reasons.h"
#include "launcher/supervise.h"
#include "smp/os/prim.h"

namespace shmem::launcher {

namespace {

constexpr std::int64_t kTerminateNs = 250 * kMillisecond;  // from SIGTERM to SIGKILL
constexpr std::int64_t kDumpNs = 500 * kMillisecond;       // for PEs to print their stacks
constexpr std::int64_t kFindNs = 250 * kMillisecond;
constexpr std::int64_t kDumpAgainNs = 50 * kMillisecond;  // for more of them
constexpr std::int64_t kKillNs = 3'000 * kMillisecond;
constexpr int kTimedOut = 124;  // as timeout(1)
constexpr int kOutputLost = 1;

}  // namespace

int Supervisor::run() {
  if (!prepare()) return 1;
  Start first;
  first.path = setup_.path.c_str();
  first.arguments = options_.program;
  first.signal_mask = &setup_.signal_mask;
  first.ignored = setup_.ignored;
  first.descriptors = setup_.descriptors;

  for (int pe = 0; pe < options_.npes; ++pe) {
    Start next = first;
    if (!start(pe, &next)) {
      const int error = errno;
      std::string text = describe_failed_start(failed_, error, setup_.path);
      if (failed_ != StartStep::kProgram) text.insert(0, "PE " + std::to_string(pe) + ": ");
      console_.say("%s", text.c_str());
      kill_tree(kKillNs);
      console_.finish();
      return status_of_failed_start(failed_, error);
    }
  }
  if (options_.timeout_ns > 0) timeout_at_ = smp::os::monotonic_ns() + options_.timeout_ns;
  if (options_.stall_ns > 0) look_at_ = smp::os::monotonic_ns() + options_.stall_ns;
  loop();
  return close_down();
}

void Supervisor::loop() {
  while (anybody_left() && !gone_) {
    poller_.wait(poll_timeout_ms(), [&](Event event) { handle(event); });
    check_console();
    check_deadlines();
  }
}

void Supervisor::handle(Event event) {
  switch (event.source) {
    case Source::kSignals:
      handle_signals();
      break;
    case Source::kLifeline:
      console_.suspend();
      kill_tree(kKillNs);
      _exit(128 + SIGKILL);
    case Source::kServer:
      serve();
      break;
    case Source::kProcess:
      process_ended(watched_.take_end(event.index));
      break;
    default:
      console_.handle(event);
      break;
  }
}

void Supervisor::check_deadlines() {
  const std::int64_t now = smp::os::monotonic_ns();
  if (now >= serve_again_at_) {
    serve_again_at_ = kNever;
    poller_.add(job_.server().fd(), Source::kServer);
  }
  if (watched_.must_look() && now >= find_at_) {
    find_at_ = now + kFindNs;
    watched_.look([&](int pid) { process_ended(pid); });
  }
  if (now >= check_left_at_) check_left();
  if (now >= look_at_) check_stall(now);
  if (now >= timeout_at_) {
    timeout_at_ = kNever;
    if (!ending_ && nsignals_ == 0) {
      timed_out_ = true;
      status_ = kTimedOut;
      console_.say("the job has not ended after its %g s:", static_cast<double>(options_.timeout_ns) / 1e9);
      print_places();
      dump_stacks();
      dumped_at_ = now + kDumpNs;
    }
  }
  console_.check(now);
  if (now >= dumped_at_ && console_.notices().awaits_places()) {
    dumped_at_ = now + kDumpAgainNs;  // stacks of many PEs are still coming in
  } else if (now >= dumped_at_) {
    dumped_at_ = kNever;
    if (!ending_) {
      job_.end({-1, kTimedOut});
      begin_end(kTimedOut);
    }
  }
  if (now >= terminate_at_) {
    terminate_at_ = kNever;
    kill_at_ = std::min(kill_at_, now + kTerminateNs);
    job_.end({-1, status_});
    signal_tree(SIGTERM);
    signal_tree(SIGCONT);  // a stopped process could not end
  }
  if (now >= kill_at_) {
    kill_at_ = kNever;
    gone_ = true;
    kill_tree(kKillNs);
  }
}

int Supervisor::poll_timeout_ms() const {
  std::int64_t next = std::min({console_.deadline_ns(), check_left_at_, look_at_, timeout_at_, dumped_at_,
                                terminate_at_, kill_at_, serve_again_at_});
  if (watched_.must_look()) next = std::min(next, find_at_);
  if (next == kNever) return -1;
  const std::int64_t left = next - smp::os::monotonic_ns();
  return left <= 0 ? 0 : static_cast<int>(std::min<std::int64_t>(left / kMillisecond + 1, INT32_MAX));
}

void Supervisor::check_console() {
  if (console_.take_hangup() && sigismember(&signals_, SIGHUP) == 1) end_by_signal(SIGHUP, kKernel);
  const char* which = nullptr;
  const int error = console_.output_error(&which);
  // A reader may go away. A program that goes on writing to it then ends by SIGPIPE, and so do the PEs.
  if (error == 0 || error == EPIPE || output_lost_) return;
  output_lost_ = true;
  console_.say("cannot write to %s: %s%s", which, std::strerror(error), ending_ ? "" : "; the job ends");
  if (status_ == 0) status_ = kOutputLost;
  if (ending_) return;
  job_.end({-1, status_});
  begin_end(status_);
}

int Supervisor::close_down() {
  // Processes that a PE has left in the background end with a job that fails. After one that succeeds they may go on.
  if ((ending_ || nsignals_ > 0 || timed_out_) && !kill_tree(kKillNs)) {
    console_.say("some processes of the job cannot be killed: they hang in the kernel");
  }
  console_.finish();
  check_console();
  if (!reason_.empty()) {
    const std::string raised = console_.notices().raised(reason_pe_);
    console_.say("%s", raised.empty() ? reason_.c_str() : raised.c_str());
  }
  // Our reader may be slow. A signal ends the wait for it.
  const int nsignals = nsignals_;
  while (!console_.idle() && nsignals_ == nsignals) {
    poller_.wait(-1, [&](Event event) { handle(event); });
    check_console();
  }
  // Output that no reader took is no success: the status is the one as if the last PE had written it.
  const char* which = nullptr;
  if (status_ == 0 && console_.output_error(&which) == EPIPE) return 128 + SIGPIPE;
  return status_;
}

bool Supervisor::anybody_left() const {
  return std::any_of(children_.begin(), children_.end(), [](const Child& child) { return !child.ended; });
}

int supervise(const Setup& setup) {
  return Supervisor(setup).run();
}

}  // namespace shmem::launcher
