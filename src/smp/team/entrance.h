// SPDX-License-Identifier: BSD-3-Clause
//
// Entrance: a PE is in one collective of a team at a time.
//
// Two threads of a PE in collectives of one team would count up the same sequences and answer for each other. So the
// second is refused before it has touched anything (standard, section Thread Support: the program must keep them
// apart). The same holds for one thread whose signal handler calls a collective of the team that it waits in. A program
// that has not asked for SHMEM_THREAD_MULTIPLE keeps its threads apart, so nothing is looked at then, and no atomic is
// paid for.
//
// Shared among the threads of a PE: Team::inside. Invariant: the thread that has found kNone there is in the
// collective, and nobody else.
#pragma once

#include <atomic>

#include "smp/error.h"
#include "smp/team/team.h"

namespace shmem::smp {

// Notes the operation for the length of a scope, if this PE may be in it: if (!entrance) return entrance.refuse();
class Entrance {
 public:
  [[gnu::always_inline]] Entrance(Pe& pe, Team& team, Operation operation, int other = -1) noexcept
      : team_(team), note_(pe, operation, other, team.slot) {
    if (pe.many_threads) [[unlikely]] {
      // Acquire: pairs with the release of the thread that was here before. A second thread leaves its operation
      // behind, which the first thread takes away when it leaves.
      found_ = std::atomic_ref<Operation>(team_.inside).exchange(operation, std::memory_order_acquire);
    }
  }
  [[gnu::always_inline]] ~Entrance() {
    // Release: pairs with the acquire of the thread that enters next. Where nothing was looked at, it is kNone anyway,
    // and a store is cheaper than to ask.
    if (found_ == Operation::kNone) std::atomic_ref<Operation>(team_.inside).store(found_, std::memory_order_release);
  }
  Entrance(const Entrance&) = delete;
  Entrance& operator=(const Entrance&) = delete;

  [[nodiscard, gnu::always_inline]] explicit operator bool() const noexcept { return found_ == Operation::kNone; }
  [[nodiscard, gnu::always_inline]] Status refuse() const noexcept { return refuse(team_, found_); }

 private:
  // Static: an entrance whose address is not taken is kept in registers.
  [[gnu::cold, gnu::noinline]] static Status refuse(const Team& team, Operation found) noexcept {
    return fail(Status::kMismatch,
                "another thread of PE %d is in %s on the same team, and only one at a time may be in its collectives",
                team.world_pe(team.my_index), operation_name(found));
  }

  Team& team_;
  NoteScope note_;
  Operation found_ = Operation::kNone;
};

}  // namespace shmem::smp
