// SPDX-License-Identifier: BSD-3-Clause
//
// Settings: the environment variables of the standard (section Environment Variables) and our own, all rows of
// settings.def. The older SMA_ names count where the new one is not set. Read when they are needed; never written.
#pragma once

#include <cstdint>
#include <string>

#include "smp/status.h"

namespace shmem::smp {

enum class Setting {
#define SHMEM_SETTING(name, ...) k##name,
#include "smp/joining/settings.def"
#undef SHMEM_SETTING
};

// The value in the environment, or nullptr; an empty one counts as not set. *name: the name it was found under.
[[nodiscard]] const char* setting(Setting which, const char** name = nullptr) noexcept;

// A size as the standard writes it: digits with an optional decimal point and one of k, m, g, t in either case; what
// follows the letter is ignored. And as people write it: 1e6, 1_000_000, 2 GiB, 512 bytes. Rounded up to whole bytes.
// False if it is no size, or 2^63 and more.
[[nodiscard]] bool parse_nbytes(const char* text, std::uint64_t* nbytes) noexcept;

// The heap that SHMEM_SYMMETRIC_SIZE asks for; 0 if it says nothing. A heap of no bytes is one of 1.
Status requested_heap_nbytes(std::uint64_t* nbytes) noexcept;

// How long a job must stand still before it is told so: what SHMEM4PY_STALL says, in nanoseconds, or ten seconds.
// kInvalid if its value breaks the rule.
inline constexpr char kStallRule[] = "a number of seconds, 0 for never";
[[nodiscard]] bool parse_stall(const char* text, std::int64_t* stall_ns) noexcept;
Status requested_stall_ns(std::int64_t* stall_ns) noexcept;

// What SHMEM_INFO prints, and what SHMEM_VERSION does; they end with a line end.
[[nodiscard]] std::string settings_text();
[[nodiscard]] std::string version_text();

}  // namespace shmem::smp
