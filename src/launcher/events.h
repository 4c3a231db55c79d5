// SPDX-License-Identifier: BSD-3-Clause
//
// What the launcher waits for: an epoll set of descriptors, each with a source and an index. One thread uses it.
#pragma once

#include <errno.h>
#include <sys/epoll.h>
#include <unistd.h>

#include <cstddef>
#include <cstdint>

namespace shmem::launcher {

enum class Source : std::uint32_t {
  kSignals,
  kLifeline,   // the guard is gone
  kServer,     // a process asks for the job's file
  kProcess,    // a PE that is not our child has ended
  kStream,     // a PE has written
  kSink,       // our output takes more
  kKeys,       // our keyboard
  kKeyTarget,  // PE 0 takes more keys
  kHangUp,     // our terminal is gone
};

struct Event {
  Source source;
  std::size_t index;
};

class Poller {
 public:
  Poller() : fd_(epoll_create1(EPOLL_CLOEXEC)), error_(fd_ < 0 ? errno : 0) {}
  ~Poller() { close(fd_); }
  Poller(const Poller&) = delete;
  Poller& operator=(const Poller&) = delete;
  // The errno of a failed epoll_create1, or 0.
  [[nodiscard]] int error() const { return error_; }

  // False for a descriptor that is always ready and cannot be waited for, such as a file.
  bool add(int fd, Source source, std::size_t index = 0, std::uint32_t events = EPOLLIN) {
    epoll_event event{};
    event.events = events;
    event.data.u64 = static_cast<std::uint64_t>(source) << 32 | static_cast<std::uint32_t>(index);
    return epoll_ctl(fd_, EPOLL_CTL_ADD, fd, &event) == 0;
  }
  void remove(int fd) { epoll_ctl(fd_, EPOLL_CTL_DEL, fd, nullptr); }

  // Calls handle(event) for each event that arrives within the time. -1 waits without a limit.
  template <class Handle>
  void wait(int timeout_ms, Handle&& handle) {
    epoll_event events[64];
    const int count = epoll_wait(fd_, events, 64, timeout_ms);
    for (int i = 0; i < count; ++i) {
      handle(Event{static_cast<Source>(events[i].data.u64 >> 32), events[i].data.u64 & 0xffffffff});
    }
  }

 private:
  int fd_;
  int error_;
};

}  // namespace shmem::launcher
