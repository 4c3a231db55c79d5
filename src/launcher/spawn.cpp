// SPDX-License-Identifier: BSD-3-Clause
//
// vfork, a few system calls in the child, exec (spawn.h).
#include "launcher/spawn.h"

#include <errno.h>
#include <sched.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdlib>
#include <cstring>
#include <string_view>

#include "launcher/reasons.h"

namespace shmem::launcher {

namespace {

constexpr int kSignalsOfWrites[] = {SIGPIPE, SIGXFSZ};

bool is_file(const std::string& path) {
  struct stat information;
  return stat(path.c_str(), &information) == 0 && !S_ISDIR(information.st_mode);
}

bool names_variable(const std::string& variable, std::string_view name) {
  return variable.size() > name.size() && variable.compare(0, name.size(), name) == 0 && variable[name.size()] == '=';
}

// What the child does between vfork and exec. It shares our memory, so it makes system calls and nothing else. Returns
// only if a step fails, with errno set.
StartStep become_program(const Start& start, pid_t parent) {
  // If we are killed by SIGKILL, the kernel kills our direct children. The guard (guard.h) kills the others.
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (getppid() != parent) _exit(127);
  if (start.controlling_terminal) {
    if (setsid() < 0) return StartStep::kTerminal;
    ioctl(start.output > 2 ? start.output : start.errors, TIOCSCTTY, 0);
  } else if (start.own_group) {
    setpgid(0, 0);
  }
  if (start.core >= 0) {
    cpu_set_t set;
    CPU_ZERO(&set);
    CPU_SET(static_cast<std::size_t>(start.core), &set);
    if (sched_setaffinity(0, sizeof set, &set) != 0) return StartStep::kCore;
  }
  if (start.input != 0 && dup2(start.input, 0) < 0) return StartStep::kStreams;
  if (start.output != 1 && dup2(start.output, 1) < 0) return StartStep::kStreams;
  if (start.errors != 2 && dup2(start.errors, 2) < 0) return StartStep::kStreams;
  for (const int signal : kSignalsOfWrites) {
    struct sigaction action{};
    action.sa_handler = (start.ignored >> signal & 1) != 0 ? SIG_IGN : SIG_DFL;
    sigaction(signal, &action, nullptr);
  }
  setrlimit(RLIMIT_NOFILE, &start.descriptors);
  sigprocmask(SIG_SETMASK, start.signal_mask, nullptr);
  execve(start.path, start.arguments, start.environment);
  return StartStep::kProgram;
}

}  // namespace

SignalSet ignore_signals_of_writes() {
  SignalSet ignored = 0;
  for (const int signal : kSignalsOfWrites) {
    struct sigaction action{};
    action.sa_handler = SIG_IGN;
    struct sigaction before;
    if (sigaction(signal, &action, &before) == 0 && before.sa_handler == SIG_IGN) ignored |= SignalSet{1} << signal;
  }
  return ignored;
}

int find_program(const char* name, std::string* path) {
  if (*name == '\0') return ENOENT;
  if (std::strchr(name, '/') != nullptr) {
    *path = name;
    if (access(name, X_OK) != 0) return errno;
    return is_file(*path) ? 0 : EACCES;
  }
  const char* folders = std::getenv("PATH");
  std::string_view rest = folders != nullptr ? folders : "/bin:/usr/bin";
  int error = ENOENT;
  while (true) {
    const std::size_t colon = rest.find(':');
    const std::string_view folder = rest.substr(0, colon);
    *path = (folder.empty() ? "." : std::string(folder)) + "/" + name;
    if (is_file(*path)) {
      if (access(path->c_str(), X_OK) == 0) return 0;
      error = EACCES;
    }
    if (colon == std::string_view::npos) return error;
    rest.remove_prefix(colon + 1);
  }
}

Environment::Environment() {
  for (char** variable = environ; *variable != nullptr; ++variable) variables_.emplace_back(*variable);
}

bool Environment::has(const char* name) const {
  for (const std::string& variable : variables_) {
    if (names_variable(variable, name)) return true;
  }
  return false;
}

void Environment::set(const char* name, const std::string& value) {
  std::string text = std::string(name) + "=" + value;
  for (std::string& variable : variables_) {
    if (names_variable(variable, name)) {
      variable = std::move(text);
      return;
    }
  }
  variables_.push_back(std::move(text));
}

char** Environment::pointers() {
  pointers_.clear();
  for (std::string& variable : variables_) pointers_.push_back(variable.data());
  pointers_.push_back(nullptr);
  return pointers_.data();
}

pid_t spawn(const Start& start, StartStep* failed) {
  const pid_t parent = getpid();
  // vfork copies no page tables: the child runs in our memory until it has become the program. All signals are blocked
  // here, so no handler runs in the child. posix_spawn can neither bind the child to a core nor have it killed with us.
  volatile int error = 0;
  volatile StartStep step = StartStep::kProcess;
  // NOLINTBEGIN(bugprone-unsafe-functions,clang-analyzer-security.insecureAPI.vfork,clang-analyzer-unix.Vfork)
  const pid_t child = vfork();
  if (child == 0) {
    step = become_program(start, parent);
    error = errno;
    _exit(127);
  }
  // NOLINTEND(bugprone-unsafe-functions,clang-analyzer-security.insecureAPI.vfork,clang-analyzer-unix.Vfork)
  *failed = step;
  if (child < 0) return -1;
  if (error != 0) {
    errno = error;  // the loop reaps the zombie with the others
    return -1;
  }
  return child;
}

std::string describe_failed_start(StartStep failed, int error, const std::string& path) {
  std::string text;
  switch (failed) {
    case StartStep::kProcess:
      text = "cannot start a process: " + describe_error(error);
      if (error == EAGAIN) text += " (the limit of processes: `ulimit -u`, or pids.max of the control group)";
      return text;
    case StartStep::kTerminal:
      return "cannot give the program a terminal of its own: " + describe_error(error);
    case StartStep::kCore:
      return "cannot bind the program to its core: " + describe_error(error);
    case StartStep::kStreams:
      return "cannot connect the program's standard streams: " + describe_error(error);
    case StartStep::kProgram:
      break;
  }
  text = "cannot run " + path + ": " + describe_error(error);
  // The file exists, but the interpreter in its first line, or its loader, does not.
  if (error == ENOENT && access(path.c_str(), F_OK) == 0) text = "cannot run " + path + ": its interpreter is missing";
  return text;
}

int status_of_failed_start(StartStep failed, int error) {
  if (failed != StartStep::kProgram) return 1;
  return error == ENOENT ? 127 : 126;
}

}  // namespace shmem::launcher
