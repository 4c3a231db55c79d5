// SPDX-License-Identifier: BSD-3-Clause
//
// Finds the executable's data in its program headers, moves them into the job's memory, and keeps a copy for a forked
// child (globals.h). `moved` and `kept_for_child` belong to the process; init and the handlers of fork alone use them.
// Other PEs read `data_begin`, `data_nbytes` and `data_hash` of the control block after the meeting that ends init.
#include "smp/joining/globals.h"

#include <elf.h>
#include <link.h>
#include <string.h>

#include <algorithm>

#include "smp/error.h"
#include "smp/os/pages.h"
#include "smp/os/process.h"

namespace shmem::smp {

namespace {

constexpr char kSoname[] = "libshmem4py.so.1";

// The pieces that have been moved, for the handlers of fork. init sets them once, under the lock of a PE's life.
DataPieces moved;
std::byte* kept_for_child = nullptr;

struct Fnv {
  std::uint64_t hash = 14695981039346656037u;
  void add(const void* bytes, std::size_t nbytes) noexcept {
    for (std::size_t i = 0; i < nbytes; ++i) {
      hash = (hash ^ static_cast<const unsigned char*>(bytes)[i]) * 1099511628211u;
    }
  }
};

bool needs_library(const dl_phdr_info& executable, const ElfW(Phdr) & segment) noexcept {
  const auto* const first = reinterpret_cast<const ElfW(Dyn)*>(executable.dlpi_addr + segment.p_vaddr);
  std::uintptr_t strings = 0;
  for (const ElfW(Dyn)* entry = first; entry->d_tag != DT_NULL; ++entry) {
    if (entry->d_tag == DT_STRTAB) strings = entry->d_un.d_ptr;
  }
  if (strings == 0) return false;
  if (strings < executable.dlpi_addr) strings += executable.dlpi_addr;  // some C libraries do not relocate this entry
  for (const ElfW(Dyn)* entry = first; entry->d_tag != DT_NULL; ++entry) {
    if (entry->d_tag == DT_NEEDED && strcmp(reinterpret_cast<const char*>(strings) + entry->d_un.d_val, kSoname) == 0) {
      return true;
    }
  }
  return false;
}

void add_piece(DataPieces& data, std::uintptr_t begin, std::uintptr_t end) noexcept {
  if (begin >= end || data.count == DataPieces::kMost) return;
  data.pieces[data.count++] = {reinterpret_cast<std::byte*>(begin), end - begin};
}

int look_at_executable(dl_phdr_info* executable, std::size_t, void* result) noexcept {
  DataPieces& data = *static_cast<DataPieces*>(result);
  const std::uintptr_t page = os::page_nbytes();
  const std::uintptr_t base = executable->dlpi_addr;
  const auto down = [page](std::uintptr_t address) { return address / page * page; };

  bool needed = false;
  std::uintptr_t fixed_begin = 0;  // read-only after start; the loader protects whole pages only
  std::uintptr_t fixed_end = 0;
  Fnv hash;
  for (int i = 0; i < executable->dlpi_phnum; ++i) {
    const ElfW(Phdr)& segment = executable->dlpi_phdr[i];
    const std::uintptr_t begin = base + segment.p_vaddr;
    if (segment.p_type == PT_DYNAMIC) needed = needs_library(*executable, segment);
    if (segment.p_type == PT_GNU_RELRO) {
      fixed_begin = down(begin);
      fixed_end = down(begin + segment.p_memsz);
    }
    // The layout, and the linker's build id in the notes: together they are equal for the same executable only.
    hash.add(&segment, sizeof segment);
    if (segment.p_type == PT_NOTE) hash.add(reinterpret_cast<const void*>(begin), segment.p_memsz);
  }
  if (!needed) return 1;
  data.hash = hash.hash;
  for (int i = 0; i < executable->dlpi_phnum; ++i) {
    const ElfW(Phdr)& segment = executable->dlpi_phdr[i];
    if (segment.p_type != PT_LOAD) continue;
    if ((segment.p_flags & PF_W) == 0) {
      if (data.constants_count < DataPieces::kMost) {
        data.constants[data.constants_count++] = {reinterpret_cast<std::byte*>(base + segment.p_vaddr),
                                                  segment.p_memsz};
      }
      continue;
    }
    const std::uintptr_t begin = down(base + segment.p_vaddr);
    // The rest of the last page lies behind .bss, and nothing else uses it: the heap (brk) begins at a page.
    const std::uintptr_t end = down(base + segment.p_vaddr + segment.p_memsz + page - 1);
    add_piece(data, begin, std::min(end, std::max(begin, fixed_begin)));
    add_piece(data, std::max(begin, std::min(end, fixed_end)), end);
  }
  return 1;  // the executable comes first, and nothing else is looked at
}

// Copies whole pages, except pages of zeros, since `to` holds zeros already. It does not call memcpy: sanitizers
// replace that, and would report the red zones between an executable's variables.
[[gnu::no_sanitize("address", "thread", "undefined")]] void copy_pages(std::byte* to, const std::byte* from,
                                                                       std::size_t nbytes) noexcept {
  constexpr std::size_t kWords = 4096 / sizeof(std::uint64_t);
  const auto* source = reinterpret_cast<const std::uint64_t*>(from);
  auto* target = reinterpret_cast<volatile std::uint64_t*>(to);
  for (std::size_t at = 0; at < nbytes / sizeof(std::uint64_t); at += kWords) {
    std::uint64_t bits = 0;
    for (std::size_t i = 0; i < kWords; ++i) bits |= source[at + i];
    if (bits == 0) continue;
    for (std::size_t i = 0; i < kWords; ++i) target[at + i] = source[at + i];
  }
}

}  // namespace

DataPieces find_globals() noexcept {
  DataPieces data;
  dl_iterate_phdr(look_at_executable, &data);
  return data;
}

Status share_data(Pe& pe, const DataPieces& data) noexcept {
  if (data.count == 0) return Status::kOk;
  std::byte* const area = pe.data_zero + static_cast<std::size_t>(pe.me) * pe.data_stride;
  if (data.nbytes() > pe.data_stride) {
    return fail(Status::kUnsupported,
                "the program's static variables take %zu MiB, and this job has room for %zu MiB of them (large arrays "
                "belong into shmem_malloc)",
                data.nbytes() >> 20, pe.data_stride >> 20);
  }
  {
    // No handler of the program runs between copying its variables and mapping the copy.
    const os::SignalsBlocked signals;
    for (int i = 0; i < data.count; ++i) {
      const MemoryRange& piece = data.pieces[i];
      std::byte* const place = area + (piece.begin - data.begin());
      copy_pages(place, piece.begin, piece.nbytes);
      if (const int error = os::show_pages_at(place, piece.nbytes, piece.begin)) {
        return fail(Status::kSystem, "cannot move the program's static variables into the job's memory: %s",
                    strerror(error));
      }
    }
    moved = data;
  }
  pe.data_begin = data.begin();
  pe.data_nbytes = data.nbytes();
  pe.constants = moved.constants;
  pe.constants_count = moved.constants_count;
  // Relaxed: other PEs read these after the meeting that ends init.
  pe.control->data_begin.store(reinterpret_cast<std::uintptr_t>(data.begin()), std::memory_order_relaxed);
  pe.control->data_nbytes.store(data.nbytes(), std::memory_order_relaxed);
  pe.control->data_hash.store(data.hash, std::memory_order_relaxed);
  return Status::kOk;
}

void keep_data_before_fork() noexcept {
  if (moved.count == 0) return;
  kept_for_child = static_cast<std::byte*>(os::private_pages(moved.nbytes()));
  if (kept_for_child == nullptr) return;
  for (int i = 0; i < moved.count; ++i) {
    const MemoryRange& piece = moved.pieces[i];
    copy_pages(kept_for_child + (piece.begin - moved.begin()), piece.begin, piece.nbytes);
  }
}

void drop_kept_data_in_parent() noexcept {
  if (kept_for_child == nullptr) return;
  os::drop_pages(kept_for_child, moved.nbytes());
  kept_for_child = nullptr;
}

bool restore_data_in_child() noexcept {
  if (moved.count == 0) return true;
  if (kept_for_child == nullptr) return false;
  for (int i = 0; i < moved.count; ++i) {
    const MemoryRange& piece = moved.pieces[i];
    if (os::move_pages_to(kept_for_child + (piece.begin - moved.begin()), piece.nbytes, piece.begin) != 0) return false;
  }
  moved.count = 0;
  kept_for_child = nullptr;
  return true;
}

}  // namespace shmem::smp
