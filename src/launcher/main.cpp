// SPDX-License-Identifier: BSD-3-Clause
//
// shmem4py-launch: runs N processes of a program as the PEs of one job on this machine.
//
//   options     the command line
//   guard       two processes, each of which notices the other's death
//   supervise   the event loop: deaths, signals, time limits, the end of the job
//   watch       instead of supervise: another library's launcher runs the job, and we make sure that it ends
//   spawn       starting a program
//   control     the job's memory, seen from the launcher
//   console     the standard streams of the PEs and ours
//   output      whole lines
//   notices     what PEs tell of themselves: equal errors and stacks once
//   terminal    pseudo-terminals and the keyboard
//   binding     cores
//   descriptors the limit of open files, and spare descriptors
//   events      the poller
//   watched     processes that are not our children
//   reasons     texts that say why something ended
//   processes   the tree of processes below the launcher
#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include <cstdio>
#include <cstring>

#include "launcher/descriptors.h"
#include "launcher/guard.h"
#include "launcher/options.h"
#include "launcher/reasons.h"
#include "launcher/spawn.h"
#include "launcher/supervise.h"
#include "launcher/watch.h"

int main(int argc, char** argv) {
  using namespace shmem::launcher;
  // Our own descriptors must not take the numbers of the standard streams.
  int fd;
  do {
    fd = open("/dev/null", O_RDWR);
  } while (fd >= 0 && fd <= STDERR_FILENO);
  if (fd >= 0) close(fd);

  Options options;
  if (const int status = parse_options(argc, argv, &options); status >= 0) return status;
  Setup setup{.options = options, .ignored = ignore_signals_of_writes()};
  if (const int error = find_program(options.program[0], &setup.path)) {
    std::fprintf(stderr, "shmem4py: cannot run %s: %s\n", options.program[0], std::strerror(error));
    return error == ENOENT ? 127 : 126;
  }
  if (const int error = prepare_descriptors(&setup.descriptors)) {
    std::fprintf(stderr, "shmem4py: %s\n", describe_error(error).c_str());
    return 1;
  }
  start_supervisor(options.with_parent, &setup.lifeline, &setup.signal_mask);
  return options.watch ? watch(setup) : supervise(setup);
}
