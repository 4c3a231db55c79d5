// SPDX-License-Identifier: BSD-3-Clause
//
// Starts one PE's program with its environment, streams, core and signals. The new process ends with the launcher.
#pragma once

#include <signal.h>
#include <sys/resource.h>
#include <sys/types.h>

#include <cstdint>
#include <string>
#include <vector>

namespace shmem::launcher {

// Finds the program as execvp does. Returns 0, or errno: ENOENT, EACCES.
int find_program(const char* name, std::string* path);

// The environment of the PEs: ours, with some variables replaced.
class Environment {
 public:
  Environment();
  [[nodiscard]] bool has(const char* name) const;
  void set(const char* name, const std::string& value);
  [[nodiscard]] char** pointers();  // valid until the next set

 private:
  std::vector<std::string> variables_;
  std::vector<char*> pointers_;
};

// A bit, 1 << signal, for each signal.
using SignalSet = std::uint64_t;

// Ignores SIGPIPE and SIGXFSZ, since `write` reports the same as errors. Returns those that were ignored before.
[[nodiscard]] SignalSet ignore_signals_of_writes();

// What a process is started with. All descriptors above 2 are close-on-exec.
struct Start {
  const char* path = nullptr;
  char** arguments = nullptr;
  char** environment = nullptr;
  int input = 0;
  int output = 1;
  int errors = 2;
  bool own_group = true;              // a process group of its own
  bool controlling_terminal = false;  // `output`, or else `errors`, is its own terminal
  int core = -1;
  const sigset_t* signal_mask = nullptr;  // the launcher's own at its start
  SignalSet ignored = 0;                  // the same
  rlimit descriptors{};                   // the same
};

// The step that failed; errno says why.
enum class StartStep { kProcess, kTerminal, kCore, kStreams, kProgram };

// Starts the process, which ends with us. On failure returns -1, with errno and *failed set.
pid_t spawn(const Start& start, StartStep* failed);

// The message for a failed start of the program at `path`.
[[nodiscard]] std::string describe_failed_start(StartStep failed, int error, const std::string& path);
// The launcher's exit status after it, as a shell's would be.
[[nodiscard]] int status_of_failed_start(StartStep failed, int error);

}  // namespace shmem::launcher
