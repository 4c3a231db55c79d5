// SPDX-License-Identifier: BSD-3-Clause
//
// teams.h: a team for a library that has none: a strided set of the world's PEs and a slot of the workspace.
//
// A Team is private to its PE. When it is made, its members agree on the triplet and on a slot that is free on all of
// them. They destroy it together, and only then is the slot free again. One thread of a PE at a time may use a team, as
// in the standard, and one thread at a time may make or destroy teams.
#pragma once

#include "../error.h"
#include "work.h"

namespace shmem::adapter::supply {

struct Team {
  int start = 0;   // member p is PE start + p * stride of the world
  int stride = 1;  // any sign; 0 for a team of one
  int size = 0;
  int rank = 0;
  int slot = 0;
  int num_contexts = 0;
  bool poisoned = false;        // an exchange was left early: the members no longer agree on the next one
  unsigned long exchanges = 0;  // begun so far, equal on all members

  int world(int pe) const { return start + pe * stride; }

  // The member that is PE `pe` of the world; -1 if none is.
  int member(int pe) const {
    if (stride == 0) return pe == start ? 0 : -1;
    const int distance = pe - start;
    if (distance % stride != 0) return -1;
    const int index = distance / stride;
    return index >= 0 && index < size ? index : -1;
  }
};

inline Team world;   // slot 0
inline Team shared;  // slot 1

using SlotMask = std::array<uint64_t, kSlots / 64>;

inline SlotMask free_slots;  // of this PE

inline void take_slot(int slot) {
  free_slots[static_cast<size_t>(slot) / 64] &= ~(uint64_t{1} << (slot % 64));
}
inline void give_slot(int slot) {
  free_slots[static_cast<size_t>(slot) / 64] |= uint64_t{1} << (slot % 64);
}

// The lowest slot in the mask, or -1.
inline int first_slot(const SlotMask& mask) {
  for (size_t word = 0; word < mask.size(); ++word) {
    if (mask[word] != 0) return static_cast<int>(word * 64) + __builtin_ctzll(mask[word]);
  }
  return -1;
}

}  // namespace shmem::adapter::supply
