// SPDX-License-Identifier: BSD-3-Clause
//
// exchange.h: the one pattern of messages behind all supplied collectives.
//
// Dissemination: in round r each member signals the member 2^r further on, and waits for the signal of the member 2^r
// before. After ceil(log2 n) rounds each member has heard of all, directly or indirectly. The pattern alone is a team's
// sync. Before a signal a member may send a payload: if each passes on everything that it has, the result is an
// allgather; if each passes on one member's data, it is a broadcast.
//
// A flag holds the number of the team's last exchange in that round. The number only grows, and in one round only one
// member signals a member, so a plain put is enough and nothing is reset.
//
// The two buffers are used in turn and need no further synchronisation. An exchange ends on a member only after all
// members have begun it. So a member that writes for exchange k+2 knows that all have begun k+1, and have therefore
// left k.
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

// Counts the exchange that begins. The number's parity chooses the buffer.
inline void begin_exchange(Team& team) {
  ++team.exchanges;
}

// `send(distance, to)` puts this member's payload for member `to` and returns whether there was one.
template <class Send>
[[nodiscard]] int exchange(Team& team, Send send) {
  // Makes stores to the heap before the exchange visible to each member that has seen the signal. Pairs with the
  // acquire below.
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

// Gathers `nbytes` of each member, in the order of members. The buffer is valid until this member begins the team's
// next exchange. fits_exchange(team, nbytes) must hold. After the round of distance d a member has the blocks of the 2d
// members up to itself, so it sends at most two contiguous pieces.
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

// Where a member wants data and has them: distances from the workspace, which is at the same place in the heaps of all
// PEs. Members may pass different addresses, such as a buffer where another member passes its own array.
struct Places {
  ptrdiff_t dest;
  ptrdiff_t source;

  static ptrdiff_t of(const void* address) {
    return static_cast<ptrdiff_t>(reinterpret_cast<uintptr_t>(address) - reinterpret_cast<uintptr_t>(work.base));
  }
  // The symmetric address, here, of what lies there on the member.
  static char* at(ptrdiff_t place) {
    return reinterpret_cast<char*>(reinterpret_cast<uintptr_t>(work.base) + static_cast<uintptr_t>(place));
  }
};
static_assert(sizeof(Places) <= kLine, "a line per member is what an exchange can always gather");

// A sync that tells each member the places of all: once it returns, the others' `dest` may be written. The table is
// valid until this member begins the team's next exchange.
[[nodiscard]] inline int meet(Team& team, const void* dest, const void* source, const Places** all) {
  const Places mine{Places::of(dest), Places::of(source)};
  const char* gathered = nullptr;
  const int status = gather(team, &mine, sizeof mine, &gathered);
  *all = reinterpret_cast<const Places*>(gathered);
  return status;
}

// Passes `nbytes` from `root` to all members. Member m receives them at `data_of(m)` (symmetric). The root's own data
// are at `source`.
template <class DataOf>
[[nodiscard]] int spread(Team& team, DataOf data_of, const void* source, size_t nbytes, int root) {
  const int from_root = (team.rank - root + team.size) % team.size;
  return exchange(team, [&](int distance, int to) {
    if (nbytes == 0 || from_root >= distance || from_root + distance >= team.size) return false;
    shmem_putmem(data_of(to), from_root == 0 ? source : data_of(team.rank), nbytes, team.world(to));
    return true;
  });
}

}  // namespace shmem::adapter::supply
