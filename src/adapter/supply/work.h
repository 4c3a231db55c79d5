// SPDX-License-Identifier: BSD-3-Clause
//
// work.h: the symmetric workspace of the supplied features, allocated once while the library starts.
//
//   trial words    16 bytes for each PE of the job (faults.h)
//   slots          one for each team that can exist at a time: flags, one per round of an exchange, and two buffers
//
// A slot belongs to one team on each of its members. The flags of a free slot are zero. Other members write the flags
// and the blocks of the buffers, only during exchanges of that team (exchange.h).
#pragma once

#include <array>

#include "../library.h"

namespace shmem::adapter::supply {

inline constexpr int kSlots = 256;
inline constexpr int kRounds = 31;  // 2^31 PEs
inline constexpr size_t kLine = 64;

struct Work {
  char* base = nullptr;
  size_t slots_at = 0;
  size_t buffer_nbytes = 0;  // what an exchange can gather from all members together

  unsigned long* trial() const { return reinterpret_cast<unsigned long*>(base); }

  size_t slot_nbytes() const { return kFlagsNbytes + 2 * buffer_nbytes; }
  unsigned long* flags(int slot) const {
    return reinterpret_cast<unsigned long*>(base + slots_at + static_cast<size_t>(slot) * slot_nbytes());
  }
  char* buffer(int slot, unsigned parity) const {
    return reinterpret_cast<char*>(flags(slot)) + kFlagsNbytes + parity * buffer_nbytes;
  }

  static constexpr size_t kFlagsNbytes = (kRounds * sizeof(unsigned long) + kLine - 1) / kLine * kLine;
};

inline Work work;

// Collective. False if the heap is too small.
inline bool allocate_work(int n_pes) {
  const auto pes = static_cast<size_t>(n_pes);
  work.slots_at = (pes * 2 * sizeof(unsigned long) + kLine - 1) / kLine * kLine;
#if SHMEM4PY_HAS_TEAMS
  const size_t nbytes = work.slots_at;
#else
  // At least a cache line per member, so what teams and allocation must agree on always fits.
  work.buffer_nbytes = pes * kLine > 4096 ? pes * kLine : 4096;
  const size_t nbytes = work.slots_at + kSlots * work.slot_nbytes();
#endif
  work.base = static_cast<char*>(shmem_align(kLine, nbytes));
  if (work.base == nullptr) return false;
  std::memset(work.base, 0, nbytes);
  shmem_barrier_all();
  return true;
}

}  // namespace shmem::adapter::supply
