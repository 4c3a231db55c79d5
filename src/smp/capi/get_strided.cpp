// SPDX-License-Identifier: BSD-3-Clause
//
// shmem_iget and shmem_ibget in all their types and sizes. Strides count elements: for iget from element to element,
// for ibget from the begin of a block to the begin of the next.
#include "smp/capi/transfer_calls.h"

using namespace shmem::smp::capi;

#define STAMP_STRIDED(I, IB, T, NBYTES)                                                                             \
  SHMEM_DEFINE_CTX(void, I, get_blocks(routine, dest, source, dst, sst, 1, nelems, NBYTES, pe), T* dest,            \
                   const T* source, std::ptrdiff_t dst, std::ptrdiff_t sst, std::size_t nelems, int pe)             \
  SHMEM_DEFINE_CTX(void, IB, get_blocks(routine, dest, source, dst, sst, bsize, nblocks, NBYTES, pe), T* dest,      \
                   const T* source, std::ptrdiff_t dst, std::ptrdiff_t sst, std::size_t bsize, std::size_t nblocks, \
                   int pe)

#define SHMEM_STAMP_RMA(NAME, T, CLASS) STAMP_STRIDED(NAME##_iget, NAME##_ibget, T, sizeof(T))
#include "interface/stamp.h"

STAMP_STRIDED(iget8, ibget8, void, 1)
STAMP_STRIDED(iget16, ibget16, void, 2)
STAMP_STRIDED(iget32, ibget32, void, 4)
STAMP_STRIDED(iget64, ibget64, void, 8)
STAMP_STRIDED(iget128, ibget128, void, 16)
#undef STAMP_STRIDED
