// SPDX-License-Identifier: BSD-3-Clause
//
// The transfers that are worth a function call (transfer_calls.h).
#include "smp/capi/transfer_calls.h"

#include <algorithm>

#include "smp/atomics/atomics.h"

namespace shmem::smp::capi {

namespace {

// Copies this small end before anyone could look at the note, which would cost more than the copy.
constexpr std::size_t kUnnotedNbytes = 4096;

void move(Pe& me, Operation operation, int pe, void* target, const void* source, std::size_t nbytes) noexcept {
  if (nbytes <= kUnnotedNbytes) return copy_small_or_call(target, source, nbytes);
  const NoteScope note(me, operation, pe);
  copy_bytes(target, source, nbytes);
}

// The extent of one side of a strided transfer: nblocks blocks of block_nelems elements, whose begins are `stride`
// elements apart. All blocks lie within [low, low + nbytes) bytes from the address; low is negative for negative
// strides.
struct Blocks {
  std::ptrdiff_t low = 0;
  std::size_t nbytes = 0;

  Blocks(std::ptrdiff_t stride, std::size_t block_nelems, std::size_t nblocks, std::size_t element) noexcept {
    if (nblocks == 0 || block_nelems == 0) return;
    std::ptrdiff_t last, low_elements, high, low_bytes;
    std::size_t span;
    if (__builtin_mul_overflow(nblocks - 1, stride, &last) ||
        __builtin_add_overflow(std::max<std::ptrdiff_t>(last, 0), block_nelems, &high) ||
        __builtin_sub_overflow(high, low_elements = std::min<std::ptrdiff_t>(last, 0), &span) ||
        __builtin_mul_overflow(span, element, &nbytes) || __builtin_mul_overflow(low_elements, element, &low_bytes)) {
      nbytes = std::numeric_limits<std::size_t>::max();  // refused by the bounds check
      return;
    }
    low = low_bytes;
  }
};

// Updates a signal word of another PE. Release: pairs with the acquire of shmem_signal_fetch and of the waits, so a PE
// that sees the signal sees the data that were put before it.
void update_word(Pe& me, const Target<std::uint64_t>& signal, std::uint64_t value, int sig_op) noexcept {
  if (sig_op == SHMEM_SIGNAL_SET) {
    amo_set(signal.address, value);
  } else {
    amo_fetch_add(signal.address, value);
  }
  ring(me, signal.pe, signal.address, sizeof *signal.address);
}

}  // namespace

void put_checked(std::byte* remote, const void* source, std::size_t nbytes, int world) noexcept {
  Pe& me = this_pe();
  move(me, Operation::kPut, world, remote, source, nbytes);
  ring(me, world, remote, nbytes);
}

void get_checked(void* dest, const std::byte* remote, std::size_t nbytes, int world) noexcept {
  move(this_pe(), Operation::kGet, world, dest, remote, nbytes);
}

void put_blocks(Routine routine, void* dest, const void* source, std::ptrdiff_t dst, std::ptrdiff_t sst,
                std::size_t block_nelems, std::size_t nblocks, std::size_t element, int pe) noexcept {
  Pe& me = this_pe();
  const Blocks blocks(dst, block_nelems, nblocks, element);
  const auto target = target_of(me, routine, "dest", static_cast<std::byte*>(dest) + blocks.low, blocks.nbytes, pe);
  if (target.address == nullptr || blocks.nbytes == 0) [[unlikely]]
    return;
  if (!is_given(routine.name, "source", source)) return;
  const NoteScope note(me, Operation::kIput, target.pe);
  copy_strided(target.address - blocks.low, source, dst, sst, block_nelems, nblocks, element);
  ring(me, target.pe, target.address, blocks.nbytes);
}

void get_blocks(Routine routine, void* dest, const void* source, std::ptrdiff_t dst, std::ptrdiff_t sst,
                std::size_t block_nelems, std::size_t nblocks, std::size_t element, int pe) noexcept {
  Pe& me = this_pe();
  const Blocks blocks(sst, block_nelems, nblocks, element);
  const auto origin =
      target_of(me, routine, "source", static_cast<const std::byte*>(source) + blocks.low, blocks.nbytes, pe);
  if (origin.address == nullptr || blocks.nbytes == 0) [[unlikely]]
    return;
  if (!is_given(routine.name, "dest", dest)) return;
  const NoteScope note(me, Operation::kIget, origin.pe);
  copy_strided(dest, origin.address - blocks.low, dst, sst, block_nelems, nblocks, element);
}

void put_signal(Routine routine, void* dest, const void* source, std::size_t nbytes, std::uint64_t* sig_addr,
                std::uint64_t value, int sig_op, int pe) noexcept {
  Pe& me = this_pe();
  if (sig_op != SHMEM_SIGNAL_SET && sig_op != SHMEM_SIGNAL_ADD) [[unlikely]] {
    return misuse(me, routine.name, "sig_op", "= %d is neither SHMEM_SIGNAL_SET nor SHMEM_SIGNAL_ADD", sig_op);
  }
  // Both targets are checked before either is written, so a refused call writes nothing.
  const auto signal = target_of(me, routine, "sig_addr", sig_addr, sizeof *sig_addr, pe);
  if (signal.address == nullptr || !is_aligned(routine.name, "sig_addr", sig_addr)) [[unlikely]]
    return;
  if (nbytes != 0) {
    const auto target = target_of(me, routine, "dest", static_cast<std::byte*>(dest), nbytes, pe);
    if (target.address == nullptr || !is_given(routine.name, "source", source)) [[unlikely]]
      return;
    move(me, Operation::kPutSignal, target.pe, target.address, source, nbytes);
  }
  update_word(me, signal, value, sig_op);
}

void update_signal(Routine routine, std::uint64_t* sig_addr, std::uint64_t value, int sig_op, int pe) noexcept {
  Pe& me = this_pe();
  const auto signal = target_of(me, routine, "sig_addr", sig_addr, sizeof *sig_addr, pe);
  if (signal.address == nullptr || !is_aligned(routine.name, "sig_addr", sig_addr)) [[unlikely]]
    return;
  update_word(me, signal, value, sig_op);
}

}  // namespace shmem::smp::capi
