// SPDX-License-Identifier: BSD-3-Clause
//
// Entrance: a PE is in one collective of a team at a time. Two of its threads there at once would count up the same
// sequences and answer for each other, so the second is refused before it has touched anything (standard, section
// Thread Support: the program must keep them apart). Where the program has not asked for SHMEM_THREAD_MULTIPLE there is
// nothing to keep apart, and no atomic to pay for.
//
// The same holds for one thread whose signal handler calls a collective of the team that it waits in.
#pragma once

#include <atomic>

#include "smp/error.h"
#include "smp/team/team.h"

namespace shmem::smp {

// Notes the operation for the length of a scope, if this PE may be in it: if (!entrance) return entrance.refuse();
class Entrance {
 public:
  [[gnu::always_inline]] Entrance(Pe& pe, Team& team, Operation operation, int other = -1) noexcept
      : guarded_(pe.many_threads), team_(team), note_(pe, operation, other, team.slot) {
    if (!guarded_) return;
    // Acquire: pairs with the release of the thread that was here before. A second thread leaves its operation behind,
    // which the first thread takes away when it leaves.
    found_ = std::atomic_ref<Operation>(team_.inside).exchange(operation, std::memory_order_acquire);
    guarded_ = found_ == Operation::kNone;
  }
  [[gnu::always_inline]] ~Entrance() {
    // Release: pairs with the acquire of the thread that enters next.
    if (guarded_) std::atomic_ref<Operation>(team_.inside).store(Operation::kNone, std::memory_order_release);
  }
  Entrance(const Entrance&) = delete;
  Entrance& operator=(const Entrance&) = delete;

  [[nodiscard]] explicit operator bool() const noexcept { return found_ == Operation::kNone; }
  [[gnu::cold]] Status refuse() const noexcept {
    return fail(Status::kMismatch,
                "another thread of PE %d is in %s on the same team, and only one at a time may be in its collectives",
                team_.world_pe(team_.my_index), operation_words(found_));
  }

 private:
  bool guarded_;
  Operation found_ = Operation::kNone;
  Team& team_;
  NoteScope note_;
};

}  // namespace shmem::smp
