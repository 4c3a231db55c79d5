// SPDX-License-Identifier: BSD-3-Clause
//
// collectives.h: supplied collectives that move data, on any supplied team.
//
// Small data go through the team's buffers in one exchange. Large data go straight into the members' `dest`, between
// two syncs: no member's memory is written before that member has entered, and no member returns before all data are
// there. In the first sync the members also tell where their `dest` and `source` lie, which may differ. So one call may
// follow another without synchronisation by the user, which is more than the standard asks for.
#pragma once

#include <algorithm>
#include <memory>

#include "split.h"

namespace shmem::adapter::supply {

// For large data: `send(member)` puts this member's data for another one, without waiting. The caller copies the
// member's own share. The targets are taken in turn from the next member on, so that not all members write to one at a
// time.
template <class Send>
[[nodiscard]] int send_to_all(Team& team, Send send) {
  for (int k = 1; k < team.size; ++k) send((team.rank + k) % team.size);
  shmem_quiet();
  return sync(team);
}

inline char* bytes(void* pointer) {
  return static_cast<char*>(pointer);
}
inline const char* bytes(const void* pointer) {
  return static_cast<const char*>(pointer);
}

inline void copy(void* dest, const void* source, size_t nbytes) {
  if (nbytes != 0 && dest != source) std::memmove(dest, source, nbytes);
}

[[nodiscard]] inline int team_sync(Team* team) {
  if (const int status = usable(team, "shmem_team_sync")) return status;
  return sync(*team);
}

[[nodiscard]] inline int broadcast(Team* team, void* dest, const void* source, size_t nbytes, int root) {
  constexpr auto kRoutine = "shmem_broadcast";
  if (const int status = usable(team, kRoutine)) return status;
  if (root < 0 || root >= team->size) return fail(ENGINE_INVALID, "%s: PE_root %d of %d", kRoutine, root, team->size);
  const bool small = nbytes <= work.buffer_nbytes;
  // A copy: a member that is ahead writes its next exchange over the table while this one still sends.
  std::unique_ptr<Places[]> places;
  if (!small) {
    const Places* table = nullptr;
    if (const int status = meet(*team, dest, source, &table)) return status;
    places.reset(new Places[static_cast<size_t>(team->size)]);
    std::copy_n(table, team->size, places.get());
  }
  begin_exchange(*team);
  char* const buffer = current_buffer(*team);
  const auto data_of = [&](int member) { return small ? buffer : Places::at(places[member].dest); };
  if (const int status = spread(*team, data_of, source, nbytes, root)) return status;
  if (team->rank == root) {
    copy(dest, source, nbytes);
  } else if (small) {
    copy(dest, buffer, nbytes);
  }
  return ENGINE_OK;
}

[[nodiscard]] inline int fcollect(Team* team, void* dest, const void* source, size_t nbytes) {
  if (const int status = usable(team, "shmem_fcollect")) return status;
  if (fits_exchange(*team, nbytes)) {
    const char* gathered = nullptr;
    if (const int status = gather(*team, source, nbytes, &gathered)) return status;
    copy(dest, gathered, nbytes * static_cast<size_t>(team->size));
    return ENGINE_OK;
  }
  const Places* places = nullptr;
  if (const int status = meet(*team, dest, source, &places)) return status;
  const size_t before = static_cast<size_t>(team->rank) * nbytes;
  copy(bytes(dest) + before, source, nbytes);
  return send_to_all(
      *team, [&](int to) { shmem_putmem_nbi(Places::at(places[to].dest) + before, source, nbytes, team->world(to)); });
}

// The gather of the sizes is also the sync after which dest may be written.
[[nodiscard]] inline int collect(Team* team, void* dest, const void* source, size_t nbytes) {
  if (const int status = usable(team, "shmem_collect")) return status;
  struct Said {
    size_t nbytes;
    ptrdiff_t dest;
  };
  const Said mine{nbytes, Places::of(dest)};
  const char* gathered = nullptr;
  if (const int status = gather(*team, &mine, sizeof mine, &gathered)) return status;
  const auto* const said = reinterpret_cast<const Said*>(gathered);
  size_t before = 0;
  size_t total = 0;
  for (int i = 0; i < team->size; ++i) {
    if (i < team->rank) before += said[i].nbytes;
    total += said[i].nbytes;
  }
  if (total == 0) return ENGINE_OK;
  copy(bytes(dest) + before, source, nbytes);
  return send_to_all(*team, [&](int to) {
    if (nbytes != 0) shmem_putmem_nbi(Places::at(said[to].dest) + before, source, nbytes, team->world(to));
  });
}

[[nodiscard]] inline int alltoall(Team* team, void* dest, const void* source, size_t nbytes) {
  if (const int status = usable(team, "shmem_alltoall")) return status;
  const Places* places = nullptr;
  if (const int status = meet(*team, dest, source, &places)) return status;
  const auto block = [&](int member) { return static_cast<size_t>(member) * nbytes; };
  copy(bytes(dest) + block(team->rank), bytes(source) + block(team->rank), nbytes);
  return send_to_all(*team, [&](int to) {
    if (nbytes != 0) {
      shmem_putmem_nbi(Places::at(places[to].dest) + block(team->rank), bytes(source) + block(to), nbytes,
                       team->world(to));
    }
  });
}

// Elements of any size: each is moved by strided puts of units of a power of two bytes.
[[nodiscard]] inline int alltoalls(Team* team, void* dest, const void* source, ptrdiff_t dest_stride,
                                   ptrdiff_t source_stride, size_t nelems, size_t nbytes_each) {
  if (const int status = usable(team, "shmem_alltoalls")) return status;
  const Places* places = nullptr;
  if (const int status = meet(*team, dest, source, &places)) return status;
  const auto block = [&](int member, ptrdiff_t stride) {
    return static_cast<ptrdiff_t>(member) * static_cast<ptrdiff_t>(nelems * nbytes_each) * stride;
  };
  const auto send = [&](int to) {
    char* const at = Places::at(places[to].dest) + block(team->rank, dest_stride);
    const char* const from = bytes(source) + block(to, source_stride);
    const auto each = static_cast<ptrdiff_t>(nbytes_each);
    const ptrdiff_t unit = each % 8 == 0 ? 8 : each % 4 == 0 ? 4 : each % 2 == 0 ? 2 : 1;
    const auto iput = unit == 8 ? shmem_iput64 : unit == 4 ? shmem_iput32 : unit == 2 ? shmem_iput16 : shmem_iput8;
    for (ptrdiff_t part = 0; part < each; part += unit) {
      iput(at + part, from + part, dest_stride * (each / unit), source_stride * (each / unit), nelems, team->world(to));
    }
  };
  if (nelems != 0) send(team->rank);
  return send_to_all(*team, [&](int to) {
    if (nelems != 0) send(to);
  });
}

}  // namespace shmem::adapter::supply
