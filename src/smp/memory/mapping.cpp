// SPDX-License-Identifier: BSD-3-Clause
//
// The file's first page is mapped alone and checked before anything else, so that a file with another build's layout is
// refused before any of its contents are used.
#include "smp/memory/mapping.h"

#include <cstring>

#include "smp/error.h"
#include "smp/os/memory.h"
#include "smp/parts.h"

namespace shmem::smp {

namespace {

Status check_header(const JobHeader& header, std::uint64_t file_nbytes) noexcept {
  if (header.magic != kJobMagic) return fail(Status::kUnsupported, "what the launcher has sent is no job of shmem4py");
  if (header.version != kLayoutVersion || header.layout_hash != layout_hash()) {
    return fail(Status::kUnsupported,
                "this process and the one that made the job have different builds of the shmem4py library "
                "(layout %u/%08x here, %u/%08x there): start the program with the launcher of its own installation",
                kLayoutVersion, layout_hash(), header.version, header.layout_hash);
  }
  const auto npes = static_cast<std::uint64_t>(header.npes);
  if (header.npes < 1 || header.npes > kMaxPes || header.file_nbytes != file_nbytes ||
      header.control_stride != sizeof(ControlBlock) ||
      header.control_offset + npes * header.control_stride > header.data_offset ||
      header.data_offset + npes * header.data_stride > header.heap_offset ||
      header.heap_offset + npes * header.heap_stride > file_nbytes || header.symmetric_nbytes > header.heap_stride ||
      header.heap_nbytes + header.workspace_nbytes > header.symmetric_nbytes) {
    return fail(Status::kUnsupported, "the job's memory file is damaged: its sizes do not agree");
  }
  return Status::kOk;
}

}  // namespace

void DeletePart::operator()(JobMapping* mapping) const noexcept {
  delete mapping;
}

JobMapping::~JobMapping() {
  if (header_ != nullptr) os::unmap(header_, nbytes_);
}

Status JobMapping::map(int fd, MapExtent extent) noexcept {
  const std::uint64_t file_nbytes = os::sealed_file_nbytes(fd);
  if (file_nbytes < sizeof(JobHeader)) {
    return fail(Status::kUnsupported, "what the launcher has sent is no sealed memory file");
  }
  void* address = nullptr;
  if (const int error = os::map_file(fd, sizeof(JobHeader), &address)) {
    return fail(Status::kSystem, "cannot map the job's header: %s", std::strerror(error));
  }
  const Status status = check_header(*static_cast<JobHeader*>(address), file_nbytes);
  const std::uint64_t control_offset = static_cast<JobHeader*>(address)->control_offset;
  const std::uint64_t control_nbytes = static_cast<JobHeader*>(address)->data_offset;
  os::unmap(address, sizeof(JobHeader));
  if (!ok(status)) return status;

  nbytes_ = extent == MapExtent::kAll ? file_nbytes : control_nbytes;
  if (const int error = os::map_file(fd, nbytes_, &address)) {
    return fail(Status::kSystem,
                "cannot map the job's %llu MiB of address space: %s (a limit such as `ulimit -v` that the launcher "
                "does not have? SHMEM_SYMMETRIC_SIZE makes the job smaller)",
                static_cast<unsigned long long>(nbytes_ >> 20), std::strerror(error));
  }
  header_ = static_cast<JobHeader*>(address);
  control_zero_ = reinterpret_cast<ControlBlock*>(base() + control_offset);
  return Status::kOk;
}

}  // namespace shmem::smp
