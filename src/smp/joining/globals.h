// SPDX-License-Identifier: BSD-3-Clause
//
// Globals: static and global variables of an executable that is linked with the library are symmetric.
//
// At init the executable's writable data move into this PE's data area of the job's file. These are .data and .bss,
// without the pages that the loader makes read-only after start. Their contents are copied to the area, and then whole
// pages of the area are mapped over the old addresses. Addresses stay, so the program notices nothing, and other PEs
// reach the same pages through their mapping. Executables are loaded at random addresses, so what PEs have in common
// are offsets in the data. A hash of the executable, in the control block, tells whether two PEs run the same one.
//
// Constants (.rodata) are global variables, too. They are equal in all PEs of one executable and cannot be written, so
// they stay where they are, and a get of one reads this PE's own. Constants that hold addresses are not among them:
// addresses differ between PEs, and the linker keeps such constants with the data that are relocated.
//
// Only an executable that names the library among those that it needs shares its data. A Python interpreter opens the
// library later, and keeps state of its own in its data.
//
// A forked child is no PE. It gets a private copy of the data, with the contents of the moment of the fork.
#pragma once

#include <cstddef>
#include <cstdint>

#include "smp/pe.h"
#include "smp/status.h"

namespace shmem::smp {

// Whole pages. There are gaps where the linker has put something read-only between writable data.
struct DataPieces {
  static constexpr int kMost = 8;
  MemoryRange pieces[kMost];
  int count = 0;
  MemoryRange constants[kMost] = {};  // read-only from the beginning
  int constants_count = 0;
  std::uint64_t hash = 0;  // of the executable

  [[nodiscard]] std::byte* begin() const noexcept { return pieces[0].begin; }
  [[nodiscard]] std::size_t nbytes() const noexcept {
    const MemoryRange& last = pieces[count - 1];
    return static_cast<std::size_t>(last.begin + last.nbytes - pieces[0].begin);
  }
};

// The executable's data; without pieces if it does not name the library.
[[nodiscard]] DataPieces find_globals() noexcept;

// Moves the pieces into the PE's data area and fills in the data_… fields of the PE and of its control block. No other
// thread may write to the pieces meanwhile. kUnsupported if they are larger than the area.
Status share_data(Pe& pe, const DataPieces& data) noexcept;

// Called around fork: the first before it, the others after it in parent and child. The first makes the child's copy.
void keep_data_before_fork() noexcept;
void drop_kept_data_in_parent() noexcept;
// False if no copy could be taken: the child must not go on with the parent's variables.
[[nodiscard]] bool restore_data_in_child() noexcept;

}  // namespace shmem::smp
