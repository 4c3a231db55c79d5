// SPDX-License-Identifier: BSD-3-Clause
//
// Reductions: every operator on every element type, at sizes around the limits, in place and not; the same bits on
// all members, and those of combining in the order of members one by one.
#include <complex>
#include <limits>
#include <type_traits>

#include "smp/collectives/choice.h"
#include "smp/collectives/reduce_kernels.h"
#include "team_job.h"

namespace shmem::smp::test {
namespace {

template <class T>
struct IsComplex : std::false_type {};
template <class T>
struct IsComplex<std::complex<T>> : std::true_type {};

// What the standard's operators mean, written down once more.
template <class T>
T apply(ReduceOp op, T a, T b) {
  if constexpr (std::is_integral_v<T>) {
    using U = std::conditional_t<sizeof(T) == 8, std::uint64_t, std::uint32_t>;
    switch (op) {
      case ReduceOp::kAnd:
        return static_cast<T>(a & b);
      case ReduceOp::kOr:
        return static_cast<T>(a | b);
      case ReduceOp::kXor:
        return static_cast<T>(a ^ b);
      case ReduceOp::kSum:
        return static_cast<T>(static_cast<U>(a) + static_cast<U>(b));
      case ReduceOp::kProd:
        return static_cast<T>(static_cast<U>(a) * static_cast<U>(b));
      default:
        break;
    }
  }
  if constexpr (!IsComplex<T>::value) {
    if (op == ReduceOp::kMax) return a < b ? b : a;
    if (op == ReduceOp::kMin) return b < a ? b : a;
  }
  return op == ReduceOp::kSum ? static_cast<T>(a + b) : static_cast<T>(a * b);
}

// Numbers whose sums and products round, so that another order of members gives other bits.
template <class T>
T number(int pe, int round, std::size_t i) {
  const std::uint64_t bits = mix(static_cast<std::uint64_t>(pe), static_cast<std::uint64_t>(round), i);
  if constexpr (std::is_integral_v<T>) {
    return static_cast<T>(bits);
  } else if constexpr (IsComplex<T>::value) {
    using Part = typename T::value_type;
    return {static_cast<Part>(bits % 1000) / Part{7} - Part{50}, static_cast<Part>(bits / 1000 % 1000) / Part{3}};
  } else {
    return static_cast<T>(static_cast<std::int64_t>(bits >> 40)) / T{3} - T{2000000};
  }
}

template <class T>
void reduce_all_ops(Member& member, ElementType type) {
  if (member.size() == 1 && member.pe().npes > 1) return;  // a copy; one job of a single PE tests it
  constexpr std::size_t kEach = sizeof(T);
  int round = 0;
  for (int o = 0; o < kReduceOpCount; ++o) {
    const auto op = static_cast<ReduceOp>(o);
    if (!find_kernel(op, type)) {
      EXPECT_EQ(reduce(member.pe(), member.team(), op, type, member.array(1), member.array(0), 1), Status::kInvalid);
      continue;
    }
    const std::size_t limit = whole_reduction_limit(member.team()) / kEach;
    for (const std::size_t nelems :
         {std::size_t{0}, std::size_t{1}, std::size_t{5}, limit - 1, limit, limit + 1, 3 * kPieceNbytes / kEach + 3}) {
      const bool in_place = round % 2 == 1;
      auto* source = reinterpret_cast<T*>(member.array(0));
      auto* dest = in_place ? source : reinterpret_cast<T*>(member.array(1));
      for (std::size_t i = 0; i < nelems; ++i) source[i] = number<T>(member.me(), round, i);
      member.come_late();
      SHMEM_EXPECT_OK(reduce(member.pe(), member.team(), op, type, dest, source, nelems));
      for (std::size_t i = 0; i < nelems; ++i) {
        T expected = number<T>(0, round, i);
        for (int from = 1; from < member.size(); ++from) expected = apply(op, expected, number<T>(from, round, i));
        ASSERT_EQ(dest[i], expected) << reduce_op_text(op) << " of " << element_type_text(type) << ", element " << i
                                     << " of " << nelems << (in_place ? ", in place" : "");
        if (!in_place) {
          ASSERT_EQ(source[i], number<T>(member.me(), round, i));
        }
      }
      ++round;
    }
  }
}

class Reduce : public OnTeams {};
SHMEM_ON_JOBS(Reduce);

TEST_P(Reduce, OfSignedIntegers) {
  run([](Member& member) {
    reduce_all_ops<std::int8_t>(member, ElementType::kInt8);
    reduce_all_ops<std::int16_t>(member, ElementType::kInt16);
    reduce_all_ops<std::int32_t>(member, ElementType::kInt32);
    reduce_all_ops<std::int64_t>(member, ElementType::kInt64);
  });
}

TEST_P(Reduce, OfUnsignedIntegers) {
  run([](Member& member) {
    reduce_all_ops<std::uint8_t>(member, ElementType::kUint8);
    reduce_all_ops<std::uint16_t>(member, ElementType::kUint16);
    reduce_all_ops<std::uint32_t>(member, ElementType::kUint32);
    reduce_all_ops<std::uint64_t>(member, ElementType::kUint64);
  });
}

TEST_P(Reduce, OfRealNumbersRoundsInTheOrderOfMembers) {
  run([](Member& member) {
    reduce_all_ops<float>(member, ElementType::kFloat);
    reduce_all_ops<double>(member, ElementType::kDouble);
    reduce_all_ops<long double>(member, ElementType::kLongDouble);
  });
}

TEST_P(Reduce, OfComplexNumbers) {
  run([](Member& member) {
    reduce_all_ops<std::complex<float>>(member, ElementType::kComplexFloat);
    reduce_all_ops<std::complex<double>>(member, ElementType::kComplexDouble);
  });
}

// Arrays that begin anywhere and are no multiple of anything.
TEST_P(Reduce, OfBytesAtOddAddresses) {
  run([](Member& member) {
    for (int round = 0; round < 40; ++round) {
      const std::size_t nbytes = 3000 + 977 * static_cast<std::size_t>(round);
      std::byte* source = member.array(0, static_cast<std::size_t>(round % 7));
      std::byte* dest = round % 3 == 0 ? source : member.array(1, static_cast<std::size_t>(round % 5));
      Member::clear(dest, nbytes + 64);
      member.fill(source, nbytes, round);
      member.come_late();
      SHMEM_EXPECT_OK(reduce(member.pe(), member.team(), ReduceOp::kXor, ElementType::kUint8, dest, source, nbytes));
      for (std::size_t i = 0; i < nbytes; ++i) {
        std::byte expected{0};
        for (int from = 0; from < member.size(); ++from) expected ^= pattern(from, round, i);
        ASSERT_EQ(dest[i], expected) << i << " of " << nbytes;
      }
      ASSERT_TRUE(Member::untouched(dest + nbytes, 64));
    }
  });
}

// Globals of an executable are symmetric too, and lie elsewhere.
TEST_P(Reduce, OfGlobals) {
  ThreadJob job(GetParam().npes, {.cores = GetParam().cores});
  job.run([](Pe& pe) {
    auto* source = reinterpret_cast<double*>(pe.data_begin);
    auto* dest = source + 3000;
    for (int i = 0; i < 3000; ++i) source[i] = pe.me + i;
    SHMEM_EXPECT_OK(reduce(pe, pe.teams->world(), ReduceOp::kSum, ElementType::kDouble, dest, source, 3000));
    for (int i = 0; i < 3000; ++i) ASSERT_EQ(dest[i], pe.npes * (pe.npes - 1) / 2 + pe.npes * i);
  });
}

// Max and min of a NaN and a number: the contribution of the lower member stays unless the other is greater (less).
TEST(ReduceKernels, TreatNanAsTheComparisonDoes) {
  const double nan = std::numeric_limits<double>::quiet_NaN();
  const double left[5] = {nan, 1, nan, 1, -0.0};
  const double right[5] = {1, nan, 2, nan, 0.0};
  double result[5];
  find_kernel(ReduceOp::kMax, ElementType::kDouble)(result, left, right, 5);
  for (int i = 0; i < 5; ++i) {
    const double expected = left[i] < right[i] ? right[i] : left[i];
    EXPECT_EQ(std::memcmp(&result[i], &expected, sizeof expected), 0) << i;
  }
  find_kernel(ReduceOp::kMin, ElementType::kDouble)(result, left, right, 5);
  for (int i = 0; i < 5; ++i) {
    const double expected = right[i] < left[i] ? right[i] : left[i];
    EXPECT_EQ(std::memcmp(&result[i], &expected, sizeof expected), 0) << i;
  }
}

TEST(ReduceKernels, ExistForEachOperatorThatATypeHas) {
  for (int t = 0; t < kElementTypeCount; ++t) {
    for (int o = 0; o < kReduceOpCount; ++o) {
      const auto type = static_cast<ElementType>(t);
      const auto op = static_cast<ReduceOp>(o);
      const bool logic = op == ReduceOp::kAnd || op == ReduceOp::kOr || op == ReduceOp::kXor;
      const bool order = op == ReduceOp::kMax || op == ReduceOp::kMin;
      const bool integer = type <= ElementType::kUint64;
      const bool complex = type >= ElementType::kComplexFloat;
      EXPECT_EQ(static_cast<bool>(find_kernel(op, type)), logic ? integer : !(order && complex))
          << reduce_op_text(op) << " of " << element_type_text(type);
    }
  }
}

}  // namespace
}  // namespace shmem::smp::test
