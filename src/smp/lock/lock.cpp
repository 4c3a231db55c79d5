// SPDX-License-Identifier: BSD-3-Clause
//
// The queue of one lock (lock.h). All of its state is in the PEs' copies of the symmetric long. A place belongs to the
// thread that has made it kWaiting; another PE changes it only to pass the lock on or to pass it over.
#include "smp/lock/lock.h"

#include <atomic>
#include <cstdint>

#include "smp/error.h"
#include "smp/leaving/leaving.h"
#include "smp/memory/layout.h"
#include "smp/os/prim.h"
#include "smp/os/process.h"
#include "smp/rma/order.h"
#include "smp/wait/wait.h"

namespace shmem::smp {

namespace {

// The state of a PE's place, in its own copy of the lock. All zero: not in the queue, as at the start.
enum Place : std::uint16_t {
  kNone = 0,
  kWaiting = 1,    // claimed by one thread of the PE: in the queue, or about to be
  kHeld = 2,       // stored by the place's PE if the lock was free, else by the PE that passed it on
  kAbandoned = 3,  // its wait was interrupted: passed over, or taken up again by its PE
  kPassing = 4,    // is being passed over now
};

// The parts of the symmetric long. PEs are numbered from 1 here; 0 means none.
struct LockWord {
  std::atomic<std::uint32_t> tail;   // the last PE in the queue; only in PE 0's copy
  std::atomic<std::uint16_t> next;   // the next PE in the queue; written by that PE
  std::atomic<std::uint16_t> place;  // Place
};
static_assert(sizeof(LockWord) == sizeof(long) && alignof(LockWord) <= alignof(long));
static_assert(kMaxPes < (1 << 16));
static_assert(std::atomic<std::uint16_t>::is_always_lock_free);

// One lock as one PE sees it.
class Queue {
 public:
  Queue(Pe& pe, long* lock) noexcept : pe_(pe), lock_(lock) {
    if (reinterpret_cast<std::uintptr_t>(lock) % alignof(long) != 0) return;
    home_ = reinterpret_cast<LockWord*>(pe.translate(lock, sizeof(long), 0));
    if (home_ != nullptr) mine_ = &word_of(pe.me);
  }

  [[nodiscard]] bool valid() const noexcept { return mine_ != nullptr; }
  [[nodiscard]] Status refuse() const noexcept {
    return fail(Status::kInvalid, "lock = %p is not a symmetric, aligned long", static_cast<void*>(lock_));
  }

  Status enter() noexcept;
  bool try_enter() noexcept;
  Status leave() noexcept;
  [[nodiscard]] bool held() const noexcept {
    // Acquire: another thread of this PE may have taken the lock.
    return mine_->place.load(std::memory_order_acquire) == kHeld;
  }
  [[nodiscard]] bool taken() const noexcept { return home_->tail.load(std::memory_order_relaxed) != 0; }

 private:
  [[nodiscard]] LockWord& word_of(int pe) const noexcept {
    return *reinterpret_cast<LockWord*>(pe_.translate(lock_, sizeof(long), pe));
  }
  [[nodiscard]] std::uint32_t my_number() const noexcept { return static_cast<std::uint32_t>(pe_.me) + 1; }

  Status claim_place(bool* queued) noexcept;
  Status await_grant() noexcept;
  [[gnu::cold]] Status refuse_without_holder() const noexcept;
  Status await_next(const LockWord& word, std::uint16_t* next) noexcept;
  void vacate(LockWord& word, int owner) noexcept;
  void tell(WaitNote& note) const noexcept;
  [[nodiscard]] Aim aim() const noexcept {
    return {[](const void* queue, WaitNote& note) noexcept { static_cast<const Queue*>(queue)->tell(note); }, this};
  }

  Pe& pe_;
  long* lock_;
  LockWord* home_ = nullptr;
  LockWord* mine_ = nullptr;
};

// Makes this thread the one that acts for the PE. *queued: it took up an abandoned place in the queue.
Status Queue::claim_place(bool* queued) noexcept {
  *queued = false;
  std::uint16_t place = kNone;
  // Acquire: pairs with the release in `vacate`, so that `next` reads as zero again.
  if (mine_->place.compare_exchange_strong(place, kWaiting, std::memory_order_acquire)) [[likely]]
    return Status::kOk;
  Waiter waiter(pe_, {mine_, sizeof(LockWord)});
  while (true) {
    if (place == kNone || place == kAbandoned) {
      *queued = place == kAbandoned;
      if (mine_->place.compare_exchange_strong(place, kWaiting, std::memory_order_acquire)) return Status::kOk;
      continue;
    }
    // This PE holds the lock. Another thread may be about to give it back: the thread level that was provided allows
    // that, whatever level was asked for.
    if (place == kHeld && !pe_.many_threads && os::has_one_thread()) {
      return fail(Status::kInvalid, "lock = %p is held by PE %d already", static_cast<void*>(lock_), pe_.me);
    }
    // Woken by the ring in `vacate`, called by the thread that has the place or by the PE that passes it over, or by
    // the ring in `await_grant` of the thread that abandons the place.
    if (const Status status = waiter.pause(aim()); !ok(status)) return status;
    place = mine_->place.load(std::memory_order_relaxed);
  }
}

Status Queue::enter() noexcept {
  bool queued;
  if (const Status status = claim_place(&queued); !ok(status)) return status;
  if (!queued) {
    // Acquire: pairs with the release in `leave`, so the last holder's stores are visible. Release: pairs with the
    // acquire of the next PE's exchange, so that PE sees our empty place before it writes its number there.
    const std::uint32_t before = home_->tail.exchange(my_number(), std::memory_order_acq_rel);
    if (before == 0) [[likely]] {
      mine_->place.store(kHeld, std::memory_order_relaxed);  // no other PE reads a place that has no predecessor
      return Status::kOk;
    }
    // Release: pairs with the acquire in `await_next` and `leave`. That PE polls often enough to need no ring.
    word_of(static_cast<int>(before) - 1)
        .next.store(static_cast<std::uint16_t>(my_number()), std::memory_order_release);
  }
  return await_grant();
}

Status Queue::await_grant() noexcept {
  // Acquire: pairs with the release of the PE that passes the lock on and rings (`leave`).
  Status status = Status::kOk;
  Waiter waiter(pe_, {mine_, sizeof(LockWord)});
  while (ok(status)) {
    if (mine_->place.load(std::memory_order_acquire) == kHeld) return Status::kOk;
    status = waiter.pause(aim());
    if (ok(status) && waiter.timed_out()) [[unlikely]]
      status = refuse_without_holder();
  }
  std::uint16_t place = kWaiting;
  // Release: this thread's accesses to the place come before another PE changes it.
  if (mine_->place.compare_exchange_strong(place, kAbandoned, std::memory_order_release, std::memory_order_acquire)) {
    ring(pe_, pe_.me, mine_, sizeof(LockWord));  // another thread may be waiting to take up the place
    return status;
  }
  // Interrupted, but the lock arrived first. It is given back, since the caller is told that it does not have it.
  if (const Status left = leave(); !ok(left)) return left;
  return status;
}

// Describes a long wait: which PE has the lock.
void Queue::tell(WaitNote& note) const noexcept {
  note.kind = WaitKind::kLock;
  note.operation = static_cast<std::uint16_t>(Operation::kSetLock);
  locate(pe_, lock_, note);
  for (int pe = 0; pe < pe_.npes && note.holder < 0; ++pe) {
    // Relaxed: the number only goes into a text for people.
    if (word_of(pe).place.load(std::memory_order_relaxed) == kHeld) note.holder = pe;
  }
}

Status Queue::refuse_without_holder() const noexcept {
  for (int peer = 0; peer < pe_.npes; ++peer) {
    // The order matters: a PE that still holds the lock after it has left will never clear it. Relaxed: the place can
    // be out of date only while the holder has not left yet.
    if (has_left(pe_, peer) && word_of(peer).place.load(std::memory_order_relaxed) == kHeld) {
      return fail(Status::kLeft, "lock = %p is held by PE %d, %s", static_cast<void*>(lock_), peer,
                  how_it_left(pe_.control_of(peer)));
    }
  }
  return Status::kOk;
}

bool Queue::try_enter() noexcept {
  std::uint16_t place = kNone;
  if (!mine_->place.compare_exchange_strong(place, kWaiting, std::memory_order_acquire)) return false;
  std::uint32_t tail = 0;
  // The orders are those of `enter`.
  if (home_->tail.compare_exchange_strong(tail, my_number(), std::memory_order_acq_rel, std::memory_order_relaxed)) {
    mine_->place.store(kHeld, std::memory_order_relaxed);
    return true;
  }
  vacate(*mine_, pe_.me);
  return false;
}

// Waits for the number of the PE behind `word`. That PE is between two instructions of `enter`, so the wait does not
// ask the interrupt check. Leaving it would create a state between holding the lock and having given it back.
Status Queue::await_next(const LockWord& word, std::uint16_t* next) noexcept {
  for (int looks = 0; (*next = word.next.load(std::memory_order_acquire)) == 0; ++looks) {
    if (pe_.job->ending.load(std::memory_order_acquire) != 0) return Status::kEnding;
    if (looks < 100) {
      os::relax();
    } else if (looks < 1000) {
      os::yield();  // that PE has lost its core
    } else {
      // That PE is stopped. Any ring ends this sleep early, which does no harm.
      constexpr std::int64_t kNapNs = 1'000'000;
      const std::uint32_t rings = pe_.control->rings.load(std::memory_order_relaxed);
      (void)os::futex_wait(pe_.control->rings, rings, kNapNs);
    }
  }
  return Status::kOk;
}

// Empties a place that no PE refers to any more.
void Queue::vacate(LockWord& word, int owner) noexcept {
  word.next.store(0, std::memory_order_relaxed);
  word.place.store(kNone, std::memory_order_release);  // pairs with the acquire in `claim_place`
  ring(pe_, owner, &word, sizeof word);                // threads of that PE may wait for this
}

Status Queue::leave() noexcept {
  // `word` is the place whose successor gets the lock: this PE's own first, then each place that is passed over. This
  // PE's own place is emptied last, so that the PE holds the lock until then.
  LockWord* word = mine_;
  int owner = pe_.me;
  std::uint16_t next = mine_->next.load(std::memory_order_acquire);
  while (true) {
    if (next == 0) {
      auto tail = static_cast<std::uint32_t>(owner) + 1;
      // Release: pairs with the acquire of the next PE that finds the lock free.
      if (home_->tail.compare_exchange_strong(tail, 0, std::memory_order_release, std::memory_order_relaxed)) {
        if (word != mine_) vacate(*word, owner);
        vacate(*mine_, pe_.me);
        return Status::kOk;
      }
      if (const Status status = await_next(*word, &next); !ok(status)) return status;
    }
    if (word != mine_) vacate(*word, owner);
    owner = next - 1;
    word = &word_of(owner);
    std::uint16_t place;
    do {
      place = kWaiting;
      // Release: pairs with the acquire in `await_grant`. If the exchange fails, `place` has the state that was found.
      if (word->place.compare_exchange_strong(place, kHeld, std::memory_order_release, std::memory_order_acquire)) {
        ring(pe_, owner, word, sizeof *word);
        vacate(*mine_, pe_.me);
        return Status::kOk;
      }
      // The place is abandoned. Unless its PE has taken it up again by now, it is passed over.
    } while (!word->place.compare_exchange_strong(place, kPassing, std::memory_order_acquire));
    next = word->next.load(std::memory_order_acquire);
  }
}

}  // namespace

Status set_lock(Pe& pe, long* lock) noexcept {
  Queue queue(pe, lock);
  if (!queue.valid()) [[unlikely]]
    return queue.refuse();
  const NoteScope note(pe, Operation::kSetLock);
  return queue.enter();
}

Status test_lock(Pe& pe, long* lock, bool* obtained) noexcept {
  *obtained = false;
  Queue queue(pe, lock);
  if (!queue.valid()) [[unlikely]]
    return queue.refuse();
  *obtained = !queue.taken() && queue.try_enter();
  // Programs test in loops, and the holder may need this core to make progress.
  if (!*obtained && (pe.job->flags & kJobOversubscribed) != 0) os::yield();
  return Status::kOk;
}

Status clear_lock(Pe& pe, long* lock) noexcept {
  Queue queue(pe, lock);
  if (!queue.valid()) [[unlikely]]
    return queue.refuse();
  if (!queue.held()) [[unlikely]] {
    return fail(Status::kInvalid, "lock = %p is not held by PE %d", static_cast<void*>(lock), pe.me);
  }
  const NoteScope note(pe, Operation::kClearLock);
  quiet();
  return queue.leave();
}

}  // namespace shmem::smp
