// SPDX-License-Identifier: BSD-3-Clause
//
// The launcher's command line, parsed once into Options, which are constant afterwards.
#pragma once

#include <cstdint>

namespace shmem::launcher {

enum class Bind {
  kAuto,  // one core each if enough cores are free of other jobs
  kCore,
  kNone,
};

struct Options {
  int npes = 1;
  bool label = false;
  std::int64_t timeout_ns = 0;  // 0: none
  std::int64_t stall_ns = -1;   // a standstill this long is reported; 0: never, -1: not given
  Bind bind = Bind::kAuto;
  std::uint64_t heap_nbytes = 0;     // 0: what the machine has left
  bool with_parent = false;          // the job ends when our parent process ends
  bool watch = false;                // the program is another library's launcher (watch.h)
  const char* final_text = nullptr;  // what that launcher prints before it may hang
  char** program = nullptr;          // program and arguments, ended by nullptr
};

// Returns -1 to go on, or the exit status: 0 after --help and --version, 2 for a command line that is not valid.
int parse_options(int argc, char** argv, Options* options);

}  // namespace shmem::launcher
