// SPDX-License-Identifier: BSD-3-Clause
//
// What all exported routines share: how they are defined, and the checks of their arguments.
//
// A routine is the strong symbol pshmem_X and the weak alias shmem_X. A program or a profiler can replace the second
// and still call the first (standard, section Profiling Interface). The declarations come from pshmem.h, so a
// definition that differs from its prototype does not compile: it would be another overload, which lacks the C symbol
// for the alias. The bodies are noexcept functions of the engine or templates over them.
//
// No other PE's memory is touched before address, size and PE have been checked. The checks are the comparisons of
// Pe::translate. When one fails, the cold functions of misuse.cpp find out which and word the message.
#pragma once

#include <pshmem.h>
#include <shmemx.h>

#include <cstddef>
#include <cstdint>
#include <limits>
#include <type_traits>

#include "smp/capi/report.h"
#include "smp/pe.h"
#include "smp/team/ctx.h"
#include "smp/team/team.h"

namespace shmem::smp::capi {

// The routine that is called: its name for messages, and the context that PE numbers are relative to.
struct Routine {
  const char* name;
  CtxHandle ctx = kCtxDefault;
};

[[nodiscard]] inline CtxHandle to_handle(shmem_ctx_t ctx) noexcept {
  return reinterpret_cast<CtxHandle>(ctx);
}
[[nodiscard]] inline TeamHandle to_handle(shmem_team_t team) noexcept {
  return reinterpret_cast<TeamHandle>(team);
}
[[nodiscard]] inline shmem_ctx_t to_ctx(CtxHandle handle) noexcept {
  return reinterpret_cast<shmem_ctx_t>(handle);
}
[[nodiscard]] inline shmem_team_t to_team(TeamHandle handle) noexcept {
  return reinterpret_cast<shmem_team_t>(handle);
}

// The bytes of nelems elements. On overflow the result is larger than any heap, so the bounds check refuses it.
[[nodiscard, gnu::always_inline]] inline std::size_t to_nbytes(std::size_t nelems, std::size_t element) noexcept {
  std::size_t nbytes;
  return __builtin_mul_overflow(nelems, element, &nbytes) ? std::numeric_limits<std::size_t>::max() : nbytes;
}

// The place of an object on another PE, after its address has been checked.
template <class T>
struct Target {
  T* address;  // in this PE's mapping; nullptr if the call was refused
  int pe;      // in the world
};

// Words the refusal of (address, nbytes, pe) and reports it. Returns only in the mode SHMEMX_ERRORS_RETURN, or if there
// was nothing to move.
[[gnu::cold, gnu::noinline]] void refuse_target(const Routine& routine, const char* argument,
                                                const volatile void* address, std::size_t nbytes, int pe) noexcept;
// The same for an address of this PE.
[[gnu::cold, gnu::noinline]] void refuse_local(const char* routine, const char* argument, const volatile void* address,
                                               std::size_t nbytes) noexcept;
[[gnu::cold, gnu::noinline]] void refuse_alignment(const char* routine, const char* argument,
                                                   const volatile void* address, std::size_t alignment) noexcept;
// Reports that an argument which is read or written is NULL.
[[gnu::cold, gnu::noinline]] void refuse_null(const char* routine, const char* argument) noexcept;
// Reports a call before init or after finalize (npes == 0), from a routine that takes no address.
[[gnu::cold, gnu::noinline]] void refuse_phase(const char* routine) noexcept;

// The object at `local` on PE `pe` of the call's context.
template <class T>
[[nodiscard, gnu::always_inline]] inline Target<T> target_of(Pe& me, const Routine& routine, const char* argument,
                                                             T* local, std::size_t nbytes, int pe) noexcept {
  const int world = ctx_world_pe(me, routine.ctx, pe);
  T* remote = me.translate(local, nbytes, world);
  if constexpr (std::is_const_v<T>) {
    if (remote == nullptr && me.is_constant(local, nbytes) && me.runs_my_program(world)) remote = local;
  }
  if (remote == nullptr) [[unlikely]]
    refuse_target(routine, argument, local, nbytes, pe);
  return {remote, world};
}

// Whether [local, local + nbytes) is symmetric memory of this PE. Reports it if it is not.
[[nodiscard, gnu::always_inline]] inline bool is_symmetric(Pe& me, const char* routine, const char* argument,
                                                           const volatile void* local, std::size_t nbytes) noexcept {
  if (me.translate(static_cast<const volatile std::byte*>(local), nbytes, me.me) != nullptr) [[likely]]
    return true;
  refuse_local(routine, argument, local, nbytes);
  return false;
}

// Calls body(remote, world) with the object's place on PE `pe`. If it has none there, the call is refused and returns
// zero. The body is instantiated twice: for heap objects inlined into the routine, which then needs no stack frame, and
// behind a call for globals and refusals.
template <class T, class Body>
[[gnu::noinline]] auto with_target_slowly(Routine routine, const char* argument, T* local, std::size_t nbytes, int pe,
                                          Body body) noexcept -> decltype(body(local, pe)) {
  const Target<T> target = target_of(this_pe(), routine, argument, local, nbytes, pe);
  if (target.address == nullptr) return decltype(body(local, pe))();
  return body(target.address, target.pe);
}

template <class T, class Body>
[[gnu::always_inline]] inline auto with_target(const Routine& routine, const char* argument, T* local,
                                               std::size_t nbytes, int pe, Body body) noexcept
    -> decltype(body(local, pe)) {
  Pe& me = this_pe();
  const int world = ctx_world_pe(me, routine.ctx, pe);
  const std::size_t offset = me.heap_offset(local);
  if (me.is_in_heap(offset, nbytes, world)) [[likely]]
    return body(reinterpret_cast<T*>(me.heap_of(world) + offset), world);
  return with_target_slowly(routine, argument, local, nbytes, pe, body);
}

// The same for a transfer between that object and the program's own memory, which must not be NULL.
template <class T, class Body>
[[gnu::noinline]] void with_both_slowly(Routine routine, const char* argument, T* local, std::size_t nbytes, int pe,
                                        const char* own_argument, const volatile void* own, Body body) noexcept {
  if (own == nullptr && nbytes != 0) return refuse_null(routine.name, own_argument);
  const Target<T> target = target_of(this_pe(), routine, argument, local, nbytes, pe);
  if (target.address != nullptr) body(target.address, target.pe);
}

template <class T, class Body>
[[gnu::always_inline]] inline void with_both(const Routine& routine, const char* argument, T* local, std::size_t nbytes,
                                             int pe, const char* own_argument, const volatile void* own,
                                             Body body) noexcept {
  Pe& me = this_pe();
  const int world = ctx_world_pe(me, routine.ctx, pe);
  const std::size_t offset = me.heap_offset(local);
  if (me.is_in_heap(offset, nbytes, world) && own != nullptr) [[likely]]
    return body(reinterpret_cast<T*>(me.heap_of(world) + offset), world);
  with_both_slowly(routine, argument, local, nbytes, pe, own_argument, own, body);
}

// Checks an address of the program's own memory: anything but NULL. Reports NULL.
[[nodiscard, gnu::always_inline]] inline bool is_given(const char* routine, const char* argument,
                                                       const volatile void* address) noexcept {
  if (address != nullptr) [[likely]]
    return true;
  refuse_null(routine, argument);
  return false;
}

// Atomics and waits need addresses that are aligned to the word's size. Reports one that is not.
template <class T>
[[nodiscard, gnu::always_inline]] inline bool is_aligned(const char* routine, const char* argument,
                                                         const T* address) noexcept {
  if (reinterpret_cast<std::uintptr_t>(address) % sizeof(T) == 0) [[likely]]
    return true;
  refuse_alignment(routine, argument, address, sizeof(T));
  return false;
}

// Whether this process is in a job. Reports it if it is not.
[[nodiscard, gnu::always_inline]] inline bool is_running(Pe& me, const char* routine) noexcept {
  if (me.npes != 0) [[likely]]
    return true;
  refuse_phase(routine);
  return false;
}

// Reports a failure of a routine that returns no status, or for which the standard has no status.
inline int report_status(Pe& me, Status status, const char* routine) noexcept {
  if (ok(status)) [[likely]]
    return 0;
  report(me, status, routine);
  return static_cast<int>(status);
}

}  // namespace shmem::smp::capi

// Defines shmem_NAME as the weak alias of pshmem_NAME.
#define SHMEM_ALIAS(NAME) extern "C" __attribute__((weak, alias("pshmem_" #NAME))) decltype(pshmem_##NAME) shmem_##NAME;

// Defines a routine without a context: SHMEM_DEFINE(void, long_put, body, parameters...). The body can use `routine`.
#define SHMEM_DEFINE(RETURN, NAME, BODY, ...)                                       \
  RETURN pshmem_##NAME(__VA_ARGS__) {                                               \
    [[maybe_unused]] constexpr ::shmem::smp::capi::Routine routine{"shmem_" #NAME}; \
    return BODY;                                                                    \
  }                                                                                 \
  SHMEM_ALIAS(NAME)

// Defines a routine that exists with and without a context.
#define SHMEM_DEFINE_CTX(RETURN, NAME, BODY, ...)                                                      \
  SHMEM_DEFINE(RETURN, NAME, BODY, __VA_ARGS__)                                                        \
  RETURN pshmem_ctx_##NAME(shmem_ctx_t ctx, __VA_ARGS__) {                                             \
    const ::shmem::smp::capi::Routine routine{"shmem_ctx_" #NAME, ::shmem::smp::capi::to_handle(ctx)}; \
    return BODY;                                                                                       \
  }                                                                                                    \
  SHMEM_ALIAS(ctx_##NAME)
