// SPDX-License-Identifier: BSD-3-Clause
//
// The rounds of a meeting (dissemination.h). A member writes the words of the members after it and reads those of its
// own cell. Invariant: a member that has received a different word stores kDiffers in all later rounds of that meeting.
#include "smp/team/dissemination.h"

#include "smp/team/poison.h"
#include "smp/wait/wait.h"

namespace shmem::smp {

static_assert(1 << kMaxRounds >= kMaxPes);

namespace {

// The low half of a word: the number of the meeting, as far as it fits, and two bits that are not a part of it. Poison
// has them all set, so it is no word of a meeting.
constexpr std::uint64_t kNumberMask = (std::uint64_t{1} << 30) - 1;
constexpr std::uint64_t kDiffers = std::uint64_t{1} << 30;

constexpr std::uint64_t to_word(std::uint64_t meeting, std::uint64_t says) noexcept {
  return says << 32 | (meeting & kNumberMask);
}

// The first look has not found `mine`. Waits until the word is one of this meeting: kOk if it is `mine`.
[[gnu::noinline]] Status await_word(Pe& pe, Team& team, const std::atomic<std::uint64_t>& word,
                                    std::uint64_t mine) noexcept {
  std::uint64_t seen = 0;
  const Status status = wait_until(pe, {&word, sizeof word}, [&] {
    // Acquire: pairs with the release in that member's `disseminate`.
    seen = word.load(std::memory_order_acquire);
    return ((seen ^ mine) & kNumberMask) == 0 || seen == kPoisonedSequence;
  });
  if (seen == mine) [[likely]]
    return Status::kOk;
  if (!ok(status) || seen == kPoisonedSequence) return abandon(pe, team, status);
  return Status::kDiffer;
}

}  // namespace

Status disseminate(Pe& pe, Team& team, std::uint64_t says) noexcept {
  const std::uint64_t meeting = ++team.meetings;
  // Kept in registers: the compiler must take it that an atomic store may change the team.
  const int size = team.size;
  if (size == 1) return Status::kOk;
  const std::uint64_t mine = to_word(meeting, says);
  const int start = team.start;
  const int stride = team.stride;
  const int slot = team.slot;
  std::uint64_t word = mine;
  const TeamRound* heard = team.cell(pe, team.my_index).rounds;
  for (int round = 0, distance = 1; distance < size; ++round, distance *= 2, ++heard) {
    int to = team.my_index + distance;
    if (to >= size) to -= size;
    ControlBlock& control = pe.control_of(start + to * stride);
    std::atomic<std::uint64_t>& theirs = control.cells[slot].rounds[round].said[meeting % 2];
    // Release: pairs with the acquire in that member's look, below or in await_word. It has no other writer.
    theirs.store(word, std::memory_order_release);
    ring(pe, control, &theirs, sizeof theirs);
    const std::atomic<std::uint64_t>& ours = heard->said[meeting % 2];
    // Acquire: pairs with the release above of the member 2^round before this one.
    if (ours.load(std::memory_order_acquire) == mine) continue;
    const Status status = await_word(pe, team, ours, mine);
    if (status == Status::kDiffer) [[unlikely]] {
      word = mine | kDiffers;
    } else if (!ok(status)) [[unlikely]] {
      return status;
    }
  }
  return word == mine ? Status::kOk : Status::kDiffer;
}

}  // namespace shmem::smp
