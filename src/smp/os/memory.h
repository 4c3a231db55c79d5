// SPDX-License-Identifier: BSD-3-Clause
//
// Anonymous files and their mappings. Functions return 0 or a positive errno, unless stated otherwise. They keep no
// state.
#pragma once

#include <cstddef>
#include <cstdint>

namespace shmem::smp::os {

inline constexpr std::size_t kHugePage = std::size_t{2} << 20;

// Files are mapped at multiples of this, so that objects in them can be aligned to as much. Address space costs
// nothing.
inline constexpr std::size_t kMapAlignment = 4 * kHugePage;

// Makes an anonymous file that reads as zeros, sealed against resizing: no PE can take memory away from the others. It
// has no name in any file system. *fd is close-on-exec.
int create_memory_file(const char* name, std::uint64_t nbytes, int* fd) noexcept;

// The file's size, or 0 if it is not an anonymous file sealed as above.
[[nodiscard]] std::uint64_t sealed_file_nbytes(int fd) noexcept;

// Maps the file's first nbytes, shared with other processes, at a multiple of kMapAlignment. No swap is reserved: pages
// are allocated when they are touched.
int map_file(int fd, std::uint64_t nbytes, void** address) noexcept;
void unmap(void* address, std::uint64_t nbytes) noexcept;

// Whether that much address space is available in one piece.
[[nodiscard]] bool address_space_fits(std::uint64_t nbytes) noexcept;

// How much address space the limit (RLIMIT_AS) leaves to this process.
[[nodiscard]] std::uint64_t mappable_nbytes() noexcept;

// The size of the largest file that this process may make.
[[nodiscard]] std::uint64_t most_file_nbytes() noexcept;

void leave_out_of_core_dumps(void* address, std::size_t nbytes) noexcept;
void prefer_huge_pages(void* address, std::size_t nbytes) noexcept;

void close_file(int fd) noexcept;

}  // namespace shmem::smp::os
