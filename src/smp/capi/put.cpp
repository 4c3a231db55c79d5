// SPDX-License-Identifier: BSD-3-Clause
//
// shmem_put, shmem_p and shmem_put_nbi in all their types and sizes.
#include "smp/capi/transfer_calls.h"

using namespace shmem::smp::capi;

#define SHMEM_STAMP_RMA(NAME, T, CLASS)                                                                               \
  SHMEM_DEFINE_CTX(void, NAME##_put, put_bytes(routine, dest, source, to_nbytes(nelems, sizeof(T)), pe), T* dest,     \
                   const T* source, std::size_t nelems, int pe)                                                       \
  SHMEM_DEFINE_CTX(void, NAME##_put_nbi, put_bytes(routine, dest, source, to_nbytes(nelems, sizeof(T)), pe), T* dest, \
                   const T* source, std::size_t nelems, int pe)                                                       \
  SHMEM_DEFINE_CTX(void, NAME##_p, put_element(routine, dest, value, pe), T* dest, T value, int pe)
#include "interface/stamp.h"

#define STAMP_SIZE(NAME, NBYTES)                                                                            \
  SHMEM_DEFINE_CTX(void, NAME, put_bytes(routine, dest, source, to_nbytes(nelems, NBYTES), pe), void* dest, \
                   const void* source, std::size_t nelems, int pe)
STAMP_SIZE(putmem, 1)
STAMP_SIZE(put8, 1)
STAMP_SIZE(put16, 2)
STAMP_SIZE(put32, 4)
STAMP_SIZE(put64, 8)
STAMP_SIZE(put128, 16)
STAMP_SIZE(putmem_nbi, 1)
STAMP_SIZE(put8_nbi, 1)
STAMP_SIZE(put16_nbi, 2)
STAMP_SIZE(put32_nbi, 4)
STAMP_SIZE(put64_nbi, 8)
STAMP_SIZE(put128_nbi, 16)
#undef STAMP_SIZE
