// SPDX-License-Identifier: BSD-3-Clause
//
// collectives.h: collectives on teams, either the library's own or supplied ones (supply/collectives.h, reductions.h).
#pragma once

#include "teams.h"
#include "types.h"
#if !SHMEM4PY_HAS_TEAMS
#include "supply/reductions.h"
#elif !SHMEM4PY_HAS_SCANS
#include "supply/scans.h"
#endif

namespace shmem::adapter {

#if SHMEM4PY_HAS_TEAMS

inline void barrier_all() {
  shmem_barrier_all();
}
inline void sync_all() {
  shmem_sync_all();
}
inline int team_sync(EngineTeam team) {
  return checked(shmem_team_sync(library_team(team)), "shmem_team_sync");
}

inline int broadcast(EngineTeam team, void* dest, const void* source, size_t nbytes, int root) {
  return checked(shmem_broadcastmem(library_team(team), dest, source, nbytes, root), "shmem_broadcastmem");
}
inline int collect(EngineTeam team, void* dest, const void* source, size_t nbytes) {
  return checked(shmem_collectmem(library_team(team), dest, source, nbytes), "shmem_collectmem");
}
inline int fcollect(EngineTeam team, void* dest, const void* source, size_t nbytes) {
  return checked(shmem_fcollectmem(library_team(team), dest, source, nbytes), "shmem_fcollectmem");
}
inline int alltoall(EngineTeam team, void* dest, const void* source, size_t nbytes) {
  return checked(shmem_alltoallmem(library_team(team), dest, source, nbytes), "shmem_alltoallmem");
}

template <class T, auto kRoutine>
int alltoalls_units(EngineTeam team, char* dest, const char* source, ptrdiff_t dest_stride, ptrdiff_t source_stride,
                    size_t nelems, size_t units) {
  const auto factor = static_cast<ptrdiff_t>(units);
  for (size_t unit = 0; unit < units; ++unit) {
    const int result = kRoutine(library_team(team), reinterpret_cast<T*>(dest + unit * sizeof(T)),
                                reinterpret_cast<const T*>(source + unit * sizeof(T)), dest_stride * factor,
                                source_stride * factor, nelems);
    if (const int status = checked(result, "shmem_alltoalls")) return status;
  }
  return ENGINE_OK;
}

// Elements of any size: each consists of units of a power of two bytes, and each unit takes one call.
inline int alltoalls(EngineTeam team, void* dest, const void* source, ptrdiff_t dest_stride, ptrdiff_t source_stride,
                     size_t nelems, size_t nbytes_each) {
  auto* const to = static_cast<char*>(dest);
  const auto* const from = static_cast<const char*>(source);
  if (nbytes_each % 8 == 0) {
    return alltoalls_units<unsigned long, shmem_ulong_alltoalls>(team, to, from, dest_stride, source_stride, nelems,
                                                                 nbytes_each / 8);
  }
  if (nbytes_each % 4 == 0) {
    return alltoalls_units<unsigned int, shmem_uint_alltoalls>(team, to, from, dest_stride, source_stride, nelems,
                                                               nbytes_each / 4);
  }
  if (nbytes_each % 2 == 0) {
    return alltoalls_units<unsigned short, shmem_ushort_alltoalls>(team, to, from, dest_stride, source_stride, nelems,
                                                                   nbytes_each / 2);
  }
  return alltoalls_units<unsigned char, shmem_uchar_alltoalls>(team, to, from, dest_stride, source_stride, nelems,
                                                               nbytes_each);
}

template <class T, auto kRoutine>
int reduce_by(EngineTeam team, void* dest, const void* source, size_t nelems) {
  return checked(kRoutine(library_team(team), static_cast<T*>(dest), static_cast<const T*>(source), nelems),
                 "reduction or scan");
}

// Libraries differ in the C++ type of complex numbers: std::complex, C's _Complex, or overloads for both.
template <class Complex>
struct CSpelling;
template <>
struct CSpelling<std::complex<float>> {
  __extension__ typedef float _Complex type;
};
template <>
struct CSpelling<std::complex<double>> {
  __extension__ typedef double _Complex type;
};

template <class T, auto kRoutine>
int reduce_complex_by(EngineTeam team, void* dest, const void* source, size_t nelems) {
  if constexpr (std::is_invocable_v<decltype(kRoutine), shmem_team_t, T*, const T*, size_t>) {
    return reduce_by<T, kRoutine>(team, dest, source, nelems);
  } else {
    return reduce_by<typename CSpelling<T>::type, kRoutine>(team, dest, source, nelems);
  }
}

// A name, overloaded or not, as a template argument.
#define SHMEM4PY_CALLABLE(routine) \
  [](auto... arguments) -> decltype(routine(arguments...)) { return routine(arguments...); }

using ReduceRow = EngineReduceFunction[ENGINE_OP_COUNT];

static_assert(ENGINE_AND == 0 && ENGINE_OR == 1 && ENGINE_XOR == 2 && ENGINE_MAX == 3 && ENGINE_MIN == 4 &&
                  ENGINE_SUM == 5 && ENGINE_PROD == 6 && ENGINE_OP_COUNT == 7,
              "the columns of kReduce");

// In the order of EngineOp. Bitwise operators use the unsigned type of that size, which every version has.
inline constexpr ReduceRow kReduce[ENGINE_TYPE_COUNT] = {
#define SHMEM_ELEMENT_INTEGER(name, constant, text, dtype, routine, unsigned_routine, T) \
  {reduce_by<std::make_unsigned_t<T>, shmem_##unsigned_routine##_and_reduce>,            \
   reduce_by<std::make_unsigned_t<T>, shmem_##unsigned_routine##_or_reduce>,             \
   reduce_by<std::make_unsigned_t<T>, shmem_##unsigned_routine##_xor_reduce>,            \
   reduce_by<T, shmem_##routine##_max_reduce>,                                           \
   reduce_by<T, shmem_##routine##_min_reduce>,                                           \
   reduce_by<T, shmem_##routine##_sum_reduce>,                                           \
   reduce_by<T, shmem_##routine##_prod_reduce>},
#define SHMEM_ELEMENT_REAL(name, constant, text, dtype, routine, unsigned_routine, T) \
  {nullptr,                                                                           \
   nullptr,                                                                           \
   nullptr,                                                                           \
   reduce_by<T, shmem_##routine##_max_reduce>,                                        \
   reduce_by<T, shmem_##routine##_min_reduce>,                                        \
   reduce_by<T, shmem_##routine##_sum_reduce>,                                        \
   reduce_by<T, shmem_##routine##_prod_reduce>},
#define SHMEM_ELEMENT_COMPLEX(name, constant, text, dtype, routine, unsigned_routine, T) \
  {nullptr,                                                                              \
   nullptr,                                                                              \
   nullptr,                                                                              \
   nullptr,                                                                              \
   nullptr,                                                                              \
   reduce_complex_by<T, SHMEM4PY_CALLABLE(shmem_##routine##_sum_reduce)>,                \
   reduce_complex_by<T, SHMEM4PY_CALLABLE(shmem_##routine##_prod_reduce)>},
#include "../tables/element_types.def"
};

inline EngineReduceFunction reduce(int op, int type) {
  if (op < 0 || op >= ENGINE_OP_COUNT || type < 0 || type >= ENGINE_TYPE_COUNT) return nullptr;
  return kReduce[type][op];
}

#else

// These do not use the library's own barrier, since a wait in it cannot be left.
inline void sync_all() {
  static_cast<void>(supply::team_sync(&supply::world));
}
inline void barrier_all() {
  shmem_quiet();
  sync_all();
}
inline int team_sync(EngineTeam team) {
  return supply::team_sync(supplied(team));
}
inline int broadcast(EngineTeam team, void* dest, const void* source, size_t nbytes, int root) {
  return supply::broadcast(supplied(team), dest, source, nbytes, root);
}
inline int collect(EngineTeam team, void* dest, const void* source, size_t nbytes) {
  return supply::collect(supplied(team), dest, source, nbytes);
}
inline int fcollect(EngineTeam team, void* dest, const void* source, size_t nbytes) {
  return supply::fcollect(supplied(team), dest, source, nbytes);
}
inline int alltoall(EngineTeam team, void* dest, const void* source, size_t nbytes) {
  return supply::alltoall(supplied(team), dest, source, nbytes);
}
inline int alltoalls(EngineTeam team, void* dest, const void* source, ptrdiff_t dest_stride, ptrdiff_t source_stride,
                     size_t nelems, size_t nbytes_each) {
  return supply::alltoalls(supplied(team), dest, source, dest_stride, source_stride, nelems, nbytes_each);
}

inline EngineReduceFunction reduce(int op, int type) {
  switch (type) {
#define SHMEM_ELEMENT_TYPE(name, constant, text, dtype, routine, unsigned_routine, T) \
  case ENGINE_##name:                                                                 \
    return supply::reduction_of<T>(op);
#include "../tables/element_types.def"
    default:
      return nullptr;
  }
}

#endif

inline EngineReduceFunction scan(int inclusive, int type) {
  switch (type) {
#if SHMEM4PY_HAS_TEAMS && SHMEM4PY_HAS_SCANS
#define SHMEM_ELEMENT_INTEGER(name, constant, text, dtype, routine, unsigned_routine, T) \
  case ENGINE_##name:                                                                    \
    return inclusive != 0 ? reduce_by<T, shmem_##routine##_sum_inscan> : reduce_by<T, shmem_##routine##_sum_exscan>;
#define SHMEM_ELEMENT_REAL SHMEM_ELEMENT_INTEGER
#define SHMEM_ELEMENT_COMPLEX(name, constant, text, dtype, routine, unsigned_routine, T)          \
  case ENGINE_##name:                                                                             \
    return inclusive != 0 ? reduce_complex_by<T, SHMEM4PY_CALLABLE(shmem_##routine##_sum_inscan)> \
                          : reduce_complex_by<T, SHMEM4PY_CALLABLE(shmem_##routine##_sum_exscan)>;
#else
#define SHMEM_ELEMENT_TYPE(name, constant, text, dtype, routine, unsigned_routine, T) \
  case ENGINE_##name:                                                                 \
    return supply::scan_of<T>(inclusive);
#endif
#include "../tables/element_types.def"
    default:
      return nullptr;
  }
}

#undef SHMEM4PY_CALLABLE

}  // namespace shmem::adapter
