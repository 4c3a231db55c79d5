// SPDX-License-Identifier: BSD-3-Clause
//
// Put-with-signal and the signal routines (standard, section Signaling Operations).
#include "smp/capi/transfer_calls.h"
#include "smp/capi/wait_calls.h"

using namespace shmem::smp::capi;
namespace smp = shmem::smp;

#define SHMEM_STAMP_RMA(NAME, T, CLASS)                                                                           \
  SHMEM_DEFINE_CTX(void, NAME##_put_signal,                                                                       \
                   put_signal(routine, dest, source, to_nbytes(nelems, sizeof(T)), sig_addr, signal, sig_op, pe), \
                   T* dest, const T* source, std::size_t nelems, std::uint64_t* sig_addr, std::uint64_t signal,   \
                   int sig_op, int pe)                                                                            \
  SHMEM_DEFINE_CTX(void, NAME##_put_signal_nbi,                                                                   \
                   put_signal(routine, dest, source, to_nbytes(nelems, sizeof(T)), sig_addr, signal, sig_op, pe), \
                   T* dest, const T* source, std::size_t nelems, std::uint64_t* sig_addr, std::uint64_t signal,   \
                   int sig_op, int pe)
#include "interface/stamp.h"

#define STAMP_SIZE(NAME, NBYTES)                                                                                      \
  SHMEM_DEFINE_CTX(void, NAME,                                                                                        \
                   put_signal(routine, dest, source, to_nbytes(nelems, NBYTES), sig_addr, signal, sig_op, pe),        \
                   void* dest, const void* source, std::size_t nelems, std::uint64_t* sig_addr, std::uint64_t signal, \
                   int sig_op, int pe)
STAMP_SIZE(putmem_signal, 1)
STAMP_SIZE(put8_signal, 1)
STAMP_SIZE(put16_signal, 2)
STAMP_SIZE(put32_signal, 4)
STAMP_SIZE(put64_signal, 8)
STAMP_SIZE(put128_signal, 16)
STAMP_SIZE(putmem_signal_nbi, 1)
STAMP_SIZE(put8_signal_nbi, 1)
STAMP_SIZE(put16_signal_nbi, 2)
STAMP_SIZE(put32_signal_nbi, 4)
STAMP_SIZE(put64_signal_nbi, 8)
STAMP_SIZE(put128_signal_nbi, 16)
#undef STAMP_SIZE

SHMEM_DEFINE_CTX(void, signal_set, update_signal(routine, sig_addr, signal, SHMEM_SIGNAL_SET, pe),
                 std::uint64_t* sig_addr, std::uint64_t signal, int pe)
SHMEM_DEFINE_CTX(void, signal_add, update_signal(routine, sig_addr, signal, SHMEM_SIGNAL_ADD, pe),
                 std::uint64_t* sig_addr, std::uint64_t signal, int pe)

namespace {

bool is_signal(smp::Pe& me, const char* routine, const std::uint64_t* sig_addr) noexcept {
  return is_symmetric(me, routine, "sig_addr", sig_addr, sizeof *sig_addr) && is_aligned(routine, "sig_addr", sig_addr);
}

std::uint64_t signal_fetch(const char* routine, const std::uint64_t* sig_addr) noexcept {
  return is_signal(smp::this_pe(), routine, sig_addr) ? smp::look(sig_addr) : 0;
}

std::uint64_t signal_wait_until(const char* routine, const std::uint64_t* sig_addr, int cmp,
                                std::uint64_t cmp_value) noexcept {
  smp::Pe& me = smp::this_pe();
  if (!is_signal(me, routine, sig_addr)) return 0;
  if (!smp::is_cmp(cmp)) {
    misuse(me, routine, "cmp", "= %d is not a comparison", cmp);
    return 0;
  }
  // Returns the value that satisfied the comparison. A second read might find a later one.
  std::uint64_t seen = 0;
  const auto satisfied = [&] {
    seen = smp::look(sig_addr);
    return smp::compare(seen, static_cast<smp::Cmp>(cmp), cmp_value);
  };
  if (satisfied()) return seen;
  const WaitScope scope(me, smp::Operation::kSignalWaitUntil);
  const auto tell = [&](smp::WaitNote& note) {
    smp::tell_elements(me, sig_addr, smp::Operation::kSignalWaitUntil, static_cast<smp::Cmp>(cmp), cmp_value, note);
  };
  report_status(me, smp::wait_until(me, {sig_addr, sizeof *sig_addr}, satisfied, tell), routine);
  return seen;
}

}  // namespace

SHMEM_DEFINE(std::uint64_t, signal_fetch, signal_fetch(routine.name, sig_addr), const std::uint64_t* sig_addr)
SHMEM_DEFINE(std::uint64_t, signal_wait_until, signal_wait_until(routine.name, sig_addr, cmp, cmp_value),
             std::uint64_t* sig_addr, int cmp, std::uint64_t cmp_value)
