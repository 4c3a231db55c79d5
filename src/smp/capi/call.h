// SPDX-License-Identifier: BSD-3-Clause
//
// What all exported routines share: how they are defined, and what a call is checked for.
//
// A routine is the strong symbol pshmem_X and the weak alias shmem_X, so that a program or a profiler can replace
// the second and still reach the first (standard, section Profiling Interface). Declarations come from pshmem.h, so a
// definition that differs from its prototype does not compile: it would be another overload, without the C symbol
// that the alias asks for. The bodies are noexcept functions of the engine or templates over them.
//
// Nothing here touches another PE's memory before address, size and PE have been checked. The checks are the
// comparisons of Pe::translate; words are found by the cold functions of misuse.cpp.
#pragma once

#include <pshmem.h>
#include <shmemx.h>

#include <cstddef>
#include <cstdint>
#include <limits>
#include <type_traits>

#include "smp/error.h"
#include "smp/pe.h"
#include "smp/team/ctx.h"
#include "smp/team/team.h"

namespace shmem::smp::capi {

// Who called: the words of errors, and the context that PE numbers are relative to.
struct Call {
  const char* routine;
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

// Bytes of nelems elements. What does not fit is more than any heap has, so that the bounds check refuses it.
[[nodiscard, gnu::always_inline]] inline std::size_t to_nbytes(std::size_t nelems, std::size_t element) noexcept {
  std::size_t nbytes;
  return __builtin_mul_overflow(nelems, element, &nbytes) ? std::numeric_limits<std::size_t>::max() : nbytes;
}

// Where an object lies on another PE: what a checked argument becomes.
template <class T>
struct Target {
  T* address;  // in my mapping; nullptr if the call was refused
  int pe;      // in the world
};

// Words the refusal of (address, nbytes, pe) and reports it; returns only in the mode SHMEMX_ERRORS_RETURN, or when
// there was nothing to move.
[[gnu::cold, gnu::noinline]] void refuse_target(const Call& call, const char* argument, const volatile void* address,
                                                std::size_t nbytes, int pe) noexcept;
// The same for an address of my own.
[[gnu::cold, gnu::noinline]] void refuse_local(const char* routine, const char* argument, const volatile void* address,
                                               std::size_t nbytes) noexcept;
[[gnu::cold, gnu::noinline]] void refuse_alignment(const char* routine, const char* argument,
                                                   const volatile void* address, std::size_t alignment) noexcept;
// The argument is NULL where something is read or written.
[[gnu::cold, gnu::noinline]] void refuse_null(const char* routine, const char* argument) noexcept;
// A routine that needs no address and found npes == 0: before init or after finalize.
[[gnu::cold, gnu::noinline]] void refuse_phase(const char* routine) noexcept;

// The object at `local` on PE `pe` of the call's context.
template <class T>
[[nodiscard, gnu::always_inline]] inline Target<T> target_of(Pe& me, const Call& call, const char* argument, T* local,
                                                             std::size_t nbytes, int pe) noexcept {
  const int world = ctx_world_pe(me, call.ctx, pe);
  T* remote = me.translate(local, nbytes, world);
  if constexpr (std::is_const_v<T>) {
    if (remote == nullptr && me.is_constant(local, nbytes) && me.runs_my_program(world)) remote = local;
  }
  if (remote == nullptr) [[unlikely]]
    refuse_target(call, argument, local, nbytes, pe);
  return {remote, world};
}

// Is [local, local + nbytes) symmetric memory of mine? Reports it if not.
[[nodiscard, gnu::always_inline]] inline bool is_symmetric(Pe& me, const char* routine, const char* argument,
                                                           const volatile void* local, std::size_t nbytes) noexcept {
  if (me.translate(static_cast<const volatile std::byte*>(local), nbytes, me.me) != nullptr) [[likely]]
    return true;
  refuse_local(routine, argument, local, nbytes);
  return false;
}

// Calls body(remote, world) with the object's place on PE `pe`; without one, the call is refused and a zero returned.
// The body is instantiated twice: for heap objects, inlined into the routine, which needs no stack frame then; and
// behind a call, for globals and refusals.
template <class T, class Body>
[[gnu::noinline]] auto with_target_slowly(Call call, const char* argument, T* local, std::size_t nbytes, int pe,
                                          Body body) noexcept -> decltype(body(local, pe)) {
  const Target<T> target = target_of(this_pe(), call, argument, local, nbytes, pe);
  if (target.address == nullptr) return decltype(body(local, pe))();
  return body(target.address, target.pe);
}

template <class T, class Body>
[[gnu::always_inline]] inline auto with_target(const Call& call, const char* argument, T* local, std::size_t nbytes,
                                               int pe, Body body) noexcept -> decltype(body(local, pe)) {
  Pe& me = this_pe();
  const int world = ctx_world_pe(me, call.ctx, pe);
  const std::size_t offset = me.heap_offset(local);
  if (me.is_in_heap(offset, nbytes, world)) [[likely]]
    return body(reinterpret_cast<T*>(me.heap_of(world) + offset), world);
  return with_target_slowly(call, argument, local, nbytes, pe, body);
}

// The same for a transfer between that object and memory of the program's own, which must not be NULL.
template <class T, class Body>
[[gnu::noinline]] void with_both_slowly(Call call, const char* argument, T* local, std::size_t nbytes, int pe,
                                        const char* own_argument, const volatile void* own, Body body) noexcept {
  if (own == nullptr && nbytes != 0) return refuse_null(call.routine, own_argument);
  const Target<T> target = target_of(this_pe(), call, argument, local, nbytes, pe);
  if (target.address != nullptr) body(target.address, target.pe);
}

template <class T, class Body>
[[gnu::always_inline]] inline void with_both(const Call& call, const char* argument, T* local, std::size_t nbytes,
                                             int pe, const char* own_argument, const volatile void* own,
                                             Body body) noexcept {
  Pe& me = this_pe();
  const int world = ctx_world_pe(me, call.ctx, pe);
  const std::size_t offset = me.heap_offset(local);
  if (me.is_in_heap(offset, nbytes, world) && own != nullptr) [[likely]]
    return body(reinterpret_cast<T*>(me.heap_of(world) + offset), world);
  with_both_slowly(call, argument, local, nbytes, pe, own_argument, own, body);
}

// Memory of the program's own, which may lie anywhere but at NULL. Reports it if it does.
[[nodiscard, gnu::always_inline]] inline bool is_given(const char* routine, const char* argument,
                                                       const volatile void* address) noexcept {
  if (address != nullptr) [[likely]]
    return true;
  refuse_null(routine, argument);
  return false;
}

// Atomics and waits look at whole words.
template <class T>
[[nodiscard, gnu::always_inline]] inline bool is_aligned(const char* routine, const char* argument,
                                                         const T* address) noexcept {
  if (reinterpret_cast<std::uintptr_t>(address) % sizeof(T) == 0) [[likely]]
    return true;
  refuse_alignment(routine, argument, address, sizeof(T));
  return false;
}

// Has this process a job? Reports it if not.
[[nodiscard, gnu::always_inline]] inline bool is_running(Pe& me, const char* routine) noexcept {
  if (me.npes != 0) [[likely]]
    return true;
  refuse_phase(routine);
  return false;
}

// Acts on the status of a routine that returns none, or that the standard gives no status for this error.
inline int report_status(Pe& me, Status status, const char* routine) noexcept {
  if (ok(status)) [[likely]]
    return 0;
  report(me, status, routine);
  return static_cast<int>(status);
}

}  // namespace shmem::smp::capi

// shmem_NAME as the weak twin of pshmem_NAME.
#define SHMEM_ALIAS(NAME) extern "C" __attribute__((weak, alias("pshmem_" #NAME))) decltype(pshmem_##NAME) shmem_##NAME;

// A routine without a context: SHMEM_DEFINE(void, long_put, body, parameters...). `call` is in the body's scope.
#define SHMEM_DEFINE(RETURN, NAME, BODY, ...)                                 \
  RETURN pshmem_##NAME(__VA_ARGS__) {                                         \
    [[maybe_unused]] constexpr ::shmem::smp::capi::Call call{"shmem_" #NAME}; \
    return BODY;                                                              \
  }                                                                           \
  SHMEM_ALIAS(NAME)

// A routine that exists with and without a context.
#define SHMEM_DEFINE_CTX(RETURN, NAME, BODY, ...)                                                \
  SHMEM_DEFINE(RETURN, NAME, BODY, __VA_ARGS__)                                                  \
  RETURN pshmem_ctx_##NAME(shmem_ctx_t ctx, __VA_ARGS__) {                                       \
    const ::shmem::smp::capi::Call call{"shmem_ctx_" #NAME, ::shmem::smp::capi::to_handle(ctx)}; \
    return BODY;                                                                                 \
  }                                                                                              \
  SHMEM_ALIAS(ctx_##NAME)
