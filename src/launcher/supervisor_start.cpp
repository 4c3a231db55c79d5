// SPDX-License-Identifier: BSD-3-Clause
//
// What is made before the first PE runs, and how a PE is started (supervisor.h).
#include "launcher/supervisor.h"

#include <errno.h>
#include <sys/signalfd.h>

#include <cstring>

#include "launcher/guard.h"
#include "launcher/reasons.h"
#include "smp/error.h"

namespace shmem::launcher {

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

}  // namespace shmem::launcher
