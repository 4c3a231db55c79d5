// SPDX-License-Identifier: BSD-3-Clause
//
// Where each PE is, on request and when the job stands still (supervisor.h).
#include "launcher/supervisor.h"

#include <signal.h>

#include <algorithm>

#include "launcher/processes.h"
#include "smp/os/process.h"

namespace shmem::launcher {

namespace {

constexpr std::int64_t kStallAgainNs = 50 * kMillisecond;  // for PEs to look again
constexpr std::int64_t kStallLooks = 4;                    // looks per stall time

}  // namespace

void Supervisor::print_places() {
  for (int pe = 0; pe < options_.npes; ++pe) {
    const Child& child = children_[static_cast<std::size_t>(pe)];
    const int process = job_.process(pe) != 0 ? job_.process(pe) : child.pid;
    console_.say("PE %d (process %d) %s%s", pe, process, child.ended ? "has ended " : "is ",
                 (child.ended ? job_.place(pe) : job_.place_and_waits(pe)).c_str());
  }
}

// SIGUSR1 makes the Python side print its stacks. It would kill a PE without a handler, so such a PE gets no signal.
void Supervisor::dump_stacks() {
  const std::vector<pid_t> ours = descendants();
  std::vector<int> asked;
  for (int pe = 0; pe < options_.npes; ++pe) {
    const Child& child = children_[static_cast<std::size_t>(pe)];
    const int process = job_.process(pe) != 0 ? job_.process(pe) : child.pid;
    const bool known = std::find(ours.begin(), ours.end(), process) != ours.end();
    if (known && !child.ended && has_handler(process, SIGUSR1)) asked.push_back(process);
  }
  console_.notices().expect_places(static_cast<int>(asked.size()));
  for (const int process : asked) kill(process, SIGUSR1);
}

// Reports once that the job stands still, and once more when that has become certain.
void Supervisor::check_stall(std::int64_t now) {
  look_at_ = kNever;
  if (ending_ || nsignals_ > 0) return;
  const smp::StallLook look = job_.look_for_stall(options_.stall_ns);
  const bool is_news = look.state >= smp::StallState::kPerhaps && look.state > said_;
  // When all PEs wait, it is known when the standstill will be long enough. Otherwise the job is looked at some times
  // within that time.
  look_at_ = now + std::max(options_.stall_ns / kStallLooks, kMillisecond);
  if (look.state == smp::StallState::kYoung) {
    look_at_ = std::max(std::min(look_at_, look.since_ns + options_.stall_ns), now + kStallAgainNs);
  }
  if (!is_news) return;
  said_ = look.state;
  if (said_ == smp::StallState::kCertain) look_at_ = kNever;
  for (const std::string& line : job_.stall_lines(look)) console_.say("%s", line.c_str());
  console_.say(
      "the job goes on waiting. `kill -USR1 %d` prints where each PE is; --timeout S ends a job after S seconds; "
      "--stall S sets when this is said (0: never)",
      smp::os::process_id());
}

}  // namespace shmem::launcher
