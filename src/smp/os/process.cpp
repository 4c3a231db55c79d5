// SPDX-License-Identifier: BSD-3-Clause
//
// Reads /proc, pidfds and random bits (process.h).
#include "smp/os/process.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <utility>

namespace shmem::smp::os {

namespace {

struct Closer {
  void operator()(FILE* file) const noexcept { std::fclose(file); }
  void operator()(DIR* folder) const noexcept { closedir(folder); }
};
using File = std::unique_ptr<FILE, Closer>;

// Calls visit(number) for each entry of the folder whose name is a number. False if the folder cannot be read.
template <class Visit>
bool visit_numbers(const char* path, Visit visit) {
  const std::unique_ptr<DIR, Closer> folder(opendir(path));
  if (!folder) return false;
  while (const dirent* entry = readdir(folder.get())) {
    if (const int number = std::atoi(entry->d_name); number > 0) visit(number);
  }
  return true;
}

// The file of a mapping: its device and number, as /proc/PID/maps writes them.
struct MappedFile {
  char device[16] = "";
  unsigned long long number = 0;
};

// Whether accept(begin, end, file) is true for some line of `maps`.
template <class Accept>
bool find_mapping(const char* path, Accept accept) {
  const File file(std::fopen(path, "re"));
  if (!file) return false;
  char line[512];
  bool at_begin = true;
  while (std::fgets(line, sizeof line, file.get()) != nullptr) {
    const bool whole = std::strchr(line, '\n') != nullptr;
    unsigned long long begin = 0;
    unsigned long long end = 0;
    MappedFile mapped;
    if (std::exchange(at_begin, whole) &&
        std::sscanf(line, "%llx-%llx %*s %*s %15s %llu", &begin, &end, mapped.device, &mapped.number) == 4 &&
        accept(begin, end, mapped)) {
      return true;
    }
  }
  return false;
}

}  // namespace

int process_id() noexcept {
  return getpid();
}

bool has_one_thread() noexcept {
  struct stat tasks;  // a folder with one folder per thread
  constexpr nlink_t kOwnLinks = 2;
  return stat("/proc/self/task", &tasks) == 0 && tasks.st_nlink == kOwnLinks + 1;
}

int thread_id() noexcept {
  return static_cast<int>(syscall(SYS_gettid));
}

std::vector<ThreadInfo> threads_of(int pid) {
  std::vector<ThreadInfo> threads;
  const std::string folder = "/proc/" + std::to_string(pid) + "/task";
  visit_numbers(folder.c_str(), [&](int id) {
    const File file(std::fopen((folder + "/" + std::to_string(id) + "/stat").c_str(), "re"));
    char line[256];
    if (!file || std::fgets(line, sizeof line, file.get()) == nullptr) return;  // the thread has ended meanwhile
    const char* end = std::strrchr(line, ')');  // of the name, which may contain anything
    threads.push_back({id, end != nullptr && end[1] == ' ' && end[2] == 'R'});
  });
  return threads;
}

std::vector<int> processes_mapping(const void* address) {
  std::vector<int> processes;
  const auto at = reinterpret_cast<std::uintptr_t>(address);
  MappedFile ours;
  const bool found = find_mapping("/proc/self/maps", [&](auto begin, auto end, const MappedFile& mapped) {
    ours = mapped;
    return begin <= at && at < end;
  });
  if (!found || ours.number == 0) return processes;
  visit_numbers("/proc", [&](int pid) {
    const std::string path = "/proc/" + std::to_string(pid) + "/maps";
    if (pid != getpid() && find_mapping(path.c_str(), [&](auto, auto, const MappedFile& mapped) {
          return mapped.number == ours.number && std::strcmp(mapped.device, ours.device) == 0;
        })) {
      processes.push_back(pid);
    }
  });
  return processes;
}

bool has_children() noexcept {
  siginfo_t child;
  return waitid(P_ALL, 0, &child, WEXITED | WNOHANG | WNOWAIT) == 0 || errno != ECHILD;
}

int watch_process(int pid) noexcept {
  return static_cast<int>(syscall(SYS_pidfd_open, pid, 0));
}

bool has_ended(int watched) noexcept {
  return wait_readable(watched, 0);
}

bool wait_readable(int fd, int timeout_ms) noexcept {
  pollfd entry{fd, POLLIN, 0};
  return poll(&entry, 1, timeout_ms) == 1;
}

bool process_info(int pid, ProcessInfo* info) noexcept {
  char path[32];
  std::snprintf(path, sizeof path, "/proc/%d/stat", pid);
  FILE* file = std::fopen(path, "re");
  if (file == nullptr) return false;
  char line[1024];
  const bool read = std::fgets(line, sizeof line, file) != nullptr;
  std::fclose(file);
  if (!read) return false;
  // pid (name) state ppid …; the name may hold anything, so its end is the last parenthesis.
  const char* begin = std::strchr(line, '(');
  const char* end = std::strrchr(line, ')');
  if (begin == nullptr || end == nullptr) return false;
  info->name.assign(begin + 1, end);
  unsigned long long start = 0;
  char state = 0;
  if (std::sscanf(end + 1, " %c %d %*d %*d %*d %*d %*u %*u %*u %*u %*u %*u %*u %*d %*d %*d %*d %*d %*d %llu", &state,
                  &info->parent, &start) != 3) {
    return false;
  }
  info->start_time = start;
  info->ended = state == 'Z' || state == 'X';
  return true;
}

int cores_before_binding() noexcept {
  int cores = 1;
  ProcessInfo info;
  for (int pid = getpid(); pid > 0 && process_info(pid, &info); pid = info.parent) {
    cpu_set_t set;
    if (sched_getaffinity(pid, sizeof set, &set) == 0) cores = std::max(cores, CPU_COUNT(&set));
  }
  return cores;
}

int random_word(std::uint64_t* word) noexcept {
  constexpr auto kNbytes = static_cast<ssize_t>(sizeof *word);
  ssize_t nbytes;
  do {
    nbytes = getrandom(word, sizeof *word, 0);
  } while (nbytes < 0 && errno == EINTR);
  if (nbytes == kNbytes) return 0;
  // An old kernel, or a sandbox that forbids the call. The device gives the same bits.
  const int fd = open("/dev/urandom", O_RDONLY | O_CLOEXEC);
  if (fd < 0) return errno;
  nbytes = read(fd, word, sizeof *word);
  const int error = nbytes == kNbytes ? 0 : nbytes < 0 ? errno : EIO;
  close(fd);
  return error;
}

void sleep_ns(std::int64_t nanoseconds) noexcept {
  const timespec time{nanoseconds / 1'000'000'000, nanoseconds % 1'000'000'000};
  nanosleep(&time, nullptr);
}

void block_signals() noexcept {
  sigset_t all;
  sigfillset(&all);
  pthread_sigmask(SIG_SETMASK, &all, nullptr);
}

SignalsBlocked::SignalsBlocked() noexcept {
  sigset_t all;
  sigfillset(&all);
  pthread_sigmask(SIG_SETMASK, &all, &before_);
}

SignalsBlocked::~SignalsBlocked() {
  pthread_sigmask(SIG_SETMASK, &before_, nullptr);
}

void leave_process(int status) noexcept {
  _exit(status);
}

}  // namespace shmem::smp::os
