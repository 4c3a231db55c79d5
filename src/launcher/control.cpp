// SPDX-License-Identifier: BSD-3-Clause
//
// Reads the control blocks of the PEs (control.h). Each load names the store that it pairs with.
#include "launcher/control.h"

#include <sys/stat.h>

#include "smp/ending/ending.h"
#include "smp/leaving/leaving.h"
#include "smp/os/prim.h"
#include "smp/stall/place.h"

namespace shmem::launcher {

bool JobControl::create(const smp::JobOptions& options) {
  int fd = -1;
  if (!ok(smp::create_job(options, &fd)) || !ok(mapping_.map(fd, smp::MapExtent::kControl)) ||
      !ok(server_.listen(fd))) {
    return false;
  }
  observer_.job = mapping_.header();
  observer_.npes = options.npes;
  observer_.world_npes = options.npes;
  observer_.control_zero = mapping_.control(0);
  return true;
}

smp::PeState JobControl::state(int pe) const {
  // Acquire: when the state says that a PE has ended, everything that the PE wrote before is visible here.
  return static_cast<smp::PeState>(mapping_.control(pe)->state.load(std::memory_order_acquire));
}

bool JobControl::is_inside(int pe) const {
  return state(pe) != smp::PeState::kUnclaimed && !has_finalised(pe);
}

bool JobControl::has_finalised(int pe) const {
  return smp::has_finalised(*mapping_.control(pe));
}

int JobControl::process(int pe) const {
  return mapping_.control(pe)->pid.load(std::memory_order_relaxed);
}

int JobControl::pe_of(int process_id) const {
  for (int pe = 0; pe < observer_.npes; ++pe) {
    if (process(pe) == process_id) return pe;
  }
  return -1;
}

std::string JobControl::place(int pe) const {
  char text[smp::kPlaceNbytes];
  smp::describe_place(*mapping_.control(pe), text, sizeof text);
  return text;
}

std::string JobControl::place_and_waits(int pe) const {
  char waits[smp::kWaitsNbytes];
  static_cast<void>(smp::describe_waits({observer_.control_zero, observer_.npes}, pe, waits, sizeof waits));
  return place(pe) + waits;
}

smp::StallLook JobControl::look_for_stall(std::int64_t stall_ns) const {
  return smp::look_for_stall({observer_.control_zero, observer_.npes}, smp::os::monotonic_ns(), stall_ns);
}

std::vector<std::string> JobControl::stall_lines(const smp::StallLook& look) const {
  return smp::stall_lines({observer_.control_zero, observer_.npes}, look, smp::os::monotonic_ns());
}

std::string JobControl::operation(int pe) const {
  const smp::Note note = smp::Note::unpack(mapping_.control(pe)->note.load(std::memory_order_relaxed));
  const auto operation = static_cast<smp::Operation>(note.operation);
  return operation == smp::Operation::kNone || operation == smp::Operation::kGlobalExit ? std::string() : place(pe);
}

void JobControl::note_streams(int pe, int output, int errors) {
  smp::StreamFile* stream = mapping_.control(pe)->streams;
  for (const int fd : {output, errors}) {
    struct stat information;
    if (fstat(fd, &information) == 0) {
      // Relaxed: the PE's process begins after this.
      stream->device.store(information.st_dev, std::memory_order_relaxed);
      stream->inode.store(information.st_ino, std::memory_order_relaxed);
    }
    ++stream;
  }
}

bool JobControl::is_ending(Reason* reason) const {
  const smp::JobHeader& job = *mapping_.header();
  // Acquire: pairs with the release in mark_ending. 1 means that a PE is between the two stores there, or was killed
  // between them.
  std::uint32_t ending = job.ending.load(std::memory_order_acquire);
  for (int turns = 0; ending == 1 && turns < 1000; ++turns) {
    smp::os::yield();
    ending = job.ending.load(std::memory_order_acquire);
  }
  if (ending == 0) return false;
  *reason = Reason{-1, 1};
  // A stray store of a program may have changed these fields, so a PE number that is out of range is ignored.
  const int pe = job.ending_pe.load(std::memory_order_relaxed);
  if (ending == 2 && pe >= -1 && pe < observer_.npes) {
    *reason = Reason{pe, job.ending_status.load(std::memory_order_relaxed)};
  }
  return true;
}

void JobControl::end(Reason reason) {
  smp::mark_ending(observer_, reason.pe, reason.status);
}

}  // namespace shmem::launcher
