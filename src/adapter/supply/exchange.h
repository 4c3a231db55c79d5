// SPDX-License-Identifier: BSD-3-Clause
//
// exchange.h: the one pattern of messages under all supplied collectives.
//
// Dissemination: in round r each member signals the member 2^r further on and waits for the signal of the one 2^r
// before, so that after ceil(log2 n) rounds each has heard, directly or not, of all. Alone this is a team's sync.
// Before a signal a member may send a payload, which the receiver then has: passing on all that one has is an
// allgather, passing on one member's data is a broadcast.
//
// A flag holds the number of the team's last exchange in that round. It only grows, and in one round a member is
// signalled by one member only, so a plain put is enough and nothing is reset.
//
// Two buffers, used in turn, need no further synchronisation: an exchange ends on a member only when all members
// have begun it, so whoever writes for exchange k+2 knows that all have begun k+1 and have therefore left k.
#pragma once

#include <atomic>

#include "../poll.h"
#include "teams.h"
#include "work.h"

namespace shmem::adapter::supply {

inline unsigned long* flag(const Team& team, int round) {
  return work.flags(team.slot) + round;
}
inline char* current_buffer(const Team& team) {
  return work.buffer(team.slot, team.exchanges & 1);
}

// The number of the exchange that begins; buffers are chosen by it.
inline void begin_exchange(Team& team) {
  ++team.exchanges;
}

// `send(distance, to)` puts what this member passes to member `to` and returns whether it did.
template <class Send>
[[nodiscard]] int exchange(Team& team, Send send) {
  // Stores to the heap before the exchange are visible to whoever has seen the signal; pairs with the acquire below.
  std::atomic_thread_fence(std::memory_order_seq_cst);
  int round = 0;
  for (long distance = 1; distance < team.size; distance *= 2, ++round) {
    const auto to = static_cast<int>((team.rank + distance) % team.size);
    if (send(static_cast<int>(distance), to)) shmem_fence();  // payload before signal
    shmem_ulong_p(flag(team, round), team.exchanges, team.world(to));
    for (Poll poll; !shmem_ulong_test(flag(team, round), SHMEM_CMP_GE, team.exchanges);) {
      if (!poll.pause()) {
        team.poisoned = true;
        return ENGINE_INTERRUPTED;
      }
    }
  }
  std::atomic_thread_fence(std::memory_order_acquire);
  return ENGINE_OK;
}

// Returns when all members have called it.
[[nodiscard]] inline int sync(Team& team) {
  begin_exchange(team);
  return exchange(team, [](int, int) { return false; });
}

inline bool fits_exchange(const Team& team, size_t nbytes) {
  return nbytes <= work.buffer_nbytes / static_cast<size_t>(team.size);
}

// Gathers `nbytes` of each member, in the members' order, into a buffer that is valid until the next exchange but
// one of this team. fits_exchange(team, nbytes) must hold. After the round of distance d a member has the blocks of
// the 2d members up to itself, so it sends at most two contiguous pieces.
[[nodiscard]] inline int gather(Team& team, const void* source, size_t nbytes, const char** gathered) {
  begin_exchange(team);
  char* const buffer = current_buffer(team);
  *gathered = buffer;
  if (nbytes != 0) std::memcpy(buffer + static_cast<size_t>(team.rank) * nbytes, source, nbytes);
  return exchange(team, [&](int distance, int to) {
    const int blocks = distance < team.size - distance ? distance : team.size - distance;
    const int first = team.rank - blocks + 1;
    const auto send = [&](int begin, int end) {
      if (begin < end) {
        char* const at = buffer + static_cast<size_t>(begin) * nbytes;
        shmem_putmem(at, at, static_cast<size_t>(end - begin) * nbytes, team.world(to));
      }
    };
    if (nbytes == 0) return false;
    if (first < 0) send(team.size + first, team.size);
    send(first < 0 ? 0 : first, team.rank + 1);
    return true;
  });
}

// Passes `nbytes` at `data` (symmetric) from `root` to all members; the root begins with `source`.
[[nodiscard]] inline int spread(Team& team, char* data, const void* source, size_t nbytes, int root) {
  const int from_root = (team.rank - root + team.size) % team.size;
  return exchange(team, [&](int distance, int to) {
    if (nbytes == 0 || from_root >= distance || from_root + distance >= team.size) return false;
    shmem_putmem(data, from_root == 0 ? source : data, nbytes, team.world(to));
    return true;
  });
}

}  // namespace shmem::adapter::supply
