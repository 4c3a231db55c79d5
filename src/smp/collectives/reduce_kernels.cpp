// SPDX-License-Identifier: BSD-3-Clause
//
// One loop template, instantiated for each operator and number type, and on x86 a second time for AVX2; find_kernel
// chooses by the processor. (The linker's ifunc would not do: its resolvers run before a sanitizer is set up.) Where
// the sign does not matter, integer operators are unsigned, so that overflow wraps. Products of complex numbers follow
// C's rules for infinities. Contraction is off (sources.cmake), so all instances of a loop round alike.
#include "smp/collectives/reduce_kernels.h"

#include <array>
#include <complex>
#include <cstdint>
#include <cstring>
#include <type_traits>

namespace shmem::smp {

namespace {

// Small integers are promoted to int, whose product could overflow, so they are computed as unsigned.
template <class T>
using Wide = std::conditional_t<std::is_integral_v<T> && sizeof(T) < sizeof(unsigned), unsigned, T>;

template <ReduceOp op, class T>
[[gnu::always_inline]] inline T apply(T a, T b) noexcept {
  using W = Wide<T>;
  if constexpr (op == ReduceOp::kAnd) return static_cast<T>(a & b);
  if constexpr (op == ReduceOp::kOr) return static_cast<T>(a | b);
  if constexpr (op == ReduceOp::kXor) return static_cast<T>(a ^ b);
  if constexpr (op == ReduceOp::kMax) return a < b ? b : a;
  if constexpr (op == ReduceOp::kMin) return b < a ? b : a;
  if constexpr (op == ReduceOp::kSum) return static_cast<T>(static_cast<W>(a) + static_cast<W>(b));
  if constexpr (op == ReduceOp::kProd) return static_cast<T>(static_cast<W>(a) * static_cast<W>(b));
}

template <ReduceOp op, class T>
[[gnu::always_inline]] inline void loop(void* result, const void* left, const void* right,
                                        std::size_t nelems) noexcept {
  // The program's elements may have another type of the same size and class, and need not be aligned.
  typedef T Element __attribute__((may_alias, aligned(1)));
  auto* to = static_cast<Element*>(result);
  const auto* a = static_cast<const Element*>(left);
  const auto* b = static_cast<const Element*>(right);
#pragma GCC ivdep
  for (std::size_t i = 0; i < nelems; ++i) to[i] = apply<op, T>(a[i], b[i]);
}

struct AnyProcessor {
  template <ReduceOp op, class T>
  static void run(void* result, const void* left, const void* right, std::size_t nelems) {
    loop<op, T>(result, left, right, nelems);
  }
};

#if defined(__x86_64__)
struct Avx2 {
  template <ReduceOp op, class T>
  [[gnu::target("avx2")]] static void run(void* result, const void* left, const void* right, std::size_t nelems) {
    loop<op, T>(result, left, right, nelems);
  }
};
#endif

template <class T>
void multiply_complex(void* result, const void* left, const void* right, std::size_t nelems) {
  for (std::size_t i = 0; i < nelems; ++i) {
    std::complex<T> a;
    std::complex<T> b;
    std::memcpy(&a, static_cast<const std::byte*>(left) + i * sizeof a, sizeof a);
    std::memcpy(&b, static_cast<const std::byte*>(right) + i * sizeof b, sizeof b);
    a *= b;
    std::memcpy(static_cast<std::byte*>(result) + i * sizeof a, &a, sizeof a);
  }
}

// What element types have an operator (tables/operators.def).
enum class Group { bitwise, ordered, arithmetic };

// One cell of the table below. T: how the element type is written in tables/element_types.def.
template <class Processor, ReduceOp op, Group group, class T>
struct Kernel {
  static constexpr ReduceKernel of() noexcept {
    if constexpr (std::is_integral_v<T>) {
      using Number = std::conditional_t<group == Group::ordered, T, std::make_unsigned_t<T>>;
      return {&Processor::template run<op, Number>, 1};
    } else if constexpr (group == Group::bitwise) {
      return {};
    } else if constexpr (std::is_same_v<T, long double>) {
      return {&AnyProcessor::run<op, T>, 1};  // no processor has vectors of these
    } else {
      return {&Processor::template run<op, T>, 1};
    }
  }
};
template <class Processor, ReduceOp op, Group group, class Part>
struct Kernel<Processor, op, group, std::complex<Part>> {
  static constexpr ReduceKernel of() noexcept {
    if constexpr (group != Group::arithmetic) return {};
    if constexpr (op == ReduceOp::kSum) return {&Processor::template run<op, Part>, 2};
    return {&multiply_complex<Part>, 1};
  }
};

template <class Processor, class T>
constexpr std::array<ReduceKernel, kReduceOpCount> kernels_for() noexcept {
  return {
#define SHMEM_OPERATOR(name, constant, text, group) Kernel<Processor, ReduceOp::constant, Group::group, T>::of(),
#include "tables/operators.def"
  };
}

template <class Processor>
constexpr std::array<ReduceKernel, kReduceOpCount> kKernels[] = {
#define SHMEM_ELEMENT_TYPE(name, constant, text, dtype, routine, unsigned_routine, type) kernels_for<Processor, type>(),
#include "tables/element_types.def"
};

}  // namespace

const ReduceKernel& find_kernel(ReduceOp op, ElementType type) noexcept {
#if defined(__x86_64__)
  static const bool has_avx2 = __builtin_cpu_supports("avx2") != 0;
  if (has_avx2) return kKernels<Avx2>[static_cast<std::size_t>(type)][static_cast<std::size_t>(op)];
#endif
  return kKernels<AnyProcessor>[static_cast<std::size_t>(type)][static_cast<std::size_t>(op)];
}

}  // namespace shmem::smp
