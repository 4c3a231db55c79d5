// SPDX-License-Identifier: BSD-3-Clause
//
// shmem_iput and shmem_ibput in all their types and sizes. Strides count elements: for iput from element to element,
// for ibput from the begin of a block to the begin of the next.
#include "smp/capi/transfer_calls.h"

using namespace shmem::smp::capi;

#define STAMP_STRIDED(I, IB, T, NBYTES)                                                                             \
  SHMEM_DEFINE_CTX(void, I, put_blocks(routine, dest, source, dst, sst, 1, nelems, NBYTES, pe), T* dest,            \
                   const T* source, std::ptrdiff_t dst, std::ptrdiff_t sst, std::size_t nelems, int pe)             \
  SHMEM_DEFINE_CTX(void, IB, put_blocks(routine, dest, source, dst, sst, bsize, nblocks, NBYTES, pe), T* dest,      \
                   const T* source, std::ptrdiff_t dst, std::ptrdiff_t sst, std::size_t bsize, std::size_t nblocks, \
                   int pe)

#define SHMEM_STAMP_RMA(NAME, T, CLASS) STAMP_STRIDED(NAME##_iput, NAME##_ibput, T, sizeof(T))
#include "interface/stamp.h"

STAMP_STRIDED(iput8, ibput8, void, 1)
STAMP_STRIDED(iput16, ibput16, void, 2)
STAMP_STRIDED(iput32, ibput32, void, 4)
STAMP_STRIDED(iput64, ibput64, void, 8)
STAMP_STRIDED(iput128, ibput128, void, 16)
#undef STAMP_STRIDED
