// SPDX-License-Identifier: BSD-3-Clause
//
// Messages for members of a team that have called different things. The first difference is what a person must mend. It
// may be some calls ago: slots hold the last kSlotCount messages of each member with the calls that they belong to.
#include <algorithm>

#include "smp/error.h"
#include "smp/team/call.h"
#include "smp/team/rendezvous.h"

namespace shmem::smp {

namespace {

// `current`: the message that the caller is in, if it is in one. False if the slots do not show the difference: the
// call sent no message, or too many have been sent since.
bool report_message(const Pe& pe, const Team& team, int index, std::uint64_t sequence, std::uint64_t current) noexcept {
  const std::uint64_t last = std::min(sequence, team.sequence);
  const std::uint64_t newest = std::max(sequence, team.sequence);  // what is older than its slot is gone on one side
  std::uint64_t message = std::max({team.base, team.told, newest - std::min(newest, kSlotCount)}) + 1;
  for (; message <= last; ++message) {
    const TeamSlot& mine = team.cell(pe, team.my_index).slots[slot_of(message)];
    const TeamSlot& other = team.cell(pe, index).slots[slot_of(message)];
    // Acquire: pairs with the release of the other's message. It may be further than I am, and use the slot again.
    const std::uint64_t held = other.sequence.load(std::memory_order_acquire);
    const std::uint64_t my_call = mine.call.load(std::memory_order_relaxed);
    const std::uint64_t other_call = other.call.load(std::memory_order_relaxed);
    if (my_call == other_call || (held > message && held != kPoisonedSequence)) continue;
    static_cast<void>(fail(Status::kMismatch, "%sPE %d called %s where PE %d called %s",
                           message == current ? "" : "an earlier call did not match: ", pe.me,
                           CallText(Call::unpack(my_call, mine.nbytes.load(std::memory_order_relaxed))).text,
                           team.world_pe(index),
                           CallText(Call::unpack(other_call, other.nbytes.load(std::memory_order_relaxed))).text));
    return true;
  }
  return false;
}

}  // namespace

Status report_difference(const Pe& pe, const Team& team, int index, std::uint64_t sequence,
                         std::uint64_t current) noexcept {
  if (report_message(pe, team, index, sequence, current)) return Status::kMismatch;
  return fail(Status::kMismatch,
              "an earlier call did not match: PE %d and PE %d have called different collectives of this team, or with "
              "different arguments",
              pe.me, team.world_pe(index));
}

Status tell_difference(Pe& pe, Team& team, int index, std::uint64_t history) noexcept {
  const Status status = report_difference(pe, team, index, team.sequence, team.sequence);
  team.history = static_cast<std::uint32_t>(history);
  team.told = team.sequence;
  return status;
}

Status settle(Pe& pe, Team& team, MeetingKind kind, Status status) noexcept {
  return status == Status::kDiffer ? disagree(pe, team, kind) : status;
}

Status disagree(Pe& pe, Team& team, MeetingKind kind) noexcept {
  // All relaxed: the meeting that follows publishes them, and nobody goes on before it.
  TeamAccount& mine = team.cell(pe, team.my_index).account;
  const std::uint64_t note = pe.control->note.load(std::memory_order_relaxed);
  mine.history.store(team.history, std::memory_order_relaxed);
  mine.sequence.store(team.sequence, std::memory_order_relaxed);
  mine.kind.store(static_cast<std::uint64_t>(kind), std::memory_order_relaxed);
  mine.note.store(note, std::memory_order_relaxed);
  if (const Status status = meet(pe, team, 0); !ok(status)) return status;

  int differs = -1;         // the first member with another history
  int does_something = -1;  // the first that is in something else
  bool reported = false;
  const std::uint64_t current = kind == MeetingKind::kMessages ? team.sequence : 0;
  std::uint32_t history = team.history;
  std::uint64_t sequence = team.sequence;
  for (int index = 0; index < team.size; ++index) {
    const TeamAccount& other = team.cell(pe, index).account;
    const std::uint64_t other_sequence = other.sequence.load(std::memory_order_relaxed);
    const std::uint32_t other_history = other.history.load(std::memory_order_relaxed);
    if (other.kind.load(std::memory_order_relaxed) != static_cast<std::uint64_t>(kind) && does_something < 0) {
      does_something = index;
    }
    if (other_history != team.history && differs < 0) {
      differs = index;
      reported = report_message(pe, team, index, other_sequence, current);
    }
    history = std::min(history, other_history);
    sequence = std::max(sequence, other_sequence);
  }
  Status status = reported ? Status::kMismatch : Status::kOk;
  if (!reported && does_something >= 0 && kind != MeetingKind::kHeap) {
    const TeamAccount& other = team.cell(pe, does_something).account;
    status = fail(Status::kMismatch, "PE %d called %s where PE %d called %s", pe.me, NoteText(note).text,
                  team.world_pe(does_something), NoteText(other.note.load(std::memory_order_relaxed)).text);
  } else if (!reported && does_something < 0 && differs >= 0) {
    status = report_difference(pe, team, differs, 0);
  }
  team.history = history;
  team.sequence = team.finished = team.told = sequence;
  // No member goes on, and uses its slots and its account again, before all have read them.
  const Status met = meet(pe, team, 0);
  return ok(met) ? status : met;
}

}  // namespace shmem::smp
