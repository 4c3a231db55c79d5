// SPDX-License-Identifier: BSD-3-Clause
//
// How the job's file is divided.
//
// Pages of the file take memory only once they are touched, so the distances between areas are generous. Two things are
// rationed: the heaps' budget, out of the memory that is left now, and address space where a limit makes it scarce.
#include "smp/memory/create.h"

#include <algorithm>
#include <cstdio>
#include <cstring>
#include <iterator>
#include <new>
#include <string>

#include "smp/error.h"
#include "smp/memory/layout.h"
#include "smp/os/memory.h"
#include "smp/os/prim.h"
#include "smp/os/process.h"

namespace shmem::smp {

namespace {

// Places and distances in the file are multiples of a unit: of the largest alignment that there is, and where limits
// are narrow of a size that is a multiple of every processor's pages.
constexpr std::uint64_t kUnits[] = {os::kMapAlignment, std::uint64_t{1} << 16};
constexpr std::uint64_t kDataStride = std::uint64_t{1} << 30;  // globals of an executable
// The workspace of a PE, and what it has at least where limits are narrow.
constexpr std::uint64_t kWorkspace = std::uint64_t{64} << 20;
constexpr std::uint64_t kLeastWorkspace = std::uint64_t{64} << 10;
constexpr std::uint64_t kMostAddresses = std::uint64_t{1} << 46;  // half of what x86-64 gives to a process

constexpr std::uint64_t round_up(std::uint64_t nbytes, std::uint64_t unit) {
  return (nbytes + unit - 1) / unit * unit;
}
constexpr std::uint64_t round_down(std::uint64_t nbytes, std::uint64_t unit) {
  return nbytes / unit * unit;
}

struct Sizes {
  std::uint64_t data_offset;
  std::uint64_t data_stride;
  std::uint64_t heap_offset;
  std::uint64_t heap_stride;
  std::uint64_t heap_nbytes;
  std::uint64_t symmetric_nbytes;
  std::uint64_t workspace_nbytes;
  std::uint64_t file_nbytes;
};

// Fits everything into `limit` bytes of addresses; false if that cannot be.
bool divide(std::uint64_t npes, std::uint64_t heap_wanted, bool heap_explicit, std::uint64_t limit, std::uint64_t unit,
            Sizes* sizes) noexcept {
  sizes->data_offset = round_up(sizeof(JobHeader) + npes * sizeof(ControlBlock), unit);
  if (limit <= sizes->data_offset) return false;
  const std::uint64_t share = round_down((limit - sizes->data_offset) / npes, unit);
  sizes->data_stride = std::clamp(round_down(share / 8, unit), unit, kDataStride);
  if (share < sizes->data_stride + 2 * unit) return false;
  const std::uint64_t room = share - sizes->data_stride;  // for a heap and a workspace
  const std::uint64_t workspace = std::clamp(round_down(room / 8, kLeastWorkspace), kLeastWorkspace, kWorkspace);
  const std::uint64_t most_heap = room - (heap_explicit ? kLeastWorkspace : workspace);
  if (heap_wanted > most_heap && heap_explicit) return false;
  sizes->heap_nbytes = heap_explicit ? heap_wanted : std::min(std::max(round_up(heap_wanted, unit), unit), most_heap);
  const std::uint64_t heap_end = round_up(sizes->heap_nbytes, kCacheLine);
  sizes->workspace_nbytes = std::min(workspace, room - heap_end);
  sizes->symmetric_nbytes = heap_end + sizes->workspace_nbytes;
  sizes->heap_stride = round_up(sizes->symmetric_nbytes, unit);
  sizes->heap_offset = sizes->data_offset + npes * sizes->data_stride;
  sizes->file_nbytes = sizes->heap_offset + npes * sizes->heap_stride;
  return true;
}

bool divide_by_any_unit(std::uint64_t npes, std::uint64_t heap_wanted, bool heap_explicit, std::uint64_t limit,
                        Sizes* sizes) noexcept {
  return std::any_of(std::begin(kUnits), std::end(kUnits),
                     [&](std::uint64_t unit) { return divide(npes, heap_wanted, heap_explicit, limit, unit, sizes); });
}

Status choose_sizes(const JobOptions& options, Sizes* sizes) noexcept {
  const auto npes = static_cast<std::uint64_t>(options.npes);
  const bool heap_explicit = options.heap_nbytes != 0;
  // An eighth stays for what is not symmetric.
  const std::uint64_t left = os::available_memory();
  const std::uint64_t heap = heap_explicit ? options.heap_nbytes : round_down((left - left / 8) / npes, kUnits[0]);
  if (heap > kMostAddresses)
    return fail(Status::kInvalid, "a symmetric heap of %llu GiB is beyond what can be mapped",
                static_cast<unsigned long long>(heap >> 30));
  // Under a limit, programs need addresses of their own: half of what is left is theirs.
  std::uint64_t limit = os::mappable_nbytes();
  limit = std::min({limit == UINT64_MAX ? limit : limit / 2, os::most_file_nbytes(), kMostAddresses});
  // Other limits (vm.overcommit_memory, a sandbox) show only when the addresses are asked for.
  while (divide_by_any_unit(npes, heap, heap_explicit, limit, sizes)) {
    if (os::address_space_fits(sizes->file_nbytes)) return Status::kOk;
    limit = std::min(limit, sizes->file_nbytes) / 2;
  }
  return fail(Status::kNoMemory,
              "the limits on address space (`ulimit -v`) or file size (`ulimit -f`) leave no room for %d PEs with a "
              "symmetric heap of %s each",
              options.npes, heap_explicit ? (std::to_string(heap >> 20) + " MiB").c_str() : "any size");
}

}  // namespace

Status create_job(const JobOptions& options, int* fd) noexcept {
  if (options.npes < 1 || options.npes > kMaxPes) {
    return fail(Status::kInvalid, "%d PEs: a job has 1 to %d", options.npes, kMaxPes);
  }
  Sizes sizes{};
  if (const Status status = choose_sizes(options, &sizes); !ok(status)) return status;
  int file = -1;
  if (const int error = os::create_memory_file("shmem4py", sizes.file_nbytes, &file)) {
    return fail(Status::kSystem, "cannot make the job's memory file: %s", std::strerror(error));
  }
  void* address = nullptr;
  if (const int error = os::map_file(file, sizeof(JobHeader), &address)) {
    os::close_file(file);
    return fail(Status::kSystem, "cannot map the job's header: %s", std::strerror(error));
  }
  JobHeader& header = *new (address) JobHeader{};
  header.magic = kJobMagic;
  header.version = kLayoutVersion;
  header.layout_hash = layout_hash();
  header.npes = options.npes;
  header.cores = static_cast<std::uint32_t>(options.cores > 0 ? options.cores : os::usable_cores());
  const bool membarrier = options.npes == 1 ? os::has_membarrier() : os::membarrier_register();
  header.flags = (options.npes > static_cast<int>(header.cores) ? kJobOversubscribed : 0u) |
                 (membarrier ? 0u : kJobWriterFences) | (options.supervised ? kJobSupervised : 0u);
  header.creator_pid = os::process_id();
  header.file_nbytes = sizes.file_nbytes;
  header.control_offset = sizeof(JobHeader);
  header.control_stride = sizeof(ControlBlock);
  header.data_offset = sizes.data_offset;
  header.data_stride = sizes.data_stride;
  header.heap_offset = sizes.heap_offset;
  header.heap_stride = sizes.heap_stride;
  header.heap_nbytes = sizes.heap_nbytes;
  header.symmetric_nbytes = sizes.symmetric_nbytes;
  header.workspace_nbytes = sizes.workspace_nbytes;
  header.stall_ns = options.stall_ns;
  std::snprintf(header.job_name, sizeof header.job_name, "%s", options.name.c_str());
  os::unmap(address, sizeof(JobHeader));
  *fd = file;
  return Status::kOk;
}

}  // namespace shmem::smp
