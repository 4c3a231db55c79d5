// SPDX-License-Identifier: BSD-3-Clause
//
// One loop template, instantiated for each operator and number type, and on x86 a second time for AVX2; find_kernel
// chooses by the processor. (The linker's ifunc would not do: its resolvers run before a sanitizer is set up.) Where
// the sign does not matter, integer operators are unsigned, so that overflow wraps. Products of complex numbers follow
// C's rules for infinities. Contraction is off (sources.cmake), so all instances of a loop round alike.
#include "smp/collectives/reduce_kernels.h"

#include <complex>
#include <cstdint>
#include <cstring>
#include <type_traits>

namespace shmem::smp {

namespace {

// Small integers are promoted to int, whose product could overflow, so they are computed as unsigned.
template <class T>
using Wide = std::conditional_t<std::is_integral_v<T> && sizeof(T) < sizeof(unsigned), unsigned, T>;

struct And {
  template <class T>
  static T apply(T a, T b) noexcept {
    return static_cast<T>(a & b);
  }
};
struct Or {
  template <class T>
  static T apply(T a, T b) noexcept {
    return static_cast<T>(a | b);
  }
};
struct Xor {
  template <class T>
  static T apply(T a, T b) noexcept {
    return static_cast<T>(a ^ b);
  }
};
struct Max {
  template <class T>
  static T apply(T a, T b) noexcept {
    return a < b ? b : a;
  }
};
struct Min {
  template <class T>
  static T apply(T a, T b) noexcept {
    return b < a ? b : a;
  }
};
struct Sum {
  template <class T>
  static T apply(T a, T b) noexcept {
    return static_cast<T>(static_cast<Wide<T>>(a) + static_cast<Wide<T>>(b));
  }
};
struct Prod {
  template <class T>
  static T apply(T a, T b) noexcept {
    return static_cast<T>(static_cast<Wide<T>>(a) * static_cast<Wide<T>>(b));
  }
};

template <class Op, class T>
[[gnu::always_inline]] inline void loop(void* result, const void* left, const void* right,
                                        std::size_t nelems) noexcept {
  // The program's elements may have another type of the same size and class, and need not be aligned.
  typedef T Element __attribute__((may_alias, aligned(1)));
  auto* to = static_cast<Element*>(result);
  const auto* a = static_cast<const Element*>(left);
  const auto* b = static_cast<const Element*>(right);
#pragma GCC ivdep
  for (std::size_t i = 0; i < nelems; ++i) to[i] = Op::template apply<T>(a[i], b[i]);
}

struct AnyProcessor {
  template <class Op, class T>
  static void run(void* result, const void* left, const void* right, std::size_t nelems) {
    loop<Op, T>(result, left, right, nelems);
  }
};

#if defined(__x86_64__)
struct Avx2 {
  template <class Op, class T>
  [[gnu::target("avx2")]] static void run(void* result, const void* left, const void* right, std::size_t nelems) {
    loop<Op, T>(result, left, right, nelems);
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

template <class Processor, class T>
ReduceKernel ordered_kernel(ReduceOp op) noexcept {
  switch (op) {
    case ReduceOp::kMax:
      return {&Processor::template run<Max, T>, 1};
    case ReduceOp::kMin:
      return {&Processor::template run<Min, T>, 1};
    case ReduceOp::kSum:
      return {&Processor::template run<Sum, T>, 1};
    case ReduceOp::kProd:
      return {&Processor::template run<Prod, T>, 1};
    default:
      return {};
  }
}

template <class Processor, class T>
ReduceKernel integer_kernel(ReduceOp op) noexcept {
  using Unsigned = std::make_unsigned_t<T>;
  switch (op) {
    case ReduceOp::kAnd:
      return {&Processor::template run<And, Unsigned>, 1};
    case ReduceOp::kOr:
      return {&Processor::template run<Or, Unsigned>, 1};
    case ReduceOp::kXor:
      return {&Processor::template run<Xor, Unsigned>, 1};
    case ReduceOp::kSum:
      return {&Processor::template run<Sum, Unsigned>, 1};
    case ReduceOp::kProd:
      return {&Processor::template run<Prod, Unsigned>, 1};
    case ReduceOp::kMax:
      return {&Processor::template run<Max, T>, 1};
    case ReduceOp::kMin:
      return {&Processor::template run<Min, T>, 1};
  }
  return {};
}

template <class Processor, class T>
ReduceKernel complex_kernel(ReduceOp op) noexcept {
  switch (op) {
    case ReduceOp::kSum:
      return {&Processor::template run<Sum, T>, 2};
    case ReduceOp::kProd:
      return {&multiply_complex<T>, 1};
    default:
      return {};
  }
}

// No processor has vectors of long double.
template <class Processor, class T>
using ProcessorOf = std::conditional_t<std::is_same_v<T, long double>, AnyProcessor, Processor>;

template <class Processor>
ReduceKernel kernel_for(ReduceOp op, ElementType type) noexcept {
  switch (type) {
#define SHMEM_ELEMENT_INTEGER(name, constant, text, dtype, routine, unsigned_routine, T) \
  case ElementType::constant:                                                            \
    return integer_kernel<Processor, T>(op);
#define SHMEM_ELEMENT_REAL(name, constant, text, dtype, routine, unsigned_routine, T) \
  case ElementType::constant:                                                         \
    return ordered_kernel<ProcessorOf<Processor, T>, T>(op);
#define SHMEM_ELEMENT_COMPLEX(name, constant, text, dtype, routine, unsigned_routine, T) \
  case ElementType::constant:                                                            \
    return complex_kernel<Processor, T::value_type>(op);
#include "tables/element_types.def"
  }
  return {};
}

}  // namespace

ReduceKernel find_kernel(ReduceOp op, ElementType type) noexcept {
#if defined(__x86_64__)
  static const bool has_avx2 = __builtin_cpu_supports("avx2") != 0;
  if (has_avx2) return kernel_for<Avx2>(op, type);
#endif
  return kernel_for<AnyProcessor>(op, type);
}

}  // namespace shmem::smp
