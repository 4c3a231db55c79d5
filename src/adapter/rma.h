// SPDX-License-Identifier: BSD-3-Clause
//
// rma.h: put, get, their strided forms and ordering. Elements of 2^log2 bytes are moved by the library's routine for
// that size, so no element tears. The routine comes from a small array, and the call is a tail call.
#pragma once

#include "context.h"
#include "string_moves.h"

namespace shmem::adapter {

using TransferFunction = void (*)(shmem_ctx_t, void*, const void*, size_t, int);

inline constexpr TransferFunction kPut[] = {shmem_ctx_put8, shmem_ctx_put16, shmem_ctx_put32, shmem_ctx_put64,
                                            shmem_ctx_put128};
inline constexpr TransferFunction kGet[] = {shmem_ctx_get8, shmem_ctx_get16, shmem_ctx_get32, shmem_ctx_get64,
                                            shmem_ctx_get128};
inline constexpr TransferFunction kPutNbi[] = {shmem_ctx_put8_nbi, shmem_ctx_put16_nbi, shmem_ctx_put32_nbi,
                                               shmem_ctx_put64_nbi, shmem_ctx_put128_nbi};
inline constexpr TransferFunction kGetNbi[] = {shmem_ctx_get8_nbi, shmem_ctx_get16_nbi, shmem_ctx_get32_nbi,
                                               shmem_ctx_get64_nbi, shmem_ctx_get128_nbi};

// If the processor's string moves are slow (string_moves.h) and the other PE's memory is mapped, the adapter copies
// itself. `remote`: the one of `dest` and `source` that lies on the other PE.
#if SHMEM4PY_HAS_SHMEMX
// Our own library chooses the fast copy itself.
inline constexpr bool copied_by_lines(void*, const void*, size_t, const void*, int) {
  return false;
}
#else
inline bool copied_by_lines(void* dest, const void* source, size_t nbytes, const void* remote, int pe) {
  if (nbytes < string_moves::kLeast || nbytes >= string_moves::kMost || !string_moves::is_weak_place(dest, source)) {
    return false;
  }
  void* const mapped = shmem_ptr(remote, pe);
  return mapped != nullptr &&
         string_moves::copied(remote == dest ? mapped : dest, remote == dest ? source : mapped, nbytes);
}
#endif

inline void put(EngineCtx ctx, void* dest, const void* source, size_t nelems, int log2, int pe) {
  if (copied_by_lines(dest, source, nelems << log2, dest, peer(ctx, pe))) return;
  kPut[log2](handle(ctx), dest, source, nelems, peer(ctx, pe));
}
inline void get(EngineCtx ctx, void* dest, const void* source, size_t nelems, int log2, int pe) {
  if (copied_by_lines(dest, source, nelems << log2, source, peer(ctx, pe))) return;
  kGet[log2](handle(ctx), dest, source, nelems, peer(ctx, pe));
}
inline void put_nbi(EngineCtx ctx, void* dest, const void* source, size_t nelems, int log2, int pe) {
  if (copied_by_lines(dest, source, nelems << log2, dest, peer(ctx, pe))) return;
  kPutNbi[log2](handle(ctx), dest, source, nelems, peer(ctx, pe));
}
inline void get_nbi(EngineCtx ctx, void* dest, const void* source, size_t nelems, int log2, int pe) {
  if (copied_by_lines(dest, source, nelems << log2, source, peer(ctx, pe))) return;
  kGetNbi[log2](handle(ctx), dest, source, nelems, peer(ctx, pe));
}

inline void p1(EngineCtx ctx, void* dest, uint8_t value, int pe) {
  shmem_ctx_uchar_p(handle(ctx), static_cast<unsigned char*>(dest), value, peer(ctx, pe));
}
inline void p2(EngineCtx ctx, void* dest, uint16_t value, int pe) {
  shmem_ctx_ushort_p(handle(ctx), static_cast<unsigned short*>(dest), value, peer(ctx, pe));
}
inline void p4(EngineCtx ctx, void* dest, uint32_t value, int pe) {
  shmem_ctx_uint_p(handle(ctx), static_cast<unsigned int*>(dest), value, peer(ctx, pe));
}
inline void p8(EngineCtx ctx, void* dest, uint64_t value, int pe) {
  shmem_ctx_ulong_p(handle(ctx), static_cast<unsigned long*>(dest), value, peer(ctx, pe));
}
inline uint8_t g1(EngineCtx ctx, const void* source, int pe) {
  return shmem_ctx_uchar_g(handle(ctx), static_cast<const unsigned char*>(source), peer(ctx, pe));
}
inline uint16_t g2(EngineCtx ctx, const void* source, int pe) {
  return shmem_ctx_ushort_g(handle(ctx), static_cast<const unsigned short*>(source), peer(ctx, pe));
}
inline uint32_t g4(EngineCtx ctx, const void* source, int pe) {
  return shmem_ctx_uint_g(handle(ctx), static_cast<const unsigned int*>(source), peer(ctx, pe));
}
inline uint64_t g8(EngineCtx ctx, const void* source, int pe) {
  return shmem_ctx_ulong_g(handle(ctx), static_cast<const unsigned long*>(source), peer(ctx, pe));
}

#if SHMEM4PY_HAS_BLOCK_STRIDED

using BlockFunction = void (*)(shmem_ctx_t, void*, const void*, ptrdiff_t, ptrdiff_t, size_t, size_t, int);

inline constexpr BlockFunction kBlockPut[] = {shmem_ctx_ibput8, shmem_ctx_ibput16, shmem_ctx_ibput32, shmem_ctx_ibput64,
                                              shmem_ctx_ibput128};
inline constexpr BlockFunction kBlockGet[] = {shmem_ctx_ibget8, shmem_ctx_ibget16, shmem_ctx_ibget32, shmem_ctx_ibget64,
                                              shmem_ctx_ibget128};

inline void ibput(EngineCtx ctx, void* dest, const void* source, ptrdiff_t dest_stride, ptrdiff_t source_stride,
                  size_t block_nelems, size_t nblocks, int log2, int pe) {
  kBlockPut[log2](handle(ctx), dest, source, dest_stride, source_stride, block_nelems, nblocks, peer(ctx, pe));
}
inline void ibget(EngineCtx ctx, void* dest, const void* source, ptrdiff_t dest_stride, ptrdiff_t source_stride,
                  size_t block_nelems, size_t nblocks, int log2, int pe) {
  kBlockGet[log2](handle(ctx), dest, source, dest_stride, source_stride, block_nelems, nblocks, peer(ctx, pe));
}

#else

// Block strides made of put or iput (get or iget): one call per block, or one call per element of a block, whichever
// are fewer. The strided routines need strides of at least 1 (1.4, 9.5.3); blocks do not.
using StridedFunction = void (*)(shmem_ctx_t, void*, const void*, ptrdiff_t, ptrdiff_t, size_t, int);

inline constexpr StridedFunction kStridedPut[] = {shmem_ctx_iput8, shmem_ctx_iput16, shmem_ctx_iput32, shmem_ctx_iput64,
                                                  shmem_ctx_iput128};
inline constexpr StridedFunction kStridedGet[] = {shmem_ctx_iget8, shmem_ctx_iget16, shmem_ctx_iget32, shmem_ctx_iget64,
                                                  shmem_ctx_iget128};

inline void move_blocks(TransferFunction contiguous, StridedFunction strided, EngineCtx ctx, void* dest,
                        const void* source, ptrdiff_t dest_stride, ptrdiff_t source_stride, size_t block_nelems,
                        size_t nblocks, int log2, int pe) {
  const shmem_ctx_t ctx_handle = handle(ctx);
  const int peer_pe = peer(ctx, pe);
  auto* const to = static_cast<char*>(dest);
  const auto* const from = static_cast<const char*>(source);
  const auto block = static_cast<ptrdiff_t>(block_nelems);
  const auto each = ptrdiff_t{1} << log2;
  if (nblocks == 0 || block_nelems == 0) return;
  if (nblocks == 1 || (dest_stride == block && source_stride == block)) {
    contiguous(ctx_handle, to, from, nblocks * block_nelems, peer_pe);
  } else if (block_nelems < nblocks && dest_stride >= 1 && source_stride >= 1) {
    for (ptrdiff_t element = 0; element < block; ++element) {
      strided(ctx_handle, to + element * each, from + element * each, dest_stride, source_stride, nblocks, peer_pe);
    }
  } else {
    for (size_t b = 0; b < nblocks; ++b) {
      const auto index = static_cast<ptrdiff_t>(b);
      contiguous(ctx_handle, to + index * dest_stride * each, from + index * source_stride * each, block_nelems,
                 peer_pe);
    }
  }
}

inline void ibput(EngineCtx ctx, void* dest, const void* source, ptrdiff_t dest_stride, ptrdiff_t source_stride,
                  size_t block_nelems, size_t nblocks, int log2, int pe) {
  move_blocks(kPut[log2], kStridedPut[log2], ctx, dest, source, dest_stride, source_stride, block_nelems, nblocks, log2,
              pe);
}
inline void ibget(EngineCtx ctx, void* dest, const void* source, ptrdiff_t dest_stride, ptrdiff_t source_stride,
                  size_t block_nelems, size_t nblocks, int log2, int pe) {
  move_blocks(kGet[log2], kStridedGet[log2], ctx, dest, source, dest_stride, source_stride, block_nelems, nblocks, log2,
              pe);
}

#endif

// --- stores through ptr ---

#if SHMEM4PY_HAS_SHMEMX
inline void wake(const void* address, size_t nbytes, int pe) {
  shmemx_wake(address, nbytes, pe);
}
#else
// Waits of these libraries look at memory again and again.
inline constexpr std::nullptr_t wake = nullptr;
#endif

// --- ordering ---

inline void fence(EngineCtx ctx) {
  shmem_ctx_fence(handle(ctx));
}
inline void quiet(EngineCtx ctx) {
  shmem_ctx_quiet(handle(ctx));
}

#if SHMEM4PY_HAS_PE_QUIET
inline void pe_quiet(EngineCtx ctx, const int* pes, size_t npes) {
  shmem_ctx_pe_quiet(handle(ctx), pes, npes);
}
#else
// Quiet completes more than was asked for, which is right, only slower.
inline void pe_quiet(EngineCtx ctx, const int*, size_t) {
  shmem_ctx_quiet(handle(ctx));
}
#endif

}  // namespace shmem::adapter
