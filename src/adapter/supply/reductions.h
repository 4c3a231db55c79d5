// SPDX-License-Identifier: BSD-3-Clause
//
// reductions.h: supplied reductions and scans on any supplied team, for every type and operator.
//
// The result is always the fold in the order of members, whatever the size and the algorithm, so all members get the
// same bits in every run. Small data are gathered, and each member folds them. Of large data each member owns a share:
// it reads that share from all sources, folds it, and writes the results into all `dest`s. No other member reads or
// writes that share, so `dest` may be `source`.
#pragma once

#include <memory>

#include "collectives.h"
#include "fold.h"

namespace shmem::adapter::supply {

enum class Keep { kTotal, kInclusive, kExclusive };  // reduce, inscan, exscan

// How many members' values go into the result of member `rank`.
template <Keep kKeep>
constexpr int folded_members(int rank, int size) {
  return kKeep == Keep::kTotal ? size : kKeep == Keep::kInclusive ? rank + 1 : rank;
}

// Folds members 0 to count - 1 into `dest`; with count 0 it becomes zero. Member i's values begin at values + i *
// nelems.
template <int kOp, class T>
void fold_gathered(T* dest, const T* values, size_t nelems, int count) {
  if (count == 0) std::fill_n(dest, nelems, T{});
  if (count >= 1) std::copy_n(values, nelems, dest);
  for (int i = 1; i < count; ++i) fold<kOp>(dest, values + static_cast<size_t>(i) * nelems, nelems);
}

inline constexpr size_t kPieceNbytes = 32 * 1024;
inline constexpr size_t kPiecesNbytes = 4 * 1024 * 1024;  // of all members together

// Reduces one share, piece by piece. One quiet completes the puts of a piece and the gets of the next.
template <int kOp, Keep kKeep, class T>
void reduce_share(const Team& team, const Places* places, size_t begin, size_t end) {
  const auto size = static_cast<size_t>(team.size);
  const size_t capacity =
      std::min(end - begin, std::max<size_t>(std::min(kPieceNbytes, kPiecesNbytes / size), kLine) / sizeof(T));
  const size_t results = kKeep == Keep::kTotal ? 1 : size;
  const std::unique_ptr<T[]> outgoing(new T[results * capacity]);
  const std::unique_ptr<T[]> accumulator(new T[capacity]);
  const std::unique_ptr<const T*[]> direct(new const T*[size]);
  const auto source = [&](size_t i) { return reinterpret_cast<const T*>(Places::at(places[i].source)); };
  bool all_direct = true;
  for (size_t i = 0; i < size; ++i) {
    direct[i] = static_cast<const T*>(shmem_ptr(source(i), team.world(static_cast<int>(i))));
    all_direct = all_direct && direct[i] != nullptr;
  }
  const std::unique_ptr<T[]> fetched(all_direct ? nullptr : new T[size * capacity]);

  for (size_t at = begin; at < end; at += capacity) {
    const size_t nelems = std::min(capacity, end - at);
    const auto values = [&](size_t i) { return direct[i] != nullptr ? direct[i] + at : fetched.get() + i * capacity; };
    for (size_t i = 0; i < size; ++i) {
      if (direct[i] == nullptr) {
        shmem_getmem_nbi(fetched.get() + i * capacity, source(i) + at, nelems * sizeof(T),
                         team.world(static_cast<int>(i)));
      }
    }
    shmem_quiet();
    const auto keep = [&](size_t i) {
      std::copy_n(accumulator.get(), nelems, outgoing.get() + (kKeep == Keep::kTotal ? 0 : i * capacity));
    };
    if (kKeep == Keep::kExclusive) {
      std::fill_n(accumulator.get(), nelems, T{});
      keep(0);
    }
    std::copy_n(values(0), nelems, accumulator.get());
    if (kKeep == Keep::kInclusive) keep(0);
    for (size_t i = 1; i < size; ++i) {
      if (kKeep == Keep::kExclusive) keep(i);
      fold<kOp>(accumulator.get(), values(i), nelems);
      if (kKeep == Keep::kInclusive) keep(i);
    }
    if (kKeep == Keep::kTotal) keep(0);
    for (size_t k = 0; k < size; ++k) {
      const size_t i = (static_cast<size_t>(team.rank) + k) % size;
      const T* const result = outgoing.get() + (kKeep == Keep::kTotal ? 0 : i * capacity);
      T* const dest = reinterpret_cast<T*>(Places::at(places[i].dest));
      shmem_putmem_nbi(dest + at, result, nelems * sizeof(T), team.world(static_cast<int>(i)));
    }
  }
  shmem_quiet();
}

template <int kOp, Keep kKeep, class T>
int reduce_team(EngineTeam handle, void* dest_bytes, const void* source_bytes, size_t nelems) {
  auto* const team = static_cast<Team*>(handle);
  auto* const dest = static_cast<T*>(dest_bytes);
  const auto* const source = static_cast<const T*>(source_bytes);
  if (const int status = usable(team, kKeep == Keep::kTotal ? "reduction" : "scan")) return status;
  const auto size = static_cast<size_t>(team->size);
  if (fits_exchange(*team, nelems * sizeof(T))) {
    const char* gathered = nullptr;
    if (const int status = gather(*team, source, nelems * sizeof(T), &gathered)) return status;
    fold_gathered<kOp>(dest, reinterpret_cast<const T*>(gathered), nelems,
                       folded_members<kKeep>(team->rank, team->size));
    return ENGINE_OK;
  }
  const Places* places = nullptr;
  if (const int status = meet(*team, dest, source, &places)) return status;
  // Shares are whole cache lines, so two owners never write to the same line.
  const size_t line = kLine / sizeof(T);
  const size_t share = ((nelems + size - 1) / size + line - 1) / line * line;
  const size_t begin = std::min(nelems, share * static_cast<size_t>(team->rank));
  const size_t end = std::min(nelems, begin + share);
  if (begin < end) reduce_share<kOp, kKeep, T>(*team, places, begin, end);
  return sync(*team);
}

// --- lookup ---

template <class T>
constexpr EngineReduceFunction reduction_of(int op) {
  switch (op) {
#define SHMEM_OPERATOR(name, constant, text, group)                                               \
  case ENGINE_##name:                                                                             \
    if constexpr (has_##group##_operators<T>) return reduce_team<ENGINE_##name, Keep::kTotal, T>; \
    return nullptr;
#include "../../tables/operators.def"
    default:
      return nullptr;
  }
}

template <class T>
constexpr EngineReduceFunction scan_of(int inclusive) {
  return inclusive != 0 ? reduce_team<ENGINE_SUM, Keep::kInclusive, T> : reduce_team<ENGINE_SUM, Keep::kExclusive, T>;
}

}  // namespace shmem::adapter::supply
