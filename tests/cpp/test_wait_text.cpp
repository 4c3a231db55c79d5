// SPDX-License-Identifier: BSD-3-Clause
//
// Text that is made from the records of long waits: values that a program's stray store has put there do no harm.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <bit>
#include <cstring>
#include <limits>
#include <memory>
#include <random>
#include <string>
#include <vector>

#include "smp/stall/stall.h"
#include "smp/stall/wait_text.h"

namespace shmem::smp::test {
namespace {

using testing::HasSubstr;
using testing::Not;

constexpr int kPes = 3;

// Control blocks without a job.
class Blocks {
 public:
  ControlBlock& operator[](int pe) { return blocks_[static_cast<std::size_t>(pe)]; }
  [[nodiscard]] JobView view() const { return {blocks_.get(), kPes}; }

  void set(int pe, int record, const WaitNote& note) {
    WaitRecord& to = (*this)[pe].waits[record];
    std::uint64_t words[kWaitNoteWords];
    std::memcpy(words, &note, sizeof note);
    for (std::size_t i = 0; i < kWaitNoteWords; ++i) to.words[i].store(words[i], std::memory_order_relaxed);
    to.version.store(2, std::memory_order_relaxed);
    to.number.store(1, std::memory_order_relaxed);
    const bool last = note.begin_ns == std::numeric_limits<std::int64_t>::max();
    to.looked_ns.store(note.begin_ns + (last ? 0 : 1), std::memory_order_relaxed);
    (*this)[pe].sleepers.store(1, std::memory_order_relaxed);
  }
  [[nodiscard]] std::string words(int pe) const {
    char text[kWaitsNbytes];
    static_cast<void>(describe_waits(view(), pe, text, sizeof text));
    return text;
  }

 private:
  std::unique_ptr<ControlBlock[]> blocks_ = std::make_unique<ControlBlock[]>(kPes);
};

WaitNote element_note() {
  WaitNote note{};
  note.begin_ns = 1;
  note.kind = WaitKind::kElements;
  note.element_nbytes = 4;
  note.is_signed = 1;
  note.nelems = 1;
  note.wanted = 5;
  note.seen = static_cast<std::uint64_t>(-3);
  note.offset = 64 + 12;
  note.block_offset = 64;
  note.block_nbytes = 32;
  note.other_threads = 0;
  return note;
}

WaitNote team_note(int start, int stride, int size) {
  WaitNote note{};
  note.begin_ns = 1;
  note.kind = WaitKind::kTeam;
  note.team_start = start;
  note.team_stride = stride;
  note.team_size = size;
  return note;
}

TEST(WaitWords, OfAnElementNameItAndItsBlock) {
  Blocks blocks;
  blocks.set(1, 0, element_note());
  EXPECT_THAT(blocks.words(1), HasSubstr("until element 3 of the 8 int32 at heap offset 64 is == 5 (it is -3)"));
  EXPECT_EQ(blocks.words(0), "");
}

TEST(WaitWords, OfATeamNameThoseThatHaveNotCome) {
  Blocks blocks;
  blocks.set(0, 0, team_note(0, 1, kPes));
  blocks.set(2, 1, team_note(0, 1, kPes));
  EXPECT_THAT(blocks.words(0), HasSubstr("to which PE 1 has not come"));
  blocks.set(1, 0, team_note(1, -1, 2));
  EXPECT_THAT(blocks.words(1), HasSubstr("of PEs 0 and 1, to which PE 0 has not come"));
}

TEST(WaitWords, AreCutToWhatFits) {
  Blocks blocks;
  blocks.set(0, 0, element_note());
  const std::string whole = blocks.words(0);
  for (std::size_t nbytes = 1; nbytes <= whole.size(); ++nbytes) {
    std::vector<char> text(nbytes, 'x');
    EXPECT_EQ(describe_waits(blocks.view(), 0, text.data(), nbytes), nbytes - 1);
    EXPECT_EQ(text.back(), '\0');
  }
}

TEST(WaitWords, SayNothingOfWhatCannotBe) {
  const auto spoilt = [](auto spoil) {
    Blocks blocks;
    WaitNote note = element_note();
    spoil(note);
    blocks.set(0, 0, note);
    return blocks.words(0);
  };
  EXPECT_NE(spoilt([](WaitNote&) {}), "");
  EXPECT_EQ(spoilt([](WaitNote& note) { note.cmp = 6; }), "");
  EXPECT_EQ(spoilt([](WaitNote& note) { note.cmp = -1; }), "");
  EXPECT_EQ(spoilt([](WaitNote& note) { note.element_nbytes = 0; }), "");
  EXPECT_EQ(spoilt([](WaitNote& note) { note.element_nbytes = 16; }), "");
  EXPECT_EQ(spoilt([](WaitNote& note) { note.kind = static_cast<WaitKind>(9); }), "");
  EXPECT_EQ(spoilt([](WaitNote& note) { note.begin_ns = INT64_MIN; }), "");
  EXPECT_EQ(spoilt([](WaitNote& note) { note.begin_ns = INT64_MAX; }), "");
  EXPECT_EQ(spoilt([](WaitNote& note) { std::memset(note.place, 'x', sizeof note.place); }), "");
  EXPECT_EQ(spoilt([](WaitNote& note) {
              note = team_note(0, 1, kPes);
              note.team_start = kPes - 1;
            }),
            "");
  EXPECT_EQ(spoilt([](WaitNote& note) {
              note = team_note(0, 1, kPes);
              note.team_slot = kMaxTeams;
            }),
            "");
  EXPECT_EQ(spoilt([](WaitNote& note) { note = team_note(2, INT32_MIN, kPes); }), "");
  EXPECT_EQ(spoilt([](WaitNote& note) {
              note = {};
              note.kind = WaitKind::kLock;
              note.holder = kPes;
            }),
            "");
}

// A record whose writer has been killed, or that a program has overwritten.
TEST(WaitWords, OfARecordThatNeverGetsReadyAreLeftOut) {
  Blocks blocks;
  blocks.set(0, 0, element_note());
  blocks[0].waits[0].version.store(7, std::memory_order_relaxed);
  EXPECT_EQ(blocks.words(0), "");
}

// A PE has ended, the others wait; what a change makes of that.
template <class Change>
StallLook look_at_standstill(Blocks& blocks, Change change) {
  blocks[0].state.store(static_cast<std::uint32_t>(PeState::kFinalized), std::memory_order_relaxed);
  for (int pe = 1; pe < kPes; ++pe) blocks.set(pe, 0, element_note());
  change();
  return look_for_stall(blocks.view(), 2'000'000'001, 2'000'000'000);
}

TEST(Stall, OfPesThatWaitOrHaveEndedIsCertain) {
  Blocks blocks;
  const StallLook look = look_at_standstill(blocks, [] {});
  EXPECT_EQ(look.state, StallState::kCertain);
  const std::vector<std::string> lines = stall_lines(blocks.view(), look, 2'000'000'001);
  ASSERT_EQ(lines.size(), 3u);
  EXPECT_THAT(lines[0], HasSubstr("the job has stood still for 2 s: every PE waits or has ended"));
  EXPECT_EQ(lines[1], "PE 0: has ended");
  EXPECT_THAT(lines[2], HasSubstr("PEs 1 and 2: in no operation for 2 s, until element 3 of the 8 int32"));
}

TEST(Stall, IsNoneWhereOnePeDoesNotWait) {
  Blocks blocks;
  const StallLook look =
      look_at_standstill(blocks, [&] { blocks[2].waits[0].number.store(0, std::memory_order_relaxed); });
  EXPECT_EQ(look.state, StallState::kMoving);
}

TEST(Stall, IsNoneWhereAThreadHasWaitedForAMomentOnly) {
  Blocks blocks;
  const StallLook look = look_at_standstill(blocks, [&] { blocks[2].sleepers.store(2, std::memory_order_relaxed); });
  EXPECT_EQ(look.state, StallState::kMoving);
}

TEST(Stall, IsNoneBeforeEveryPeHasLookedAfterTheLastWaitHadBegun) {
  Blocks blocks;
  const StallLook look =
      look_at_standstill(blocks, [&] { blocks[1].waits[0].looked_ns.store(1, std::memory_order_relaxed); });
  EXPECT_EQ(look.state, StallState::kYoung);
}

TEST(Stall, IsNoneBeforeItsTime) {
  Blocks blocks;
  const StallLook look = look_at_standstill(blocks, [&] {
    WaitNote note = element_note();
    note.begin_ns = 2;
    blocks.set(1, 0, note);
    blocks[2].waits[0].looked_ns.store(5, std::memory_order_relaxed);
  });
  EXPECT_EQ(look.state, StallState::kYoung);
}

TEST(Stall, IsDoubtfulWhereAPeHasAnotherThread) {
  Blocks blocks;
  const StallLook look = look_at_standstill(blocks, [&] {
    WaitNote note = element_note();
    note.other_threads = 1;
    blocks.set(1, 0, note);
  });
  EXPECT_EQ(look.state, StallState::kPerhaps);
  EXPECT_EQ(look.doubt, "PE 1 has another thread");
}

TEST(Stall, OfGarbageIsReadWithoutHarm) {
  std::mt19937_64 random(11);
  Blocks blocks;
  int read = 0;
  for (int round = 0; round < 20'000; ++round) {
    for (int pe = 0; pe < kPes; ++pe) {
      WaitNote note = round % 2 == 0 ? element_note() : team_note(0, 1, kPes);
      // A few bytes, so that some pass for notes.
      auto* bytes = reinterpret_cast<unsigned char*>(&note);
      for (int i = 0; i < 3; ++i) bytes[random() % sizeof note] = static_cast<unsigned char>(random());
      note.place[0] = static_cast<char>(random());
      blocks.set(pe, static_cast<int>(random() % kWaitRecords), note);
      blocks[pe].sleepers.store(static_cast<std::uint32_t>(random() % 4), std::memory_order_relaxed);
      blocks[pe].state.store(static_cast<std::uint32_t>(random() % 5), std::memory_order_relaxed);
      read += blocks.words(pe).empty() ? 0 : 1;
    }
    const StallLook look = look_for_stall(blocks.view(), 1'000'000, 1'000'000'000'000);
    for (const std::string& line : stall_lines(blocks.view(), look, 1'000'000)) {
      EXPECT_THAT(line, Not(HasSubstr("\n")));
    }
  }
  EXPECT_GT(read, 1000) << "too few of the notes could be read to try anything";
}

}  // namespace
}  // namespace shmem::smp::test
