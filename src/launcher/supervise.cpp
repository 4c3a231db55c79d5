// SPDX-License-Identifier: BSD-3-Clause
//
// The event loop (supervise.h). The job ends in steps, each with a deadline: the PEs leave by themselves, then SIGTERM,
// then SIGKILL for the whole tree. Only this loop decides, so the end of the job is reported once, for its first
// reason.
#include "launcher/supervise.h"

#include <errno.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cstring>
#include <utility>
#include <vector>

#include "launcher/binding.h"
#include "launcher/console.h"
#include "launcher/control.h"
#include "launcher/descriptors.h"
#include "launcher/events.h"
#include "launcher/guard.h"
#include "launcher/processes.h"
#include "launcher/reasons.h"
#include "launcher/spawn.h"
#include "launcher/watched.h"
#include "smp/error.h"
#include "smp/os/prim.h"
#include "smp/os/process.h"

namespace shmem::launcher {

namespace {

constexpr std::int64_t kMillisecond = 1'000'000;
constexpr std::int64_t kLeaveNs = 500 * kMillisecond;        // for PEs to leave an ending job
constexpr std::int64_t kTerminateNs = 250 * kMillisecond;    // from SIGTERM to SIGKILL
constexpr std::int64_t kSignalledNs = 2'000 * kMillisecond;  // for PEs to end after a signal to the launcher
constexpr std::int64_t kAgainNs = 200 * kMillisecond;        // a later interrupt is a second one
constexpr std::int64_t kGoneNs = 200 * kMillisecond;         // for the other PEs to leave after one
constexpr std::int64_t kDumpNs = 500 * kMillisecond;         // for PEs to print their stacks
constexpr std::int64_t kServeAgainNs = 100 * kMillisecond;
constexpr std::int64_t kFindNs = 250 * kMillisecond;
constexpr std::int64_t kDumpAgainNs = 50 * kMillisecond;  // for more of them
constexpr std::int64_t kKillNs = 3'000 * kMillisecond;
constexpr std::int64_t kStallAgainNs = 50 * kMillisecond;  // for PEs to look again
constexpr std::int64_t kStallLooks = 4;                    // looks per stall time
constexpr std::int64_t kNever = INT64_MAX;
constexpr int kTimedOut = 124;  // as timeout(1)
constexpr int kOutputLost = 1;
constexpr int kKernel = 0;  // the sender of a signal that no process sent

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

  // How the job ends, and because of whom; said last, when all have told their errors.
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
      if (failed_ != StartStep::kProgram) text = "PE " + std::to_string(pe) + ": " + text;
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

bool Supervisor::prepare() {
  if ((errno = poller_.error()) != 0) return refuse("cannot wait for the PEs (epoll)");
  if (!binding_.choose(options_.bind, options_.npes)) {
    console_.say("--bind core: %d PEs, but this process may use %d cores only", options_.npes, binding_.usable());
    return false;
  }
  smp::JobOptions job;
  job.npes = options_.npes;
  job.heap_nbytes = options_.heap_nbytes;
  job.supervised = true;
  job.stall_ns = options_.stall_ns;
  const char* slash = std::strrchr(setup_.path.c_str(), '/');
  job.name = slash != nullptr ? slash + 1 : setup_.path;
  if (!job_.create(job)) {
    console_.say("%s", smp::failure_message());
    return false;
  }
  environment_.set(smp::kEnvSocket, job_.server().name());
  // If the user has set OMP_NUM_THREADS, the others are left alone.
  if (!environment_.has("OMP_NUM_THREADS")) {
    const std::string threads = std::to_string(binding_.threads_per_pe());
    for (const char* name :
         {"OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "BLIS_NUM_THREADS", "NUMEXPR_NUM_THREADS"}) {
      if (!environment_.has(name)) environment_.set(name, threads);
    }
  }
  if (!console_.output_is_terminal() && !environment_.has("PYTHONUNBUFFERED"))
    environment_.set("PYTHONUNBUFFERED", "1");

  signals_ = handled_signals();
  signal_fd_ = signalfd(-1, &signals_, SFD_CLOEXEC | SFD_NONBLOCK);
  if (signal_fd_ < 0) return refuse("cannot receive signals (signalfd)");
  return (poller_.add(signal_fd_, Source::kSignals) && poller_.add(setup_.lifeline, Source::kLifeline) &&
          poller_.add(job_.server().fd(), Source::kServer)) ||
         refuse("cannot wait for the PEs (epoll)");
}

bool Supervisor::refuse(const char* text) {
  console_.say("%s: %s", text, describe_error(errno).c_str());
  return false;
}

bool Supervisor::start(int pe, Start* start) {
  failed_ = StartStep::kStreams;
  if (!console_.connect(pe, start)) return false;
  job_.note_streams(pe, start->output, start->errors);
  environment_.set(smp::kEnvPe, std::to_string(pe));
  start->environment = environment_.pointers();
  start->core = binding_.core_of(pe);
  const pid_t pid = spawn(*start, &failed_);
  const int error = errno;
  console_.started();
  errno = error;
  if (pid < 0) return false;
  children_.push_back({.pid = pid});
  return true;
}

void Supervisor::loop() {
  while (anybody_left() && !gone_) {
    poller_.wait(poll_timeout_ms(), [&](Event event) { handle(event); });
    check_console();
    check_deadlines();
  }
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

bool Supervisor::anybody_left() const {
  return std::any_of(children_.begin(), children_.end(), [](const Child& child) { return !child.ended; });
}

}  // namespace

int supervise(const Setup& setup) {
  return Supervisor(setup).run();
}

}  // namespace shmem::launcher
