// SPDX-License-Identifier: BSD-3-Clause
//
// types.h: the element types of the engine table as rows, each with the C type whose routines it uses.
//
// Integers of one size behave alike except in comparisons, so atomics and bitwise reductions need one row per size.
// They use the unsigned C type, for which every version of the standard has all of these routines. Rows use only the
// names of C types, which every library declares, whatever aliases it has (Open MPI 4.1.4 has shmem_ulong_atomic_fetch,
// but no shmem_uint64_atomic_fetch).
#pragma once

#include <complex>

#include "engine.h"
#include "library.h"

// X(row, name in the library's routines, C++ type, name of the unsigned type of that size)
#define SHMEM4PY_INTEGERS(X)                       \
  X(ENGINE_INT8, schar, signed char, uchar)        \
  X(ENGINE_INT16, short, short, ushort)            \
  X(ENGINE_INT32, int, int, uint)                  \
  X(ENGINE_INT64, long, long, ulong)               \
  X(ENGINE_UINT8, uchar, unsigned char, uchar)     \
  X(ENGINE_UINT16, ushort, unsigned short, ushort) \
  X(ENGINE_UINT32, uint, unsigned int, uint)       \
  X(ENGINE_UINT64, ulong, unsigned long, ulong)

// X(row, name, C++ type)
#define SHMEM4PY_REALS(X)          \
  X(ENGINE_FLOAT, float, float)    \
  X(ENGINE_DOUBLE, double, double) \
  X(ENGINE_LONG_DOUBLE, longdouble, long double)

#define SHMEM4PY_COMPLEXES(X)                            \
  X(ENGINE_COMPLEX_FLOAT, complexf, std::complex<float>) \
  X(ENGINE_COMPLEX_DOUBLE, complexd, std::complex<double>)

namespace shmem::adapter {

// The low bits of a register as T, and T's bits zero-extended (EngineAmoFunction).
template <class T>
inline T from_bits(uint64_t bits) {
  T value;
  std::memcpy(&value, &bits, sizeof value);  // little-endian, as asserted below
  return value;
}

template <class T>
inline uint64_t to_bits(T value) {
  uint64_t bits = 0;
  std::memcpy(&bits, &value, sizeof value);
  return bits;
}

static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__);

}  // namespace shmem::adapter
