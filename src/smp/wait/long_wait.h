// SPDX-License-Identifier: BSD-3-Clause
//
// LongWait: how a Waiter tells other processes of a wait that takes long.
//
// A timer ends the sleeps of a wait that no ring ends (wait.h). Only there is anything done: once the wait has lasted a
// tenth of a second, the thread takes one of its PE's records (wait_record.h) and describes the wait in it; afterwards
// it describes it again now and then, since values and the holders of locks change. So a wait that a ring ends in time
// pays nothing, not even the initialisation of a field.
//
// Each timed wake also says at which time it looked in vain. That is what makes a standstill certain (stall/stall.h).
#pragma once

#include <cstddef>
#include <cstdint>

#include "smp/memory/wait_record.h"
#include "smp/pe.h"
#include "smp/wait/eventcount.h"

namespace shmem::smp {

// What a wait is for, where the words that it watches do not tell: fills in what its kind has in a note.
struct Aim {
  void (*tell)(const void* what, WaitNote& note) noexcept = nullptr;
  const void* what = nullptr;
};

// Where an address of symmetric memory lies: area, offset and block of a note.
void locate(const Pe& pe, const volatile void* address, WaitNote& note) noexcept;

class LongWait {
 public:
  // The wait is about to sleep for the first time. Before this, nothing here is initialised.
  void begin() noexcept {
    woken_ = false;
    record_ = kNone;
  }
  // A timer has ended a sleep.
  void woken(Pe& pe, const Watch& watch, const Aim& aim) noexcept;
  // The look after that was in vain.
  void looked_in_vain(Pe& pe) const noexcept;
  // The wait, which has slept, is over or is given up.
  void over(Pe& pe) noexcept {
    if (record_ != kNone) give_back(pe);
  }

 private:
  static constexpr int kNone = -1;

  bool take_record(Pe& pe) noexcept;
  void give_back(Pe& pe) noexcept;
  void describe(Pe& pe, const Watch& watch, const Aim& aim, bool first) const noexcept;

  std::int64_t begin_ns_;
  std::int64_t woken_ns_;
  std::int64_t told_ns_;
  int record_;
  bool woken_;
};

}  // namespace shmem::smp
