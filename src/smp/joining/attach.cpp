// SPDX-License-Identifier: BSD-3-Clause
//
// The steps of attaching (attach.h): find the file, map it, claim the slot, fill in the Pe. In attach_slot no step
// fails after the claim, since a claimed slot stays claimed for the life of the job.
#include "smp/joining/attach.h"

#include <cstdlib>
#include <cstring>
#include <memory>

#include "smp/ending/peers.h"
#include "smp/error.h"
#include "smp/joining/foreign.h"
#include "smp/joining/server.h"
#include "smp/joining/settings.h"
#include "smp/memory/create.h"
#include "smp/memory/mapping.h"
#include "smp/observer/observer.h"
#include "smp/os/memory.h"
#include "smp/os/prim.h"
#include "smp/os/process.h"
#include "smp/wait/backoff.h"

namespace shmem::smp {

namespace {

// A core dump is to show this PE's memory, not that of all.
void leave_out_peers(const JobMapping& mapping, int me) noexcept {
  const JobHeader& job = *mapping.header();
  const auto leave_out_area = [&](std::uint64_t offset, std::uint64_t stride) {
    std::byte* area = mapping.base() + offset;
    const auto before = static_cast<std::uint64_t>(me) * stride;
    const auto end = static_cast<std::uint64_t>(job.npes) * stride;
    os::leave_out_of_core_dumps(area, before);
    os::leave_out_of_core_dumps(area + before + stride, end - before - stride);
  };
  leave_out_area(job.data_offset, job.data_stride);
  leave_out_area(job.heap_offset, job.heap_stride);
}

Status claim(ControlBlock& control, int slot) noexcept {
  std::int32_t owner = 0;
  const int mine = os::process_id();
  // Acquire-release: one claimant wins, and what follows comes after.
  if (control.pid.compare_exchange_strong(owner, mine, std::memory_order_acq_rel)) return Status::kOk;
  os::ProcessInfo info;
  const bool lives = os::process_info(owner, &info);
  return fail(Status::kInvalid, "PE %d %s process %d%s%s%s: a second process cannot become it", slot,
              lives ? "is" : "has been", owner, lives ? " (" : "", lives ? info.name.c_str() : "", lives ? ")" : "");
}

Status attach_to_launcher(Pe& pe, const char* socket, const char* number) noexcept {
  char* end = nullptr;
  const long slot = std::strtol(number, &end, 10);
  if (end == number || *end != '\0' || slot < 0 || slot >= kMaxPes) {
    return fail(Status::kInvalid, "%s=%s is no PE", kEnvPe, number);
  }
  int fd = -1;
  int launcher = 0;
  if (const Status status = receive_job(socket, &fd, &launcher); !ok(status)) {
    const std::string words = failure_message();
    return fail(status, "%s (has the launcher ended? To run this program by itself, unset %s)", words.c_str(),
                kEnvSocket);
  }
  const Status status = attach_slot(pe, fd, static_cast<int>(slot));
  os::close_file(fd);
  if (!ok(status)) return status;
  pe.peers->watch_launcher(launcher);
  unsetenv(kEnvSocket);
  unsetenv(kEnvPe);
  return Status::kOk;
}

Status attach_alone(Pe& pe) noexcept {
  JobOptions options;
  if (const Status status = requested_heap_nbytes(&options.heap_nbytes); !ok(status)) return status;
  if (const Status status = requested_stall_ns(&options.stall_ns); !ok(status)) return status;
  int fd = -1;
  if (const Status status = create_job(options, &fd); !ok(status)) return status;
  const Status status = attach_slot(pe, fd, 0);
  os::close_file(fd);
  return status;
}

}  // namespace

Status attach(Pe& pe) noexcept {
  const char* socket = std::getenv(kEnvSocket);
  const char* number = std::getenv(kEnvPe);
  if (socket != nullptr && number != nullptr) return attach_to_launcher(pe, socket, number);
  ForeignPlace place;
  if (const Status status = find_foreign_place(&place); !ok(status)) return status;
  return place.npes > 1 ? attach_foreign(pe, place) : attach_alone(pe);
}

Status attach_slot(Pe& pe, int job_fd, int slot) noexcept {
  auto mapping = std::make_unique<JobMapping>();
  if (const Status status = mapping->map(job_fd); !ok(status)) return status;
  JobHeader& job = *mapping->header();
  if (slot < 0 || slot >= job.npes) return fail(Status::kInvalid, "PE %d of a job of %d PEs", slot, job.npes);
  const bool writer_fences = (job.flags & kJobWriterFences) != 0;
  // A job of one PE registers when it first sleeps (wait/eventcount.cpp): interpreters with threads import us quickly.
  if (!writer_fences && job.npes > 1 && !os::membarrier_register()) {
    return fail(Status::kUnsupported, "membarrier is forbidden to this process but not to the one that made the job");
  }
  ControlBlock& control = *mapping->control(slot);
  if (const Status status = claim(control, slot); !ok(status)) return status;

  leave_out_peers(*mapping, slot);
  const auto npes = static_cast<std::size_t>(job.npes);
  os::prefer_huge_pages(mapping->base() + job.heap_offset, npes * job.heap_stride);

  pe.me = slot;
  pe.npes = job.npes;
  pe.world_npes = job.npes;
  pe.heap_zero = mapping->base() + job.heap_offset;
  pe.heap_stride = job.heap_stride;
  pe.heap_begin = pe.heap_of(slot);
  pe.heap_nbytes = job.heap_nbytes;
  pe.control_zero = mapping->control(0);
  pe.control = &control;
  pe.writer_fences = writer_fences;
  pe.data_zero = mapping->base() + job.data_offset;
  pe.data_stride = job.data_stride;
  pe.job = &job;
  pe.wait_policy = choose_wait_policy(job.npes, static_cast<int>(job.cores), os::usable_cores() == 1);
  pe.observer = &kWaitObserver;
  pe.mapping = std::move(mapping);
  pe.peers = std::make_unique<PeerWatch>();
  control.state.store(static_cast<std::uint32_t>(PeState::kAttached), std::memory_order_release);
  job.attached.fetch_add(1, std::memory_order_acq_rel);  // read by the server under a foreign launcher
  return Status::kOk;
}

}  // namespace shmem::smp
