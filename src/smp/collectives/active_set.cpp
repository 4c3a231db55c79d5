// SPDX-License-Identifier: BSD-3-Clause
//
// The deprecated collectives on active sets. The PEs of a set never formed a team, so they share the caller's pSync
// alone:
//
//   word 0, on the first PE of the set: a lock for words 2 to 7
//   word 1, on each PE: how many bytes it contributes to a collect
//   words 2 to 7, on the first PE: a meeting each: the key of its set, and how many of its PEs have arrived
//   word 8, on each PE (in another cache line): stored by the last PE to arrive, to release this one
//
// Invariant: all words are zero outside calls. The last PE to arrive removes the meeting before it releases any other
// PE, and each PE clears its own release. So when a call returns on a PE, that PE's words are as they were before. The
// next meeting of the same set may begin before slow PEs have seen their release. That is safe, since no PE is released
// twice before all have arrived.
//
// The standard allows one meeting at a time: no other set may use a pSync before all PEs are through. Programs do so
// all the same (sets 0, 2 and 0, 1 one after the other), and PE 1 may arrive at the second meeting while the first
// lasts. So each meeting has the key of its set.
//
// Every collective is a meeting, direct copies between the members' memory, and a second meeting.
#include <atomic>

#include "smp/collectives/collectives.h"
#include "smp/collectives/reduce_kernels.h"
#include "smp/collectives/shares.h"
#include "smp/error.h"
#include "smp/leaving/leaving.h"
#include "smp/rma/copy.h"
#include "smp/rma/order.h"
#include "smp/wait/wait.h"

namespace shmem::smp {

namespace {

constexpr int kLockWord = 0;
constexpr int kLengthWord = 1;
constexpr int kFirstMeetingWord = 2;
constexpr int kReleaseWord = 8;
static_assert(kReleaseWord < kSyncNwords);

class ActiveSetCall {
 public:
  ActiveSetCall(Pe& pe, const ActiveSet& set, long* psync) noexcept
      : pe_(pe), set_(set), psync_(psync), me_((pe.me - set.start) / set.stride) {}

  [[nodiscard]] int me() const noexcept { return me_; }
  [[nodiscard]] int size() const noexcept { return set_.size; }

  template <class T>
  [[nodiscard]] T* at(int index, T* address) const noexcept {
    return pe_.translate(address, 1, set_.world_pe(index));
  }
  [[nodiscard]] long* address(int index, int number) const noexcept {
    return pe_.translate(psync_, kSyncNwords * sizeof(long), set_.world_pe(index)) + number;
  }
  [[nodiscard]] std::atomic_ref<long> word(int index, int number) const noexcept {
    return std::atomic_ref<long>(*address(index, number));
  }

  // Counts this PE in. *last: whether it is the last one to arrive.
  Status arrive(bool* last) noexcept {
    const auto lock = word(0, kLockWord);
    while (true) {
      // Acquire, and release below: each PE takes over the stores of the PEs before it and hands them on, up to the
      // last.
      while (const long held = lock.exchange(1, std::memory_order_acquire)) {
        if (held != 1) return fail(Status::kInvalid, "pSync holds %ld where SHMEM_SYNC_VALUE should be", held);
        os::yield();
      }
      const int number = find_meeting();
      long count = 0;
      if (number >= 0) {
        const auto meeting = word(0, number);  // relaxed: under the lock
        count = (meeting.load(std::memory_order_relaxed) & kCountMask) + 1;
        meeting.store(count < set_.size ? key() | count : 0, std::memory_order_relaxed);
      }
      lock.store(0, std::memory_order_release);
      *last = count == set_.size;
      if (count > 0) return Status::kOk;
      os::yield();  // meetings of other sets use all six words
    }
  }

  Status meet() noexcept {
    if (set_.size == 1) return Status::kOk;
    bool last = false;
    if (const Status status = arrive(&last); !ok(status)) return status;
    if (last) {
      for (int index = 0; index < set_.size; ++index) {
        if (index == me_) continue;
        word(index, kReleaseWord).store(1, std::memory_order_release);  // pairs with the acquire below
        ring(pe_, set_.world_pe(index), address(index, kReleaseWord), sizeof(long));
      }
      return Status::kOk;
    }
    const auto release = word(me_, kReleaseWord);
    const Watch watch{address(me_, kReleaseWord), sizeof(long)};
    Waiter waiter(pe_, watch);
    while (release.load(std::memory_order_acquire) == 0) {
      if (const Status status = waiter.pause(aim()); !ok(status)) return status;
      if (!waiter.timed_out()) continue;
      if (const Status status = refuse_without_member(); !ok(status)) return status;
    }
    // Relaxed: the next store here follows this PE's next arrival, which is a release.
    release.store(0, std::memory_order_relaxed);
    return Status::kOk;
  }

  // Describes a wait that takes long.
  void tell(WaitNote& note) const noexcept {
    note.kind = WaitKind::kActiveSet;
    note.team_start = set_.start;
    note.team_stride = set_.stride;
    note.team_size = set_.size;
    locate(pe_, psync_, note);
  }
  [[nodiscard]] Aim aim() const noexcept {
    return {[](const void* call, WaitNote& note) noexcept { static_cast<const ActiveSetCall*>(call)->tell(note); },
            this};
  }

  // kLeft if a member has left the job without having arrived at this meeting. The meeting still exists, so not all
  // members have arrived; a member that had arrived would be waiting here, and could not have left.
  [[gnu::cold]] Status refuse_without_member() const noexcept {
    for (int index = 0; index < set_.size; ++index) {
      const int peer = set_.world_pe(index);
      if (!has_left(pe_, peer)) continue;
      const int number = find_meeting();
      if (number < 0 || word(0, number).load(std::memory_order_relaxed) == 0) continue;
      return fail(Status::kLeft, "PE %d waits for PE %d, %s", pe_.me, peer, how_it_left(pe_.control_of(peer)));
    }
    return Status::kOk;
  }

  // Meets, calls `move` to copy, and meets again.
  template <class Move>
  Status meet_around(Move move) noexcept {
    if (const Status status = meet(); !ok(status)) return status;
    move();
    return meet();
  }

 private:
  static constexpr long kCountMask = 0xffff;
  static_assert(kMaxPes <= kCountMask);

  // Tells this set's meetings from those of other sets with the same first PE.
  [[nodiscard]] long key() const noexcept {
    return static_cast<long>(set_.stride) << 32 | static_cast<long>(set_.size) << 16;
  }

  // The number of the word with the set's meeting; else that of a free word; else -1. `arrive`
  // holds the lock; refuse_without_member only looks.
  [[nodiscard]] int find_meeting() const noexcept {
    int free = -1;
    for (int number = kReleaseWord - 1; number >= kFirstMeetingWord; --number) {
      const long meeting = word(0, number).load(std::memory_order_relaxed);
      if ((meeting & ~kCountMask) == key()) return number;
      if (meeting == 0) free = number;
    }
    return free;
  }

  Pe& pe_;
  ActiveSet set_;
  long* psync_;
  int me_;
};

}  // namespace

Status set_barrier(Pe& pe, ActiveSet set, long* psync, bool quiet_first) noexcept {
  const NoteScope note(pe, quiet_first ? Operation::kBarrierAll : Operation::kSyncAll);
  if (quiet_first) quiet();
  return ActiveSetCall(pe, set, psync).meet();
}

Status set_broadcast(Pe& pe, ActiveSet set, void* dest, const void* source, std::size_t nbytes, int root,
                     long* psync) noexcept {
  const NoteScope note(pe, Operation::kBroadcast, set.world_pe(root));
  ActiveSetCall call(pe, set, psync);
  return call.meet_around([&] {
    if (call.me() != root) copy_bytes(dest, call.at(root, source), nbytes);
  });
}

Status set_fcollect(Pe& pe, ActiveSet set, void* dest, const void* source, std::size_t nbytes, long* psync) noexcept {
  const NoteScope note(pe, Operation::kFcollect);
  ActiveSetCall call(pe, set, psync);
  return call.meet_around([&] {
    for (int index = 0; index < set.size; ++index) {
      copy_bytes(static_cast<std::byte*>(dest) + static_cast<std::size_t>(index) * nbytes, call.at(index, source),
                 nbytes);
    }
  });
}

Status set_collect(Pe& pe, ActiveSet set, void* dest, const void* source, std::size_t nbytes, long* psync) noexcept {
  const NoteScope note(pe, Operation::kCollect);
  ActiveSetCall call(pe, set, psync);
  const auto length = call.word(call.me(), kLengthWord);
  length.store(static_cast<long>(nbytes), std::memory_order_relaxed);  // published by the meeting
  bool all_fit = true;  // dest's length is checked here, since the other members' lengths are known only now
  const Status status = call.meet_around([&] {
    auto* block = static_cast<std::byte*>(dest);
    for (int index = 0; index < set.size; ++index) {
      const auto block_nbytes = static_cast<std::size_t>(call.word(index, kLengthWord).load(std::memory_order_relaxed));
      if (block_nbytes > 0) {
        all_fit = all_fit && pe.translate(block, block_nbytes, pe.me) != nullptr;
        if (all_fit) copy_bytes(block, call.at(index, source), block_nbytes);
      }
      block += block_nbytes;
    }
  });
  if (!ok(status)) return status;
  length.store(0, std::memory_order_relaxed);  // after the second meeting, so all have read it
  return all_fit ? status : fail(Status::kInvalid, "dest = %p is too short for the bytes that all bring", dest);
}

Status set_alltoall(Pe& pe, ActiveSet set, void* dest, const void* source, std::size_t nbytes, long* psync) noexcept {
  return set_alltoalls(pe, set, dest, source, 1, 1, 1, nbytes, psync);
}

Status set_alltoalls(Pe& pe, ActiveSet set, void* dest, const void* source, std::ptrdiff_t dest_stride,
                     std::ptrdiff_t source_stride, std::size_t nelems, std::size_t element_nbytes,
                     long* psync) noexcept {
  const NoteScope note(pe, Operation::kAlltoall);
  ActiveSetCall call(pe, set, psync);
  const auto block_nbytes = static_cast<std::ptrdiff_t>(nelems * element_nbytes);
  return call.meet_around([&] {
    for (int index = 0; index < set.size; ++index) {
      const auto* from = static_cast<const std::byte*>(call.at(index, source));
      copy_strided(static_cast<std::byte*>(dest) + index * block_nbytes * dest_stride,
                   from + call.me() * block_nbytes * source_stride, dest_stride, source_stride, 1, nelems,
                   element_nbytes);
    }
  });
}

Status set_reduce(Pe& pe, ActiveSet set, ReduceOp op, ElementType type, void* dest, const void* source,
                  std::size_t nelems, long* psync) noexcept {
  const NoteScope note(pe, Operation::kReduce);
  const ReduceKernel& kernel = find_kernel(op, type);
  if (!kernel) {
    return fail(Status::kInvalid, "there is no %s of %s", reduce_op_text(op), element_type_text(type));
  }
  ActiveSetCall call(pe, set, psync);
  if (set.size == 1) {
    copy_bytes(dest, source, nelems * element_nbytes(type));
    return Status::kOk;
  }
  return call.meet_around([&] {
    reduce_share(
        kernel, set.size, call.me(), nelems, element_nbytes(type),
        [&](int i) noexcept { return static_cast<const std::byte*>(call.at(i, source)); },
        [&](int i) noexcept { return static_cast<std::byte*>(call.at(i, dest)); });
  });
}

}  // namespace shmem::smp
