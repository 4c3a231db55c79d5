// SPDX-License-Identifier: BSD-3-Clause
//
// Scans: prefix sums over members, inclusive and exclusive.
#include <complex>

#include "smp/collectives/choice.h"
#include "team_job.h"

namespace shmem::smp::test {
namespace {

class Scan : public OnTeams {};
SHMEM_ON_JOBS(Scan);

template <class T>
T number(int pe, int round, std::size_t i) {
  const auto value =
      static_cast<std::int64_t>(mix(static_cast<std::uint64_t>(pe), static_cast<std::uint64_t>(round), i) >> 44);
  if constexpr (std::is_integral_v<T>) {
    return static_cast<T>(value);
  } else {
    return T(static_cast<float>(value)) / T(3);
  }
}

template <class T>
void scan_all(Member& member, ElementType type) {
  int round = 0;
  const std::size_t limit = whole_scan_limit(member.team()) / sizeof(T);
  for (const bool inclusive : {false, true}) {
    for (const bool in_place : {false, true}) {
      for (const std::size_t nelems : {std::size_t{0}, std::size_t{1}, std::size_t{6}, limit - 1, limit, limit + 1,
                                       2 * kPieceNbytes / sizeof(T) + 5}) {
        auto* source = reinterpret_cast<T*>(member.array(0));
        auto* dest = in_place ? source : reinterpret_cast<T*>(member.array(1));
        for (std::size_t i = 0; i < nelems; ++i) source[i] = number<T>(member.me(), round, i);
        member.come_late();
        SHMEM_EXPECT_OK(scan(member.pe(), member.team(), inclusive, type, dest, source, nelems));
        const int count = inclusive ? member.me() + 1 : member.me();
        for (std::size_t i = 0; i < nelems; ++i) {
          T expected = count > 0 ? number<T>(0, round, i) : T(0);
          for (int from = 1; from < count; ++from) expected = static_cast<T>(expected + number<T>(from, round, i));
          ASSERT_EQ(dest[i], expected) << element_type_text(type) << ", element " << i << " of " << nelems
                                       << (inclusive ? ", inclusive" : ", exclusive") << (in_place ? ", in place" : "");
        }
        ++round;
      }
    }
  }
}

TEST_P(Scan, SumsOverMembersUpToMe) {
  run([](Member& member) {
    scan_all<std::uint8_t>(member, ElementType::kUint8);
    scan_all<std::int64_t>(member, ElementType::kInt64);
    scan_all<float>(member, ElementType::kFloat);
    scan_all<long double>(member, ElementType::kLongDouble);
    scan_all<std::complex<double>>(member, ElementType::kComplexDouble);
  });
}

TEST(ScanMismatch, IsTold) {
  ThreadJob job(2);
  job.run([](Pe& pe) {
    Member member(pe, pe.teams->world());
    EXPECT_EQ(scan(pe, pe.teams->world(), pe.me == 0, ElementType::kInt32, member.array(1), member.array(0), 2),
              Status::kMismatch);
    EXPECT_NE(std::string(failure_message()).find("exclusive, int32, 8 bytes"), std::string::npos) << failure_message();
  });
}

}  // namespace
}  // namespace shmem::smp::test
