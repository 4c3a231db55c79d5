// SPDX-License-Identifier: BSD-3-Clause
//
// Reads wait records, which other processes write meanwhile (wait_text.h; the writer is in wait/long_wait.cpp), and
// words what they hold. Invariant: no field of a record is used before `can_be` has checked it.
#include "smp/stall/wait_text.h"

#include <algorithm>
#include <bit>
#include <bitset>
#include <cstdarg>
#include <cstdio>
#include <cstring>

#include "smp/leaving/leaving.h"
#include "smp/os/prim.h"
#include "smp/wait/conditions.h"

namespace shmem::smp {

namespace {

constexpr int kMostThreads = 1 << 22;  // the most that Linux allows

using PeSet = std::bitset<kMaxPes>;

// Writes text into a buffer of fixed size, and leaves out what does not fit.
class Writer {
 public:
  Writer(char* text, std::size_t nbytes) noexcept : text_(text), nbytes_(nbytes) {
    if (nbytes > 0) *text = '\0';
  }
  [[gnu::format(printf, 2, 3)]] void add(const char* format, ...) noexcept {
    if (length_ + 1 >= nbytes_) return;
    std::va_list arguments;
    va_start(arguments, format);
    const int added = std::vsnprintf(text_ + length_, nbytes_ - length_, format, arguments);
    va_end(arguments);
    if (added > 0) length_ = std::min(length_ + static_cast<std::size_t>(added), nbytes_ - 1);
  }
  // "PE 3", "PEs 0, 2 and 5", "PEs 0 to 6 and 9", "700 PEs".
  void add_pes(int npes, const PeSet& set) noexcept {
    constexpr int kMostRuns = 6;
    const auto has = [&](int pe) { return set.test(static_cast<std::size_t>(pe)); };
    int pes = 0;
    int runs = 0;
    for (int pe = 0; pe < npes; ++pe) {
      pes += has(pe);
      runs += has(pe) && (pe == 0 || !has(pe - 1));
    }
    if (runs > kMostRuns) {
      add("%d PEs", pes);
      return;
    }
    add(pes == 1 ? "PE " : "PEs ");
    for (int pe = 0, run = 0; pe < npes; ++pe) {
      if (!has(pe)) continue;
      int last = pe;
      while (last + 1 < npes && has(last + 1)) ++last;
      ++run;
      const char* before = run == 1 ? "" : run == runs ? " and " : ", ";
      if (last == pe) {
        add("%s%d", before, pe);
      } else {
        add("%s%d %s %d", before, pe, last == pe + 1 ? "and" : "to", last);
      }
      pe = last;
    }
  }
  [[nodiscard]] std::size_t length() const noexcept { return length_; }

 private:
  char* text_;
  std::size_t nbytes_;
  std::size_t length_ = 0;
};

bool is_strided_set(const WaitNote& note, int npes) noexcept {
  const std::int64_t last =
      note.team_start + static_cast<std::int64_t>(note.team_size - 1) * static_cast<std::int64_t>(note.team_stride);
  return note.team_slot >= 0 && note.team_slot < kMaxTeams && note.team_size >= 1 && note.team_size <= npes &&
         (note.team_stride != 0 || note.team_size == 1) && note.team_start >= 0 && note.team_start < npes &&
         last >= 0 && last < npes;
}

bool can_be(const WaitNote& note, int npes) noexcept {
  constexpr std::int64_t kLastTime = INT64_MAX / 2;  // sums of times do not overflow
  if (note.begin_ns < 0 || note.begin_ns > kLastTime || note.other_threads < -1 || note.other_threads > kMostThreads ||
      note.area > WaitArea::kElsewhere || std::memchr(note.place, '\0', sizeof note.place) == nullptr)
    return false;
  switch (note.kind) {
    case WaitKind::kMemory:
    case WaitKind::kFinalisation:
      return true;
    case WaitKind::kElements:
      return note.form <= WaitForm::kAny && std::has_single_bit(note.element_nbytes) && note.element_nbytes <= 8 &&
             is_cmp(note.cmp);
    case WaitKind::kLock:
      return note.holder >= -1 && note.holder < npes;
    case WaitKind::kTeam:
    case WaitKind::kActiveSet:
      return is_strided_set(note, npes);
  }
  return false;
}

bool same_team(const WaitNote& one, const WaitNote& other) noexcept {
  return one.kind == other.kind && one.offset == other.offset && one.team_slot == other.team_slot &&
         one.team_start == other.team_start && one.team_stride == other.team_stride && one.team_size == other.team_size;
}

PeSet members(const WaitNote& note) noexcept {
  PeSet set;
  for (int index = 0; index < note.team_size; ++index) {
    const int pe = note.team_start + index * note.team_stride;
    set.set(static_cast<std::size_t>(pe));
  }
  return set;
}

bool waits_in(const JobView& job, int pe, const WaitNote& team) noexcept {
  for (int record = 0; record < kWaitRecords; ++record) {
    WaitSeen seen;
    if (read_wait(job.control_of(pe), record, job.npes, &seen) && same_team(seen.note, team)) {
      return true;
    }
  }
  return false;
}

void add_value(Writer& out, const WaitNote& note, std::uint64_t bits) noexcept {
  if (note.is_signed != 0) {
    out.add("%lld", static_cast<long long>(bits));
  } else {
    out.add("%llu", static_cast<unsigned long long>(bits));
  }
}

// "element 3 of the 8 int64 at heap offset 64". "the int64 at heap offset 88" if the block holds one element only or is
// not known.
void add_element(Writer& out, const WaitNote& note) noexcept {
  const char* sign = note.is_signed != 0 ? "" : "u";
  const int bits = 8 * note.element_nbytes;
  const auto offset = static_cast<unsigned long long>(note.offset);
  const std::uint64_t in_block = note.offset - note.block_offset;
  if (note.area == WaitArea::kElsewhere) {
    out.add("%sint%d", sign, bits);
  } else if (note.area == WaitArea::kGlobals) {
    out.add("the %sint%d at offset %llu of its global variables", sign, bits, offset);
  } else if (note.block_nbytes < 2 * std::uint64_t{note.element_nbytes} || note.offset < note.block_offset ||
             in_block % note.element_nbytes != 0) {
    out.add("the %sint%d at heap offset %llu", sign, bits, offset);
  } else {
    out.add("element %llu of the %llu %sint%d at heap offset %llu",
            static_cast<unsigned long long>(in_block / note.element_nbytes),
            static_cast<unsigned long long>(note.block_nbytes / note.element_nbytes), sign, bits,
            static_cast<unsigned long long>(note.block_offset));
  }
}

void add_elements_aim(Writer& out, const WaitNote& note) noexcept {
  const char* comparison = kCmpTexts[note.cmp];
  const auto nelems = static_cast<unsigned long long>(note.nelems);
  if (note.form == WaitForm::kOne || note.nelems == 1) {
    out.add("until ");
    add_element(out, note);
    out.add(" is %s ", comparison);
    add_value(out, note, note.wanted);
    out.add(" (it is ");
    add_value(out, note, note.seen);
    out.add(")");
    return;
  }
  const bool all = note.form == WaitForm::kAll;
  out.add("until %s of %llu elements from ", all ? "all" : "one", nelems);
  add_element(out, note);
  out.add(" %s %s ", all ? "are" : "is", comparison);
  if (note.vector != 0) {
    out.add("%s", all ? "their values" : "its value");
  } else {
    add_value(out, note, note.wanted);
  }
  if (!all || note.lacks == 0) return;
  out.add(" (number %llu is ", static_cast<unsigned long long>(note.index));
  add_value(out, note, note.seen);
  if (note.vector != 0) {
    out.add(", not %s ", comparison);
    add_value(out, note, note.wanted);
  }
  out.add(")");
}

void add_offset(Writer& out, const WaitNote& note) noexcept {
  if (note.area == WaitArea::kElsewhere) return;
  out.add(note.area == WaitArea::kHeap ? " at heap offset %llu" : " at offset %llu of its global variables",
          static_cast<unsigned long long>(note.offset));
}

void add_end(Writer& out, const JobView& job, int pe) noexcept {
  const ControlBlock& control = job.control_of(pe);
  if (has_finalised(control)) {
    out.add("; PE %d has finalised", pe);
  } else if (has_left(control)) {
    out.add("; PE %d is %s", pe, is_returning(control) ? "at the end of its program" : "in shmem_finalize");
  }
}

void add_lock_aim(Writer& out, const JobView& job, const WaitNote& note) noexcept {
  out.add("for the lock");
  add_offset(out, note);
  if (note.holder < 0) {
    out.add(", which no PE holds");
    return;
  }
  out.add(", which PE %d holds", note.holder);
  add_end(out, job, note.holder);
}

void add_team_aim(Writer& out, const JobView& job, const WaitNote& note) noexcept {
  if (note.team_size != job.npes) {
    out.add("of ");
    out.add_pes(job.npes, members(note));
    out.add(", ");
  }
  PeSet missing = members(note);
  for (int pe = 0; pe < job.npes; ++pe) {
    const auto bit = static_cast<std::size_t>(pe);
    if (missing.test(bit) && waits_in(job, pe, note)) missing.reset(bit);
  }
  out.add("to which ");
  if (missing.none()) {
    out.add("all have come");
    return;
  }
  out.add_pes(job.npes, missing);
  out.add(missing.count() == 1 ? " has not come" : " have not come");
}

void add_finalisation_aim(Writer& out, const JobView& job) noexcept {
  PeSet missing;
  for (int pe = 0; pe < job.npes; ++pe) {
    missing.set(static_cast<std::size_t>(pe), !has_left(job.control_of(pe)));
  }
  out.add("to which ");
  out.add_pes(job.npes, missing);
  out.add(missing.count() == 1 ? " has not come" : " have not come");
}

}  // namespace

bool read_wait(const ControlBlock& control, int record, int npes, WaitSeen* seen) noexcept {
  const WaitRecord& from = control.waits[record];
  // Acquire: pairs with the release in LongWait::describe.
  seen->number = from.number.load(std::memory_order_acquire);
  if (seen->number == 0) return false;
  constexpr int kTries = 100;  // more: the writer has lost its processor, or the program has overwritten the record
  for (int i = 0; i < kTries; ++i) {
    // Acquire: pairs with the release at the end of `write` (long_wait.cpp).
    const std::uint64_t version = from.version.load(std::memory_order_acquire);
    if (version % 2 != 0) {
      os::relax();
      continue;
    }
    // Acquire: pairs with the release in LongWait::looked_in_vain.
    seen->looked_ns = from.looked_ns.load(std::memory_order_acquire);
    std::uint64_t words[kWaitNoteWords];
    for (std::size_t w = 0; w < kWaitNoteWords; ++w) words[w] = from.words[w].load(std::memory_order_relaxed);
    // Acquire: the note is read before the version is read again. Pairs with the release fence in `write`.
    std::atomic_thread_fence(std::memory_order_acquire);
    if (from.version.load(std::memory_order_relaxed) != version) continue;
    if (from.number.load(std::memory_order_relaxed) != seen->number) return false;
    std::memcpy(&seen->note, words, sizeof seen->note);
    return can_be(seen->note, npes);
  }
  return false;
}

std::size_t describe_aim(const JobView& job, const WaitNote& note, char* text, std::size_t nbytes) noexcept {
  Writer out(text, nbytes);
  switch (note.kind) {
    case WaitKind::kMemory:
      out.add("for a word");
      add_offset(out, note);
      break;
    case WaitKind::kElements:
      add_elements_aim(out, note);
      break;
    case WaitKind::kLock:
      add_lock_aim(out, job, note);
      break;
    case WaitKind::kTeam:
    case WaitKind::kActiveSet:
      add_team_aim(out, job, note);
      break;
    case WaitKind::kFinalisation:
      add_finalisation_aim(out, job);
      break;
  }
  return out.length();
}

std::size_t describe_waits(const JobView& job, int pe, char* text, std::size_t nbytes) noexcept {
  Writer out(text, nbytes);
  const std::int64_t now = os::monotonic_ns();
  for (int record = 0; record < kWaitRecords; ++record) {
    WaitSeen seen;
    if (!read_wait(job.control_of(pe), record, job.npes, &seen)) continue;
    char aim[kAimNbytes];
    static_cast<void>(describe_aim(job, seen.note, aim, sizeof aim));
    out.add(" for %.1f s, %s", static_cast<double>(std::max<std::int64_t>(now - seen.note.begin_ns, 0)) / 1e9, aim);
  }
  return out.length();
}

}  // namespace shmem::smp
