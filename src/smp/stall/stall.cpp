// SPDX-License-Identifier: BSD-3-Clause
//
// Looks at the records of all PEs, looks in /proc for other processes and threads that could store, and words the
// result (stall.h). It reads what PEs share. It writes JobHeader::stall_said alone, which a PE exchanges before it
// prints. Invariant: a state above kYoung has been seen in two looks, with the same waits in both.
#include "smp/stall/stall.h"

#include <algorithm>
#include <array>
#include <cstdio>
#include <cstdlib>
#include <span>
#include <utility>

#include "smp/leaving/leaving.h"
#include "smp/os/output.h"
#include "smp/os/process.h"
#include "smp/pe.h"
#include "smp/stall/place.h"

namespace shmem::smp {

namespace {

// The waits of all PEs at one moment.
struct Scene {
  struct PeWaits {
    int count = 0;
    std::array<WaitSeen, kWaitRecords> waits{};
  };
  bool all_wait = false;
  std::uint32_t hidden = 0;  // sleeping threads without a record
  std::vector<PeWaits> pes{};

  [[nodiscard]] bool same_waits(const Scene& other) const {
    return std::equal(pes.begin(), pes.end(), other.pes.begin(), other.pes.end(),
                      [](const PeWaits& one, const PeWaits& two) {
                        return std::equal(one.waits.begin(), one.waits.begin() + one.count, two.waits.begin(),
                                          two.waits.begin() + two.count, [](const WaitSeen& a, const WaitSeen& b) {
                                            return a.number == b.number && a.note.begin_ns == b.note.begin_ns;
                                          });
                      });
  }
};

// Ends at the first PE that neither waits for long nor has ended.
Scene take_scene(const JobView& job) {
  Scene scene;
  bool any = false;
  for (int pe = 0; pe < job.npes; ++pe) {
    const ControlBlock& control = job.control_of(pe);
    Scene::PeWaits& here = scene.pes.emplace_back();
    if (has_finalised(control)) continue;
    for (int record = 0; record < kWaitRecords; ++record) {
      if (read_wait(control, record, job.npes, &here.waits[static_cast<std::size_t>(here.count)])) ++here.count;
    }
    // Acquire: a thread that has fallen asleep is counted before it has a record.
    const std::uint32_t sleepers = control.sleepers.load(std::memory_order_acquire);
    const auto count = static_cast<std::uint32_t>(here.count);
    if (count == 0 || sleepers < count || (sleepers > count && count < kWaitRecords)) return scene;
    scene.hidden += sleepers - count;
    any = true;
  }
  scene.all_wait = any;
  return scene;
}

// Says in *doubt what else in a PE's process could store. False if a thread runs that is in no wait.
bool find_doubt(const JobView& job, int pe, const Scene::PeWaits& here, std::string* doubt) {
  const auto waits = std::span(here.waits).first(static_cast<std::size_t>(here.count));
  const std::vector<os::ThreadInfo> threads = os::threads_of(job.control_of(pe).pid.load(std::memory_order_relaxed));
  for (const os::ThreadInfo& thread : threads) {
    const bool waiting =
        std::any_of(waits.begin(), waits.end(), [&](const WaitSeen& wait) { return wait.note.thread_id == thread.id; });
    if (!waiting && thread.runs) return false;
  }
  // Python knows which threads are its own. Threads of numerical libraries are not among them; they sleep between
  // calls.
  int told = -1;
  for (const WaitSeen& wait : waits) told = std::max(told, wait.note.other_threads);
  int others = static_cast<int>(threads.size()) - 1;
  if (told >= 0) others = others < 0 ? told : std::min(others, told);  // some may have ended since the hook was asked
  const int outside = others + 1 - here.count;
  if (others < 0) {
    *doubt = "the threads of PE " + std::to_string(pe) + " cannot be seen";
  } else if (outside > 0) {
    *doubt = "PE " + std::to_string(pe) + (outside == 1 ? " has another thread" : " has other threads");
  }
  return true;
}

// Says in *doubt if a process that is no PE maps the job's memory.
void find_observers(const JobView& job, std::string* doubt) {
  for (const int process : os::processes_mapping(job.control_zero)) {
    bool is_pe = false;
    for (int pe = 0; pe < job.npes && !is_pe; ++pe) {
      is_pe = job.control_of(pe).pid.load(std::memory_order_relaxed) == process;
    }
    os::ProcessInfo info;
    if (is_pe || !os::process_info(process, &info)) continue;
    *doubt = "process " + std::to_string(process) + " (" + info.name + ") maps the job's memory";
    return;
  }
}

std::string number_of_seconds(std::int64_t ns) {
  return std::to_string(std::max<std::int64_t>(ns, 0) / 1'000'000'000) + " s";
}

// "PEs 0 to 3", "PE 1".
std::string range_of(int first, int last) {
  if (first == last) return "PE " + std::to_string(first);
  return "PEs " + std::to_string(first) + (last == first + 1 ? " and " : " to ") + std::to_string(last);
}

// The text for one wait of a PE: its line, and the place on the line below.
struct PeText {
  std::string call{};
  std::string aim{};
  std::string place{};
  std::int64_t since_ns = 0;
  bool operator==(const PeText& other) const { return call == other.call && aim == other.aim && place == other.place; }
};

std::string printable(const char* text) {
  std::string result;
  for (; *text != '\0'; ++text) result += static_cast<unsigned char>(*text) < ' ' ? '?' : *text;
  return result;
}

std::vector<PeText> texts_of(const JobView& job, int pe) {
  const ControlBlock& control = job.control_of(pe);
  if (has_finalised(control)) return {PeText{.call = "has ended"}};
  std::vector<PeText> all;
  for (int record = 0; record < kWaitRecords; ++record) {
    WaitSeen seen;
    if (!read_wait(control, record, job.npes, &seen)) continue;
    char aim[kAimNbytes];
    static_cast<void>(describe_aim(job, seen.note, aim, sizeof aim));
    all.push_back({.call = std::string("in ") + operation_name(static_cast<Operation>(seen.note.operation)),
                   .aim = aim,
                   .place = printable(seen.note.place),
                   .since_ns = seen.note.begin_ns});
  }
  return all;
}

}  // namespace

StallLook look_for_stall(const JobView& job, std::int64_t now_ns, std::int64_t stall_ns) {
  StallLook look;
  const Scene scene = take_scene(job);
  if (!scene.all_wait) return look;
  std::int64_t looked = INT64_MAX;
  for (const Scene::PeWaits& here : scene.pes) {
    for (int i = 0; i < here.count; ++i) {
      const WaitSeen& wait = here.waits[static_cast<std::size_t>(i)];
      look.since_ns = std::max(look.since_ns, wait.note.begin_ns);
      looked = std::min(looked, wait.looked_ns);
    }
  }
  look.state = StallState::kYoung;
  if (now_ns - look.since_ns < stall_ns || looked <= look.since_ns) return look;
  for (int pe = 0; pe < job.npes; ++pe) {
    const Scene::PeWaits& here = scene.pes[static_cast<std::size_t>(pe)];
    if (here.count == 0) continue;
    std::string doubt;
    if (!find_doubt(job, pe, here, &doubt)) {
      look.state = StallState::kMoving;
      return look;
    }
    if (look.doubt.empty()) look.doubt = std::move(doubt);
  }
  if (look.doubt.empty() && scene.hidden > 0) look.doubt = "some threads wait that could not be looked at";
  if (look.doubt.empty()) find_observers(job, &look.doubt);
  // If a wait has ended meanwhile, something has stored.
  const Scene again = take_scene(job);
  if (!again.all_wait || !scene.same_waits(again)) {
    look.state = StallState::kMoving;
  } else {
    look.state = look.doubt.empty() ? StallState::kCertain : StallState::kPerhaps;
  }
  return look;
}

std::vector<std::string> stall_lines(const JobView& job, const StallLook& look, std::int64_t now_ns) {
  std::vector<std::string> lines;
  const std::string time = number_of_seconds(now_ns - look.since_ns);
  if (look.state == StallState::kPerhaps) {
    lines.push_back("the job has perhaps stood still for " + time +
                    ": every PE waits or has ended, and a wait could be ended only from elsewhere: " + look.doubt);
  } else {
    lines.push_back("the job has stood still for " + time +
                    ": every PE waits or has ended, and none is left to end a wait");
  }
  for (int pe = 0; pe < job.npes;) {
    const std::vector<PeText> texts = texts_of(job, pe);
    int last = pe;
    while (last + 1 < job.npes && texts_of(job, last + 1) == texts) ++last;
    for (const PeText& each : texts) {
      std::string line = range_of(pe, last) + ": " + each.call;
      if (!each.aim.empty()) line += " for " + number_of_seconds(now_ns - each.since_ns) + ", " + each.aim;
      lines.push_back(line);
      if (!each.place.empty()) lines.push_back("    " + each.place);
    }
    pe = last + 1;
  }
  return lines;
}

void say_stall(Pe& pe, std::int64_t now_ns) noexcept {
  const std::int64_t stall_ns = pe.job->stall_ns;
  if (stall_ns <= 0 || (pe.job->flags & kJobSupervised) != 0) return;
  for (int before = 0; before < pe.me; ++before) {
    if (!has_finalised(pe.control_of(before))) return;
  }
  // Relaxed: this PE alone reports the standstill, and the value orders nothing else.
  std::uint32_t said = pe.job->stall_said.load(std::memory_order_relaxed);
  if (said >= static_cast<std::uint32_t>(StallState::kCertain)) return;
  const JobView job{pe.control_zero, pe.npes};
  const StallLook look = look_for_stall(job, now_ns, stall_ns);
  const auto state = static_cast<std::uint32_t>(look.state);
  if (look.state < StallState::kPerhaps || state <= said ||
      !pe.job->stall_said.compare_exchange_strong(said, state, std::memory_order_relaxed)) {
    return;
  }
  std::string text;
  for (const std::string& line : stall_lines(job, look, now_ns)) text += "shmem4py: " + line + "\n";
  text += std::string("shmem4py: the job goes on waiting. ") +
          (pe.place_hook.load(std::memory_order_relaxed) != nullptr ? "SIGUSR1 to a PE prints its stacks; " : "") +
          "`shmem4py run --timeout S` ends a job after S seconds; SHMEM4PY_STALL=S sets when this is said (0: never)\n";
  os::write_once(os::kStandardError, text);
}

}  // namespace shmem::smp
