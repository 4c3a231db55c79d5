// SPDX-License-Identifier: BSD-3-Clause
//
// Put, get, their strided forms and put-with-signal on checked addresses, which the exported routines inline.
//
// In shared memory an operation is complete when its call returns, so the nonblocking routines use the same functions.
#pragma once

#include "smp/capi/routine.h"
#include "smp/rma/copy.h"
#include "smp/wait/wait.h"

namespace shmem::smp::capi {

// Copies any number of bytes between checked addresses, with a note of the operation if the copy takes time. Not
// inlined, so that the routines need no stack frame on the path of 8 bytes, the most frequent size.
void put_checked(std::byte* remote, const void* source, std::size_t nbytes, int world) noexcept;
void get_checked(void* dest, const std::byte* remote, std::size_t nbytes, int world) noexcept;

[[gnu::always_inline]] inline void put_bytes(const Routine& routine, void* dest, const void* source, std::size_t nbytes,
                                             int pe) noexcept {
  with_both(routine, "dest", static_cast<std::byte*>(dest), nbytes, pe, "source", source,
            [=](std::byte* remote, int world) noexcept {
              if (nbytes != sizeof(std::uint64_t)) return put_checked(remote, source, nbytes, world);
              copy_small_or_call(remote, source, sizeof(std::uint64_t));
              ring(this_pe(), world, remote, sizeof(std::uint64_t));
            });
}

[[gnu::always_inline]] inline void get_bytes(const Routine& routine, void* dest, const void* source, std::size_t nbytes,
                                             int pe) noexcept {
  with_both(routine, "source", static_cast<const std::byte*>(source), nbytes, pe, "dest", dest,
            [=](const std::byte* remote, int world) noexcept {
              if (nbytes != sizeof(std::uint64_t)) return get_checked(dest, remote, nbytes, world);
              copy_small_or_call(dest, remote, sizeof(std::uint64_t));
            });
}

template <class T>
[[gnu::always_inline]] inline void put_element(const Routine& routine, T* dest, T value, int pe) noexcept {
  with_target(routine, "dest", dest, sizeof(T), pe, [=](T* remote, int world) noexcept {
    store_element(remote, value);
    ring(this_pe(), world, remote, sizeof *remote);
  });
}

template <class T>
[[nodiscard, gnu::always_inline]] inline T get_element(const Routine& routine, const T* source, int pe) noexcept {
  return with_target(routine, "source", source, sizeof(T), pe,
                     [](const T* remote, int) noexcept { return load_element(remote); });
}

// Strided transfers (ibput, ibget): nblocks blocks of block_nelems elements, whose begins are dst and sst elements
// apart. iput and iget have blocks of one element.
void put_blocks(Routine routine, void* dest, const void* source, std::ptrdiff_t dst, std::ptrdiff_t sst,
                std::size_t block_nelems, std::size_t nblocks, std::size_t element, int pe) noexcept;
void get_blocks(Routine routine, void* dest, const void* source, std::ptrdiff_t dst, std::ptrdiff_t sst,
                std::size_t block_nelems, std::size_t nblocks, std::size_t element, int pe) noexcept;

// Puts the bytes, then the signal: a PE that sees the signal sees the bytes (standard, put-with-signal).
void put_signal(Routine routine, void* dest, const void* source, std::size_t nbytes, std::uint64_t* sig_addr,
                std::uint64_t value, int sig_op, int pe) noexcept;
// Updates the signal alone.
void update_signal(Routine routine, std::uint64_t* sig_addr, std::uint64_t value, int sig_op, int pe) noexcept;

}  // namespace shmem::smp::capi
