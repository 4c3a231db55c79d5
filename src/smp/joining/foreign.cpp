// SPDX-License-Identifier: BSD-3-Clause
//
// How a foreign launcher is recognised by the environment, and how the PEs that it has started join one job
// (foreign.h). Local rank 0 makes the job and serves it from a detached thread, which ends when all PEs have attached
// or the time is up. The other PEs look for its socket by a name that they work out. Shared: JobHeader::attached, which
// each PE counts up in attach_slot and the serving thread reads.
#include "smp/joining/foreign.h"

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <system_error>
#include <thread>

#include "smp/ending/ending.h"
#include "smp/error.h"
#include "smp/joining/attach.h"
#include "smp/joining/server.h"
#include "smp/joining/settings.h"
#include "smp/memory/create.h"
#include "smp/os/memory.h"
#include "smp/os/prim.h"
#include "smp/os/process.h"
#include "smp/os/socket.h"

namespace shmem::smp {

namespace {

// A number in the environment, or -1.
int env_number(const char* name) noexcept {
  const char* text = std::getenv(name);
  if (text == nullptr || *text == '\0') return -1;
  char* end = nullptr;
  const long number = std::strtol(text, &end, 10);
  return *end == '\0' && number >= 0 && number <= INT32_MAX ? static_cast<int>(number) : -1;
}

std::string env_text(const char* name) {
  const char* text = std::getenv(name);
  return text != nullptr ? text : "";
}

Status spread(const char* launcher, int here, int npes, const char* engine) noexcept {
  char count[48] = "";
  if (here >= 0) std::snprintf(count, sizeof count, " (%d of %d PEs are on this one)", here, npes);
  return fail(Status::kUnsupported,
              "%s has spread the job over several machines%s, and the smp engine works within one: use %s", launcher,
              count, engine);
}

// The nearest ancestor with one of these names, as "pid.start": the process that started all local ranks.
std::string ancestor_key(std::initializer_list<const char*> names) {
  os::ProcessInfo info;
  int pid = os::process_id();
  while (pid > 1 && os::process_info(pid, &info)) {
    for (const char* name : names) {
      if (info.name == name) return std::to_string(pid) + "." + std::to_string(info.start_time);
    }
    pid = info.parent;
  }
  return {};
}

// Open MPI's mpiexec, and prterun for Open MPI 5.
Status find_open_mpi(ForeignPlace* place) noexcept {
  place->launcher = "Open MPI's launcher";
  place->pe = env_number("OMPI_COMM_WORLD_RANK");
  place->npes = env_number("OMPI_COMM_WORLD_SIZE");
  place->local_pe = env_number("OMPI_COMM_WORLD_LOCAL_RANK");
  const int here = env_number("OMPI_COMM_WORLD_LOCAL_SIZE");
  if (here != place->npes) {
    return spread(place->launcher, here, place->npes, "the engine for Open MPI (SHMEM4PY_ENGINE=openmpi)");
  }
  // A later job may have the same name space, but no two jobs at one time have the same server address, too.
  place->key =
      "ompi." + env_text("PMIX_NAMESPACE") + "." + env_text("PMIX_SERVER_TMPDIR") + "." + env_text("PMIX_SERVER_URI2");
  return Status::kOk;
}

// MPICH's hydra, and Intel MPI's.
Status find_hydra(ForeignPlace* place) noexcept {
  place->launcher = "MPICH's mpiexec";
  place->pe = env_number("PMI_RANK");
  place->npes = env_number("PMI_SIZE");
  place->local_pe = env_number("MPI_LOCALRANKID");
  const int here = env_number("MPI_LOCALNRANKS");
  if (here != place->npes) {
    return spread(place->launcher, here, place->npes, "an engine for an OpenSHMEM library over MPI, such as OSHMPI");
  }
  const std::string proxy = ancestor_key({"hydra_pmi_proxy", "hydra_bstrap_pr"});
  if (proxy.empty()) {
    return fail(Status::kUnsupported,
                "the environment is that of MPICH's mpiexec, but no hydra_pmi_proxy is among this process's "
                "ancestors: start the program with `shmem4py run`");
  }
  place->key = "hydra." + proxy;
  return Status::kOk;
}

Status find_slurm(ForeignPlace* place) noexcept {
  place->launcher = "srun";
  place->pe = env_number("SLURM_PROCID");
  place->npes = env_number("SLURM_STEP_NUM_TASKS");
  place->local_pe = env_number("SLURM_LOCALID");
  if (env_number("SLURM_STEP_NUM_NODES") != 1) {
    return spread(place->launcher, -1, place->npes, "the engine for the OpenSHMEM library of this cluster");
  }
  place->key = "slurm." + env_text("SLURM_JOB_ID") + "." + env_text("SLURM_STEP_ID") + "." + env_text("SLURM_STEPMGR") +
               ancestor_key({"slurmstepd"});
  return Status::kOk;
}

// FNV-1a of 64 bits, since the name of a socket must be short.
std::uint64_t hash_of(const std::string& text) noexcept {
  std::uint64_t hash = 14695981039346656037u;
  for (const char c : text) hash = (hash ^ static_cast<unsigned char>(c)) * 1099511628211u;
  return hash;
}

std::string socket_name(const ForeignPlace& place) {
  char text[64];
  std::snprintf(text, sizeof text, "shmem4py-%u-%016llx", os::user_id(),
                static_cast<unsigned long long>(hash_of(place.key)));
  return text;
}

// The cores that all PEs may use together. A bound PE sees its own cores only, and launchers bind PEs to different
// ones.
int cores_for_all(int npes) noexcept {
  const int mine = os::usable_cores();
  return mine < npes ? std::max(mine, std::min(os::cores_before_binding(), mine * npes)) : mine;
}

// Serves until all PEs have attached, or the time is up. Then it marks the job as ending.
void serve(const std::unique_ptr<JobServer>& server, int fd, Pe& pe, std::int64_t patience_ns) noexcept {
  os::block_signals();
  const std::int64_t give_up = os::monotonic_ns() + patience_ns;
  const auto npes = static_cast<std::uint32_t>(pe.world_npes);
  // Acquire: pairs with the increment in attach_slot. The last PE counts itself in a moment after it was served.
  while (pe.job->attached.load(std::memory_order_acquire) < npes) {
    if (os::wait_readable(server->fd(), 20) && server->serve_one() < 0) os::sleep_ns(20'000'000);
    if (os::monotonic_ns() < give_up) continue;
    if (mark_ending(pe, -1, 1)) {
      std::fprintf(stderr, "shmem4py: only %u of %u PEs have called shmem_init in %d s\n",
                   pe.job->attached.load(std::memory_order_relaxed), npes,
                   static_cast<int>(patience_ns / 1'000'000'000));
    }
    break;
  }
  os::close_file(fd);
}

Status make_and_serve(Pe& pe, const ForeignPlace& place) noexcept {
  JobOptions options;
  options.npes = place.npes;
  options.cores = cores_for_all(place.npes);
  options.name = place.launcher;
  if (const Status status = requested_heap_nbytes(&options.heap_nbytes); !ok(status)) return status;
  if (const Status status = requested_stall_ns(&options.stall_ns); !ok(status)) return status;
  int fd = -1;
  if (const Status status = create_job(options, &fd); !ok(status)) return status;
  auto server = std::make_unique<JobServer>();
  Status status = attach_slot(pe, fd, place.pe);
  if (ok(status)) status = server->listen(fd, socket_name(place));
  if (!ok(status)) {
    os::close_file(fd);
    return status;
  }
  try {
    std::thread([server = std::move(server), fd, &pe, patience_ns = place.patience_ns] {
      serve(server, fd, pe, patience_ns);
    }).detach();
  } catch (const std::system_error& error) {
    return fail(Status::kSystem, "cannot start the thread that serves the job: %s", error.what());
  }
  return Status::kOk;
}

Status find_server(Pe& pe, const ForeignPlace& place) noexcept {
  const std::string name = socket_name(place);
  const std::int64_t give_up = os::monotonic_ns() + place.patience_ns;
  std::int64_t pause_ns = 500'000;
  while (true) {
    int fd = -1;
    int server = 0;
    Status status = receive_job(name, &fd, &server);
    if (ok(status)) {
      status = attach_slot(pe, fd, place.pe);
      os::close_file(fd);
      // The slot is taken if a wrapper has run another program as this PE before. That program's job is about to close.
      if (status != Status::kInvalid) {
        if (ok(status)) clear_failure();  // that of attempts before PE 0 served
        return status;
      }
    } else if (status != Status::kUnsupported) {
      return status;
    }
    if (os::monotonic_ns() > give_up) {
      const std::string words = failure_message();
      return fail(Status::kSystem, "PE %d of %d, started by %s, has not found PE 0 in %d s: %s", place.pe, place.npes,
                  place.launcher, static_cast<int>(place.patience_ns / 1'000'000'000), words.c_str());
    }
    if (int (*check)(void*) = pe.interrupt_check.load(std::memory_order_acquire)) {
      if (check(pe.interrupt_argument.load(std::memory_order_relaxed)) != 0) return Status::kInterrupted;
    }
    os::sleep_ns(pause_ns);
    pause_ns = std::min<std::int64_t>(pause_ns * 2, 20'000'000);
  }
}

}  // namespace

Status find_foreign_place(ForeignPlace* place) noexcept {
  *place = ForeignPlace{};
  Status status = Status::kOk;
  if (env_number("OMPI_COMM_WORLD_SIZE") > 0) {
    status = find_open_mpi(place);
  } else if (env_number("PMI_SIZE") > 0 && env_number("MPI_LOCALRANKID") >= 0) {
    status = find_hydra(place);
  } else if (env_number("SLURM_PROCID") >= 0 && env_number("SLURM_STEP_NUM_TASKS") > 0) {
    // A batch script has SLURM_PROCID too, but no step. A program that runs there is one PE.
    status = find_slurm(place);
  } else if (env_number("PMIX_RANK") >= 0) {
    return fail(Status::kUnsupported,
                "this process was started by a PMIx launcher that does not say how many there are: start the program "
                "with `shmem4py run`, or as a personality that says it (prterun --personality ompi)");
  }
  if (ok(status) && place->launcher != nullptr &&
      (place->pe < 0 || place->pe >= place->npes || place->local_pe < 0 || place->local_pe >= place->npes)) {
    return fail(Status::kUnsupported, "the environment of %s does not say which PE of how many this process is",
                place->launcher);
  }
  return status;
}

Status attach_foreign(Pe& pe, const ForeignPlace& place) noexcept {
  return place.local_pe == 0 ? make_and_serve(pe, place) : find_server(pe, place);
}

}  // namespace shmem::smp
