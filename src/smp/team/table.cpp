// SPDX-License-Identifier: BSD-3-Clause
//
// The teams of a PE: the predefined ones, the end of the others, and what a PE tells of its calls when it finalises.
// Splits are in split.cpp. The table is private to the PE, and its mutex guards free slots and high-water marks.
// Shared: TeamAccount and the counts of TeamWait in each cell, which the owner stores before its finalisation.
// Invariant: the slot of a poisoned team is never free again.
#include "smp/error.h"
#include "smp/team/ctx.h"
#include "smp/team/entrance.h"
#include "smp/team/rendezvous.h"
#include "smp/team/team.h"

namespace shmem::smp {

void DeletePart::operator()(TeamTable* teams) const noexcept {
  delete teams;
}

TeamTable::TeamTable(Pe& pe) : pe_(pe) {
  free_.set();
  // The two predefined teams. SHMEM_TEAM_SHARED holds all PEs too, since all PEs of one machine share memory. Cells are
  // zero at the start of a job, so these teams begin without an agreement.
  for (int slot = 0; slot < 2; ++slot) {
    Team& team = teams_[slot];
    team.slot = slot;
    team.size = pe.npes;
    team.my_index = pe.me;
    team.central = (pe.job->flags & kJobOversubscribed) != 0;
    free_.reset(static_cast<std::size_t>(slot));
    handles_[slot].store(team.handle(), std::memory_order_release);
  }
}

Status TeamTable::destroy(Team& team) noexcept {
  if (team.slot < 2) return fail(Status::kInvalid, "a predefined team cannot be destroyed");
  {
    // The entrance ends before the slot is given back, since another thread may make the next team there at once.
    const Entrance entrance(pe_, team, Operation::kTeamDestroy);
    if (!entrance) return entrance.refuse();
    // No member gives the slot back while another may still read in the cells of this team.
    if (!team.poisoned) {
      if (const Status status = rendezvous(pe_, team, MeetingKind::kDestroy); !ok(status)) return status;
    }
  }
  forget(team);
  return Status::kOk;
}

void TeamTable::forget(Team& team) noexcept {
  const auto slot = static_cast<std::size_t>(team.slot);
  handles_[slot].store(kTeamInvalid, std::memory_order_release);
  if (pe_.contexts != nullptr) pe_.contexts->destroy_all_of(team.handle());
  const std::lock_guard<std::mutex> lock(mutex_);
  high_water_[slot] = team.sequence > team.meetings ? team.sequence : team.meetings;
  // A poisoned team's members leave one by one, so its slot is never used again.
  if (!team.poisoned) free_.set(slot);
}

// Visits the teams that can still be used, except those in which this PE has called nothing: their cells are untouched.
template <class Visit>
void TeamTable::for_each_used(Visit visit) noexcept {
  for (std::size_t slot = 0; slot < kMaxTeams; ++slot) {
    Team& team = teams_[slot];
    const bool live = handles_[slot].load(std::memory_order_relaxed) != kTeamInvalid;
    if (live && !team.poisoned && (team.meetings != 0 || team.sequence != 0 || team.history != 0)) visit(team);
  }
}

void TeamTable::tell_histories() noexcept {
  for_each_used([&](Team& team) {
    // Relaxed: the finalisation that follows publishes them.
    TeamAccount& mine = team.cell(pe_, team.my_index).account;
    mine.history.store(team.history, std::memory_order_relaxed);
    mine.sequence.store(team.sequence, std::memory_order_relaxed);
  });
}

Status TeamTable::compare_histories() noexcept {
  Status status = Status::kOk;
  for_each_used([&](const Team& team) {
    for (int index = 0; index < team.size && ok(status); ++index) {
      const TeamAccount& other = team.cell(pe_, index).account;
      if (other.history.load(std::memory_order_relaxed) == team.history) continue;
      status = report_difference(pe_, team, index, other.sequence.load(std::memory_order_relaxed));
    }
  });
  return status;
}

void TeamTable::publish_counts() noexcept {
  const std::lock_guard<std::mutex> lock(mutex_);
  for (std::size_t slot = 0; slot < kMaxTeams; ++slot) {
    const bool live = handles_[slot].load(std::memory_order_relaxed) != kTeamInvalid;
    // Of a destroyed team, which another member may still be leaving: this PE has been in all of its calls.
    const std::uint64_t sequence = live ? teams_[slot].sequence : high_water_[slot];
    const std::uint64_t meetings = live ? teams_[slot].meetings : high_water_[slot];
    if (sequence == 0 && meetings == 0) continue;  // this PE's page of that slot is untouched
    // Relaxed: the release of the state that says that this PE leaves publishes them.
    TeamWait& wait = pe_.control->cells[slot].wait;
    wait.left_sequence.store(sequence, std::memory_order_relaxed);
    wait.left_meetings.store(meetings, std::memory_order_relaxed);
  }
}

void TeamTable::forget_all() noexcept {
  for (std::size_t slot = 2; slot < kMaxTeams; ++slot) {
    if (handles_[slot].load(std::memory_order_relaxed) != kTeamInvalid) forget(teams_[slot]);
  }
  if (pe_.contexts == nullptr) return;
  for (std::size_t slot = 0; slot < 2; ++slot) pe_.contexts->destroy_all_of(teams_[slot].handle());
}

}  // namespace shmem::smp
