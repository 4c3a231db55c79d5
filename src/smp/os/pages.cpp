// SPDX-License-Identifier: BSD-3-Clause
//
// madvise and mremap on whole pages (pages.h).
#include "smp/os/pages.h"

#include <errno.h>
#include <sys/mman.h>
#include <unistd.h>

namespace shmem::smp::os {

std::size_t page_nbytes() noexcept {
  return static_cast<std::size_t>(sysconf(_SC_PAGESIZE));
}

bool give_back_pages(void* address, std::size_t nbytes) noexcept {
  return madvise(address, nbytes, MADV_REMOVE) == 0;
}

int show_pages_at(void* shared, std::size_t nbytes, void* place) noexcept {
  // An old size of 0 asks for a second mapping of the same pages instead of a move (mremap(2)). It needs no descriptor.
  void* shown = mremap(shared, 0, nbytes, MREMAP_MAYMOVE | MREMAP_FIXED, place);
  return shown == MAP_FAILED ? errno : 0;
}

void* private_pages(std::size_t nbytes) noexcept {
  void* pages = mmap(nullptr, nbytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  return pages == MAP_FAILED ? nullptr : pages;
}

int move_pages_to(void* pages, std::size_t nbytes, void* place) noexcept {
  void* moved = mremap(pages, nbytes, nbytes, MREMAP_MAYMOVE | MREMAP_FIXED, place);
  return moved == MAP_FAILED ? errno : 0;
}

void drop_pages(void* pages, std::size_t nbytes) noexcept {
  munmap(pages, nbytes);
}

}  // namespace shmem::smp::os
