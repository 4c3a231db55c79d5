// SPDX-License-Identifier: BSD-3-Clause
//
// ThreadJob: a job whose PEs are threads of the test, so that sanitizers see both sides of every protocol.
//
// It lays out anonymous memory as memory/layout.h says, and gives each PE a `Pe` with heap, teams and contexts, as
// attaching and shmem_init do for a process. All PEs share one mapping. A run that does not end within its limit
// prints the operation that each PE is in and aborts: a hang is a failure that says where.
//
//   ThreadJob job(3);
//   job.run([](Pe& pe) { ASSERT_TRUE(ok(barrier(pe, pe.teams->world()))); });
#pragma once

#include <gtest/gtest.h>
#include <sys/mman.h>
#include <unistd.h>

#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <mutex>
#include <thread>
#include <vector>

#include "smp/error.h"
#include "smp/heap/heap.h"
#include "smp/memory/layout.h"
#include "smp/observer/observer.h"
#include "smp/os/memory.h"
#include "smp/os/prim.h"
#include "smp/pe.h"
#include "smp/team/ctx.h"
#include "smp/team/team.h"
#include "smp/wait/wait.h"

namespace shmem::smp::test {

struct ThreadJobOptions {
  std::size_t heap_nbytes = std::size_t{32} << 20;  // the allocator's budget in each heap
  std::size_t data_nbytes = 65536;                  // "globals": the PE's data area itself
  int cores = 0;                                    // what the wait policy believes; 0: what there is
  bool writer_fences = false;                       // as on a machine without membarrier
  bool timer = true;                                // false: only a ring ends a sleep, so a ring that is lost hangs
  std::chrono::seconds limit{120};                  // for one run
};

class ThreadJob {
 public:
  explicit ThreadJob(int npes, const ThreadJobOptions& options = {}) : limit_(options.limit) {
    constexpr std::size_t kPage = 4096;
    const auto round_up = [](std::size_t nbytes, std::size_t unit) { return (nbytes + unit - 1) / unit * unit; };
    const auto count = static_cast<std::size_t>(npes);

    const std::size_t control_offset = sizeof(JobHeader);
    const std::size_t data_offset = control_offset + count * sizeof(ControlBlock);
    const std::size_t data_stride = round_up(options.data_nbytes, kPage);
    const std::size_t heap_offset = round_up(data_offset + count * data_stride, os::kMapAlignment);
    const std::size_t heap_stride = round_up(options.heap_nbytes, os::kMapAlignment);
    nbytes_ = heap_offset + count * heap_stride + os::kMapAlignment;
    void* memory = mmap(nullptr, nbytes_, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (memory == MAP_FAILED) {
      std::perror("ThreadJob: mmap");
      std::abort();
    }
    memory_ = static_cast<std::byte*>(memory);
    // Heaps begin where they would in a real mapping, so that alignment means the same.
    base_ = reinterpret_cast<std::byte*>(round_up(reinterpret_cast<std::uintptr_t>(memory), os::kMapAlignment));

    const bool fences = !os::membarrier_register() || options.writer_fences;
    JobHeader& job = *new (base_) JobHeader{};
    job.magic = kJobMagic;
    job.version = kLayoutVersion;
    job.layout_hash = layout_hash();
    job.npes = npes;
    job.cores = static_cast<std::uint32_t>(options.cores > 0 ? options.cores : os::usable_cores());
    job.flags = kJobSupervised;
    if (fences) job.flags |= kJobWriterFences;
    if (npes > static_cast<int>(job.cores)) job.flags |= kJobOversubscribed;
    job.creator_pid = getpid();
    job.file_nbytes = nbytes_ - os::kMapAlignment;
    job.control_offset = control_offset;
    job.control_stride = sizeof(ControlBlock);
    job.data_offset = data_offset;
    job.data_stride = data_stride;
    job.heap_offset = heap_offset;
    job.heap_stride = heap_stride;
    job.heap_nbytes = options.heap_nbytes;
    std::snprintf(job.job_name, sizeof job.job_name, "threads");
    job.attached.store(static_cast<std::uint32_t>(npes), std::memory_order_relaxed);

    auto* controls = reinterpret_cast<ControlBlock*>(base_ + control_offset);
    for (int me = 0; me < npes; ++me) {
      auto pe = std::make_unique<Pe>();
      pe->npes = npes;
      pe->me = me;
      pe->job = &job;
      pe->control_zero = controls;
      pe->control = &controls[me];
      pe->writer_fences = fences;
      pe->heap_zero = base_ + heap_offset;
      pe->heap_stride = heap_stride;
      pe->heap_begin = pe->heap_of(me);
      pe->heap_nbytes = options.heap_nbytes;
      pe->data_zero = base_ + data_offset;
      pe->data_stride = data_stride;
      pe->data_begin = pe->data_zero + static_cast<std::size_t>(me) * data_stride;
      pe->data_nbytes = options.data_nbytes;
      pe->observer = &kWaitObserver;
      pe->wait_policy = choose_wait_policy(npes, static_cast<int>(job.cores), true);
      if (!options.timer) pe->wait_policy.first_sleep_ns = pe->wait_policy.longest_sleep_ns = kNoTimerNs;
      pe->thread_level = 3;
      pe->many_threads = true;
      pe->control->pid.store(getpid(), std::memory_order_relaxed);
      pe->control->state.store(static_cast<std::uint32_t>(PeState::kRunning), std::memory_order_relaxed);
      pe->heap = std::make_unique<Heap>(*pe);
      pe->teams = std::make_unique<TeamTable>(*pe);
      pe->contexts = std::make_unique<CtxTable>(*pe);
      pe->phase = Phase::kRunning;
      pes_.push_back(std::move(pe));
    }
  }

  ~ThreadJob() {
    pes_.clear();
    munmap(memory_, nbytes_);
  }
  ThreadJob(const ThreadJob&) = delete;
  ThreadJob& operator=(const ThreadJob&) = delete;

  [[nodiscard]] Pe& pe(int index) { return *pes_[static_cast<std::size_t>(index)]; }
  [[nodiscard]] int npes() const { return static_cast<int>(pes_.size()); }

  // Runs body(pe) on all PEs at once, one thread each, and returns when all have returned.
  template <class Body>
  void run(Body&& body) {
    std::mutex mutex;
    std::condition_variable changed;
    std::vector<bool> done(pes_.size());
    std::size_t ndone = 0;
    std::vector<std::thread> threads;
    for (std::size_t i = 0; i < pes_.size(); ++i) {
      threads.emplace_back([&, i] {
        body(*pes_[i]);
        const std::lock_guard<std::mutex> lock(mutex);
        done[i] = true;
        if (++ndone == pes_.size()) changed.notify_all();
      });
    }
    {
      std::unique_lock<std::mutex> lock(mutex);
      if (!changed.wait_for(lock, limit_, [&] { return ndone == pes_.size(); })) report_hang(done);
    }
    for (std::thread& thread : threads) thread.join();
  }

  // Wakes by the timer that found a store already done but no ring, on all PEs.
  [[nodiscard]] std::uint64_t late_wakes() const {
    std::uint64_t sum = 0;
    for (const auto& pe : pes_) sum += pe->control->late_wakes.load(std::memory_order_relaxed);
    return sum;
  }

 private:
  static constexpr std::int64_t kNoTimerNs = 3'600'000'000'000;  // an hour: far beyond a run's limit

  [[noreturn]] void report_hang(const std::vector<bool>& done) const {
    std::fprintf(stderr, "ThreadJob: not done after %lld s\n", static_cast<long long>(limit_.count()));
    for (std::size_t i = 0; i < pes_.size(); ++i) {
      const Note note = Note::unpack(pes_[i]->control->note.load(std::memory_order_relaxed));
      std::fprintf(stderr, "  PE %zu: %s, in %s, other PE %d, team slot %d\n", i, done[i] ? "returned" : "running",
                   operation_name(static_cast<Operation>(note.operation)), note.pe, note.team);
    }
    std::abort();
  }

  std::byte* memory_ = nullptr;
  std::byte* base_ = nullptr;
  std::size_t nbytes_ = 0;
  std::chrono::seconds limit_;
  std::vector<std::unique_ptr<Pe>> pes_;
};

// An engine call inside a PE's body: a failure prints the engine's message.
#define SHMEM_EXPECT_OK(expression)                                                                    \
  do {                                                                                                 \
    const ::shmem::smp::Status shmem_status_ = (expression);                                           \
    EXPECT_TRUE(::shmem::smp::ok(shmem_status_))                                                       \
        << #expression << ": status " << static_cast<int>(shmem_status_) << ", " << failure_message(); \
  } while (false)

}  // namespace shmem::smp::test
