// SPDX-License-Identifier: BSD-3-Clause
//
// Globals: static and global variables of an executable that is linked with the library are symmetric.
//
// At init the executable's writable data (.data and .bss, without what the linker makes read-only after start) move
// into this PE's data area of the job's file: contents are copied there, then the area is mapped over the old
// addresses, whole pages. Addresses stay, so the program notices nothing; other PEs reach the same pages through
// their mapping. Executables are loaded at random addresses, so offsets in the data are what PEs have in common;
// a hash of the executable, in the control block, says whether two PEs run the same one.
//
// Constants (.rodata) are global variables, too. They are the same in all PEs of one executable and cannot be written,
// so they stay where they are, and a get of one is served from one's own. Not those that hold addresses, which the
// linker keeps with the writable data until they have been relocated: they differ between PEs.
//
// Only an executable that names the library among those it needs: a Python interpreter, which opens the library
// later, keeps state of its own in its data.
//
// A forked child is no PE and gets a private copy back, with the contents of the moment of the fork.
#pragma once

#include <cstddef>
#include <cstdint>

#include "smp/pe.h"
#include "smp/status.h"

namespace shmem::smp {

// Whole pages; with gaps where the linker has put something read-only between writable data.
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

// Moves the pieces into the PE's data area and fills in the PE's data_… fields and the control block's. Nobody else
// may write to them meanwhile. kUnsupported if there are more than the job has set aside.
Status share_data(Pe& pe, const DataPieces& data) noexcept;

// Around fork, in this order, each in the process that its name says. `before` takes the copy for the child.
void keep_data_before_fork() noexcept;
void drop_kept_data_in_parent() noexcept;
// False if no copy could be taken: the child must not go on with the parent's variables.
[[nodiscard]] bool restore_data_in_child() noexcept;

}  // namespace shmem::smp
