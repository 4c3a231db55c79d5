// SPDX-License-Identifier: BSD-3-Clause
//
// The launcher's command line.
#pragma once

#include <cstdint>

namespace shmem::launcher {

enum class Bind {
  kAuto,  // one core each where there are enough that no other job has
  kCore,
  kNone,
};

struct Options {
  int npes = 1;
  bool label = false;
  std::int64_t timeout_ns = 0;  // 0: none
  std::int64_t stall_ns = -1;   // a job that stands still for so long is told so; 0: never, -1: not given
  Bind bind = Bind::kAuto;
  std::uint64_t heap_nbytes = 0;     // 0: what the machine has left
  bool with_parent = false;          // the job ends when the process ends that has started us
  bool watch = false;                // the program is another library's launcher (watch.h)
  const char* last_words = nullptr;  // what it says before it may hang
  char** program = nullptr;          // program and arguments, ends with nullptr
};

// Returns -1 to go on, or the exit status: 0 after --help and --version, 2 for a line that cannot be.
int parse_options(int argc, char** argv, Options* options);

}  // namespace shmem::launcher
