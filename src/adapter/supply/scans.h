// SPDX-License-Identifier: BSD-3-Clause
//
// scans.h: scans for libraries that have teams but no scans (OpenSHMEM 1.5), over the library's fcollect.
//
// A piece of every member's source is collected into the workspace, and each member folds the pieces of the members
// before it. The workspace serves all teams of a PE. A sync before each piece ensures that no member writes into the
// workspace of a PE that is still in a collective of another team.
#pragma once

#include "../error.h"
#include "fold.h"
#include "work.h"

namespace shmem::adapter::supply {

inline constexpr size_t kScanNbytes = 64 * 1024;

inline char* scan_space = nullptr;
inline size_t scan_nbytes = 0;

// Collective, called while the library starts. At least a cache line per PE, so one element of each member always fits.
inline bool allocate_scan_space(int n_pes) {
  scan_nbytes = std::max(kScanNbytes, static_cast<size_t>(n_pes) * kLine);
  scan_space = static_cast<char*>(shmem_align(kLine, scan_nbytes));
  return scan_space != nullptr;
}

template <class T, bool kInclusive>
int scan_by_fcollect(EngineTeam handle, void* dest_bytes, const void* source_bytes, size_t nelems) {
  const auto team = transparent<shmem_team_t>(handle);
  auto* const dest = static_cast<T*>(dest_bytes);
  const auto* const source = static_cast<const T*>(source_bytes);
  const int rank = shmem_team_my_pe(team);
  const int size = shmem_team_n_pes(team);
  if (rank < 0 || size < 1) return fail(ENGINE_INVALID, "scan: no such team");
  const size_t capacity = scan_nbytes / static_cast<size_t>(size) / sizeof(T);
  const int count = kInclusive ? rank + 1 : rank;
  size_t at = 0;
  do {
    const size_t piece = std::min(capacity, nelems - at);
    if (const int status = checked(shmem_team_sync(team), "shmem_team_sync")) return status;
    if (piece != 0) {
      const int result = shmem_fcollectmem(team, scan_space, source + at, piece * sizeof(T));
      if (const int status = checked(result, "shmem_fcollectmem")) return status;
      const auto* const values = reinterpret_cast<const T*>(scan_space);
      if (count == 0) std::fill_n(dest + at, piece, T{});
      if (count >= 1) std::copy_n(values, piece, dest + at);
      for (int i = 1; i < count; ++i) fold<ENGINE_SUM>(dest + at, values + static_cast<size_t>(i) * piece, piece);
    }
    at += piece;
  } while (at < nelems);
  return ENGINE_OK;
}

template <class T>
constexpr EngineReduceFunction scan_of(int inclusive) {
  return inclusive != 0 ? scan_by_fcollect<T, true> : scan_by_fcollect<T, false>;
}

}  // namespace shmem::adapter::supply
