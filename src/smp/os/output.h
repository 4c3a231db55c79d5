// SPDX-License-Identifier: BSD-3-Clause
//
// Writing to descriptors. The functions keep no state, and a signal handler may call them.
#pragma once

#include <cstdint>
#include <string_view>

namespace shmem::smp::os {

inline constexpr int kStandardError = 2;

// Writes the text with one call, so that it is not mixed with what other processes write. What the call does not take
// is lost.
void write_once(int fd, std::string_view text) noexcept;

// Writes the whole text, and waits while the descriptor takes no more. False if it takes none at all.
bool write_all(int fd, std::string_view text) noexcept;

// Which file a descriptor is. False if it is closed.
struct FileIdentity {
  std::uint64_t device = 0;
  std::uint64_t inode = 0;
};
[[nodiscard]] bool file_identity(int fd, FileIdentity* identity) noexcept;

}  // namespace shmem::smp::os
