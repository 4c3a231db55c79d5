// SPDX-License-Identifier: BSD-3-Clause
//
// supervisor.h: the one that starts the PEs and decides how the job ends. Private to the supervise*.cpp files.
//
// The job ends in steps, each with a deadline: the PEs leave by themselves, then SIGTERM, then SIGKILL for the whole
// tree. Only the supervisor's loop decides, so the end of the job is reported once, for its first reason.
#pragma once

#include <signal.h>
#include <sys/types.h>

#include <cstdint>
#include <string>
#include <vector>

#include "launcher/binding.h"
#include "launcher/console.h"
#include "launcher/control.h"
#include "launcher/events.h"
#include "launcher/reasons.h"
#include "launcher/spawn.h"
#include "launcher/supervise.h"
#include "launcher/watched.h"

namespace shmem::launcher {

inline constexpr std::int64_t kMillisecond = 1'000'000;
inline constexpr std::int64_t kNever = INT64_MAX;
inline constexpr int kKernel = 0;  // the sender of a signal that no process sent

// The process that was started for a PE: its program, or a wrapper around it.
struct Child {
  pid_t pid = 0;
  bool ended = false;
  bool left = false;  // ended with status 0, but other PEs may wait for it
  bool lost = false;  // the PE's process behind the wrapper has ended within the job
};

class Supervisor {
 public:
  explicit Supervisor(const Setup& setup)
      : setup_(setup),
        options_(setup.options),
        console_(options_, poller_, [this](int pe) { return job_.state(pe) != smp::PeState::kUnclaimed; }) {}
  int run();

 private:
  bool prepare();
  bool refuse(const char* text);
  bool start(int pe, Start* start);
  void loop();
  int close_down();

  void handle(Event event);
  void handle_signals();
  void handle_signal(int signal, int sender);
  void end_by_signal(int signal, int sender);
  void stop_and_go_on();
  void reap();
  void child_ended(int pe, int wait_status);
  void serve();
  void process_ended(int pid);

  void check_left();
  void check_stall(std::int64_t now);
  void check_deadlines();
  [[nodiscard]] int poll_timeout_ms() const;
  void check_console();

  bool adopt_reason();
  [[gnu::format(printf, 4, 5)]] void fail(int pe, int status, const char* format, ...);
  void begin_end(int status);
  void print_places();
  void dump_stacks();
  void signal_groups(int signal);
  [[nodiscard]] bool anybody_left() const;
  [[nodiscard]] bool others_inside(int pe) const;
  [[nodiscard]] bool program_ended(int pe) const;

  const Setup& setup_;
  const Options& options_;
  Poller poller_;
  JobControl job_;
  Console console_;
  CoreBinding binding_;
  Environment environment_;
  sigset_t signals_{};
  int signal_fd_ = -1;

  std::vector<Child> children_;
  StartStep failed_ = StartStep::kProcess;  // the step that failed
  WatchedProcesses watched_{poller_};
  MemoryWatch memory_;

  // How the job ends and which PE is the reason. It is said last, after all PEs have told their errors.
  int reason_pe_ = -1;
  std::string reason_;
  int status_ = 0;
  bool ending_ = false;
  bool timed_out_ = false;  // then the job has failed, whatever its PEs do with the time that is left
  int nsignals_ = 0;        // signals that asked us to end
  std::int64_t signalled_at_ = 0;
  bool output_lost_ = false;
  bool gone_ = false;  // the tree was killed: do not wait any longer

  std::int64_t check_left_at_ = kNever;
  std::int64_t look_at_ = kNever;  // when to look whether the job stands still
  smp::StallState said_ = smp::StallState::kMoving;
  std::int64_t serve_again_at_ = kNever;
  std::int64_t find_at_ = 0;  // when to look for processes that have no descriptor
  std::int64_t timeout_at_ = kNever;
  std::int64_t dumped_at_ = kNever;
  std::int64_t terminate_at_ = kNever;
  std::int64_t kill_at_ = kNever;
};

}  // namespace shmem::launcher
