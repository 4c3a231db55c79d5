// SPDX-License-Identifier: BSD-3-Clause
//
// Starting one PE's program.
#pragma once

#include <signal.h>
#include <sys/resource.h>
#include <sys/types.h>

#include <cstdint>
#include <string>
#include <vector>

namespace shmem::launcher {

// Finds the program as execvp does. 0, or errno: ENOENT, EACCES.
int find_program(const char* name, std::string* path);

// The environment of the PEs: ours, with some variables set.
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

// Lets SIGPIPE and SIGXFSZ be ignored, as the errors of `write` say the same; those of them that were ignored before.
[[nodiscard]] SignalSet ignore_signals_of_writes();

// What a process is started with. Descriptors above 2 are close-on-exec.
struct Start {
  const char* path = nullptr;
  char** arguments = nullptr;
  char** environment = nullptr;
  int input = 0;
  int output = 1;
  int errors = 2;
  bool own_group = true;              // a process group of its own
  bool controlling_terminal = false;  // `output`, or where that is none `errors`, is a terminal of its own
  int core = -1;
  const sigset_t* signal_mask = nullptr;  // as we found it
  SignalSet ignored = 0;                  // as we found it
  rlimit descriptors{};                   // as we found it
};

// What a start has failed at; errno says why.
enum class StartStep { kProcess, kTerminal, kCore, kStreams, kProgram };

// Starts it; it ends with us. -1, errno and *failed where it cannot.
pid_t spawn(const Start& start, StartStep* failed);

// In words, for a program of that path.
[[nodiscard]] std::string describe_failed_start(StartStep failed, int error, const std::string& path);
// The launcher's exit status then, as a shell has it.
[[nodiscard]] int status_of_failed_start(StartStep failed, int error);

}  // namespace shmem::launcher
