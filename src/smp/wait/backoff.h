// SPDX-License-Identifier: BSD-3-Clause
//
// Backoff: what a wait does before it sleeps. It spins, then gives other processes a turn (sched_yield), then sleeps.
// How often it does the first two depends on whether the PEs have a core each, and on what the PE's turns have shown.
//
// Shared: `in_turn` and `processor` of each control block, written by the owner and read by the other PEs, all relaxed:
// they are hints. Pe::turns is shared by the threads of a PE, which may overwrite each other's hints.
#pragma once

#include <cstdint>

#include "smp/pe.h"

namespace shmem::smp {

// After so many spins, some microseconds, the process is told that it waits (shmemx_set_idle_hook).
inline constexpr std::uint32_t kSpinsBeforeIdle = 256;
inline constexpr std::uint32_t kSpinsWhereCrowded = 8;

// Chooses spins, yields and sleeps for a PE that shares `cores` cores with `npes` PEs. `pinned`: to a core of its own,
// where there are as many.
[[nodiscard]] WaitPolicy choose_wait_policy(int npes, int cores, bool pinned) noexcept;

// Is another PE on this processor, as far as PEs have said? Then it may be the one that is waited for. With a core for
// each PE that happens where other processes keep a core busy. Kept in Pe::turns for the next waits.
[[nodiscard]] bool look_for_crowd(Pe& pe) noexcept;

// Gives others a turn. False if this PE had better sleep now.
//
// A turn that took long while all PEs waited went to a foreign process that computes. A PE that yields to such a
// process waits for the end of its time slice; a PE that sleeps is woken ahead of it. So a PE that has seen two late
// turns in a row gives no turns for a while. That while is short, since sleeps cost several times what turns among
// waiting PEs do, and it is a moment at first: the processor of a virtual machine may have been away
// (docs/internals/waiting.md).
[[nodiscard]] bool give_turn(Pe& pe) noexcept;

}  // namespace shmem::smp
