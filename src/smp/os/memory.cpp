// SPDX-License-Identifier: BSD-3-Clause
//
// memfd_create, mmap and the limits on them (memory.h).
#include "smp/os/memory.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>

namespace shmem::smp::os {

namespace {

constexpr int kSeals = F_SEAL_SHRINK | F_SEAL_GROW;

std::uint64_t address_space_used() noexcept {
  unsigned long long pages = 0;
  if (FILE* file = std::fopen("/proc/self/statm", "re")) {
    if (std::fscanf(file, "%llu", &pages) != 1) pages = 0;
    std::fclose(file);
  }
  return pages * static_cast<std::uint64_t>(sysconf(_SC_PAGESIZE));
}

// While an object lives, files may grow to the hard limit. The soft limit is meant for files on disks; a memory file
// that has its size already may be used beyond it.
class WholeFileLimit {
 public:
  WholeFileLimit() noexcept {
    if (getrlimit(RLIMIT_FSIZE, &before_) != 0 || before_.rlim_cur == before_.rlim_max) return;
    const rlimit whole{before_.rlim_max, before_.rlim_max};
    changed_ = setrlimit(RLIMIT_FSIZE, &whole) == 0;
  }
  ~WholeFileLimit() {
    if (changed_) setrlimit(RLIMIT_FSIZE, &before_);
  }
  WholeFileLimit(const WholeFileLimit&) = delete;
  WholeFileLimit& operator=(const WholeFileLimit&) = delete;

 private:
  rlimit before_;
  bool changed_ = false;
};

}  // namespace

int create_memory_file(const char* name, std::uint64_t nbytes, int* fd) noexcept {
  const int file = memfd_create(name, MFD_CLOEXEC | MFD_ALLOW_SEALING);
  if (file < 0) return errno;
  const WholeFileLimit whole_limit;
  if (ftruncate(file, static_cast<off_t>(nbytes)) != 0 || fcntl(file, F_ADD_SEALS, kSeals | F_SEAL_SEAL) != 0) {
    const int error = errno;
    close(file);
    return error;
  }
  *fd = file;
  return 0;
}

std::uint64_t sealed_file_nbytes(int fd) noexcept {
  const int seals = fcntl(fd, F_GET_SEALS);
  struct stat information;
  if (seals < 0 || (seals & kSeals) != kSeals || fstat(fd, &information) != 0) return 0;
  return static_cast<std::uint64_t>(information.st_size);
}

int map_file(int fd, std::uint64_t nbytes, void** address) noexcept {
  // Reserves a range that is longer by one alignment, and maps the file at the first boundary in it.
  void* place = mmap(nullptr, nbytes + kMapAlignment, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  if (place == MAP_FAILED) return errno;
  const auto begin = reinterpret_cast<std::uintptr_t>(place);
  const std::uintptr_t aligned = (begin + kMapAlignment - 1) / kMapAlignment * kMapAlignment;
  void* mapped = mmap(reinterpret_cast<void*>(aligned), nbytes, PROT_READ | PROT_WRITE,
                      MAP_SHARED | MAP_NORESERVE | MAP_FIXED, fd, 0);
  if (mapped == MAP_FAILED) {
    const int error = errno;
    munmap(place, nbytes + kMapAlignment);
    return error;
  }
  const std::uintptr_t page = static_cast<std::uintptr_t>(sysconf(_SC_PAGESIZE));
  const std::uintptr_t end = (aligned + nbytes + page - 1) / page * page;
  if (aligned != begin) munmap(place, aligned - begin);
  if (end < begin + nbytes + kMapAlignment) {
    munmap(reinterpret_cast<void*>(end), begin + nbytes + kMapAlignment - end);
  }
  *address = mapped;
  return 0;
}

void unmap(void* address, std::uint64_t nbytes) noexcept {
  munmap(address, nbytes);
}

bool address_space_fits(std::uint64_t nbytes) noexcept {
  void* place = mmap(nullptr, nbytes, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  if (place == MAP_FAILED) return false;
  munmap(place, nbytes);
  return true;
}

std::uint64_t mappable_nbytes() noexcept {
  rlimit resource;
  if (getrlimit(RLIMIT_AS, &resource) != 0 || resource.rlim_cur == RLIM_INFINITY) return UINT64_MAX;
  const std::uint64_t used = address_space_used();
  return resource.rlim_cur > used ? resource.rlim_cur - used : 0;
}

std::uint64_t most_file_nbytes() noexcept {
  rlimit resource;
  if (getrlimit(RLIMIT_FSIZE, &resource) != 0 || resource.rlim_max == RLIM_INFINITY) return UINT64_MAX;
  return resource.rlim_max;
}

void leave_out_of_core_dumps(void* address, std::size_t nbytes) noexcept {
  if (nbytes > 0) madvise(address, nbytes, MADV_DONTDUMP);
}

void prefer_huge_pages(void* address, std::size_t nbytes) noexcept {
  if (nbytes > 0) madvise(address, nbytes, MADV_HUGEPAGE);
}

void close_file(int fd) noexcept {
  if (fd >= 0) close(fd);
}

}  // namespace shmem::smp::os
