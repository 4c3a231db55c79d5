// SPDX-License-Identifier: BSD-3-Clause
//
// WaitObserver: what a wait asks and tells those above it, while it takes long.
//
// A wait knows a word of memory and nothing else. Whether it can still end depends on PEs that may have left, teams
// that may stand still and the launcher, which lie above this folder. So a PE is given these functions when it
// attaches, and its waits call them. All of them are called after a sleep only, so they cost a wait that does not sleep
// nothing.
#pragma once

#include <cstddef>
#include <cstdint>

#include "smp/memory/wait_record.h"
#include "smp/pe.h"
#include "smp/status.h"

namespace shmem::smp {

struct WaitObserver {
  // A timer has ended a sleep of a wait for `word`, which may be anything; the caller will look again. Returns why the
  // wait cannot end, or kOk. *deserted belongs to the wait and is false at its first call.
  Status (*woken_by_timer)(Pe& pe, const volatile void* word, bool* deserted) noexcept;

  // That look was in vain.
  void (*looked_in_vain)(Pe& pe, const volatile void* word) noexcept;

  // The wait, which has slept, is over or is given up.
  void (*wait_is_over)(Pe& pe, const volatile void* word) noexcept;

  // Says in the note which team's collective waits for `word`. False if none does.
  bool (*tell_team)(const Pe& pe, const volatile void* word, WaitNote& note) noexcept;

  // The live block of the heap around an address: its offset in the heap and its size. False if there is none.
  bool (*find_block)(const Pe& pe, const volatile void* address, std::uint64_t* offset, std::uint64_t* nbytes) noexcept;

  // A long wait has described itself.
  void (*described)(Pe& pe, std::int64_t now_ns) noexcept;
};

}  // namespace shmem::smp
