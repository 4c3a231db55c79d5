// SPDX-License-Identifier: BSD-3-Clause
//
// Words one look at a PE's state and note (place.h). The state and the note are two loads, so the place can be that of
// a PE between two operations; the text is for people only.
#include "smp/stall/place.h"

#include <cstdio>

#include "smp/operations.h"

namespace shmem::smp {

void describe_place(const ControlBlock& control, char* text, std::size_t nbytes) noexcept {
  // Relaxed: the reader waits for nothing and takes what it finds.
  const auto state = static_cast<PeState>(control.state.load(std::memory_order_relaxed));
  const Note note = Note::unpack(control.note.load(std::memory_order_relaxed));
  const auto operation = static_cast<Operation>(note.operation);
  if (state == PeState::kReturning) {
    std::snprintf(text, nbytes, "at the end of its program, without shmem_finalize");
    return;
  }
  if (operation == Operation::kNone) {
    std::snprintf(text, nbytes, "%s",
                  state == PeState::kUnclaimed   ? "before shmem_init"
                  : state == PeState::kAttached  ? "in shmem_init"
                  : state == PeState::kFinalized ? "after shmem_finalize"
                  : state == PeState::kGone      ? "after shmem_finalize"
                                                 : "not waiting");
    return;
  }
  int length = std::snprintf(text, nbytes, "in %s", operation_name(operation));
  const auto append = [&](const char* words, int number) {
    if (length > 0 && static_cast<std::size_t>(length) < nbytes) {
      length += std::snprintf(text + length, nbytes - static_cast<std::size_t>(length), words, number);
    }
  };
  if (note.pe >= 0) append(" with PE %d", note.pe);
  if (note.team > 0) append(" on team %d", note.team);
}

}  // namespace shmem::smp
