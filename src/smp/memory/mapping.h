// SPDX-License-Identifier: BSD-3-Clause
//
// JobMapping: a job's memory file in the address space of this process.
//
// It is unmapped when the object is destroyed, which only tests do. A process keeps it until it ends.
#pragma once

#include <cstddef>
#include <cstdint>

#include "smp/memory/layout.h"
#include "smp/status.h"

namespace shmem::smp {

// How much of the file to map. An observer, such as the launcher, needs no PE's memory.
enum class MapExtent { kAll, kControl };

class JobMapping {
 public:
  JobMapping() = default;
  ~JobMapping();
  JobMapping(const JobMapping&) = delete;
  JobMapping& operator=(const JobMapping&) = delete;

  // Checks magic, version, layout hash and size. The descriptor is not kept.
  Status map(int fd, MapExtent extent = MapExtent::kAll) noexcept;
  [[nodiscard]] JobHeader* header() const noexcept { return header_; }
  // The place of the control blocks is kept here, since a stray write can overwrite the header.
  [[nodiscard]] ControlBlock* control(int pe) const noexcept { return control_zero_ + pe; }
  [[nodiscard]] std::byte* base() const noexcept { return reinterpret_cast<std::byte*>(header_); }

 private:
  JobHeader* header_ = nullptr;
  ControlBlock* control_zero_ = nullptr;
  std::uint64_t nbytes_ = 0;
};

}  // namespace shmem::smp
