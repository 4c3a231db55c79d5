// SPDX-License-Identifier: BSD-3-Clause
//
// shmem_get, shmem_g and shmem_get_nbi in all their types and sizes.
#include "smp/capi/transfer_calls.h"

using namespace shmem::smp::capi;

#define SHMEM_STAMP_RMA(NAME, T, CLASS)                                                                               \
  SHMEM_DEFINE_CTX(void, NAME##_get, get_bytes(routine, dest, source, to_nbytes(nelems, sizeof(T)), pe), T* dest,     \
                   const T* source, std::size_t nelems, int pe)                                                       \
  SHMEM_DEFINE_CTX(void, NAME##_get_nbi, get_bytes(routine, dest, source, to_nbytes(nelems, sizeof(T)), pe), T* dest, \
                   const T* source, std::size_t nelems, int pe)                                                       \
  SHMEM_DEFINE_CTX(T, NAME##_g, get_element(routine, source, pe), const T* source, int pe)
#include "interface/stamp.h"

#define STAMP_SIZE(NAME, NBYTES)                                                                            \
  SHMEM_DEFINE_CTX(void, NAME, get_bytes(routine, dest, source, to_nbytes(nelems, NBYTES), pe), void* dest, \
                   const void* source, std::size_t nelems, int pe)
STAMP_SIZE(getmem, 1)
STAMP_SIZE(get8, 1)
STAMP_SIZE(get16, 2)
STAMP_SIZE(get32, 4)
STAMP_SIZE(get64, 8)
STAMP_SIZE(get128, 16)
STAMP_SIZE(getmem_nbi, 1)
STAMP_SIZE(get8_nbi, 1)
STAMP_SIZE(get16_nbi, 2)
STAMP_SIZE(get32_nbi, 4)
STAMP_SIZE(get64_nbi, 8)
STAMP_SIZE(get128_nbi, 16)
#undef STAMP_SIZE
