// SPDX-License-Identifier: BSD-3-Clause
//
// Single pages of mapped memory: giving them back, showing them at a second place, replacing them. Addresses and sizes
// are multiples of the page size. Functions return 0 or a positive errno, unless stated otherwise.
#pragma once

#include <cstddef>

namespace shmem::smp::os {

[[nodiscard]] std::size_t page_nbytes() noexcept;

// Removes the pages from the shared file behind them, for every process that maps it. They read as zeros again. False
// if the kernel cannot do it.
[[nodiscard]] bool give_back_pages(void* address, std::size_t nbytes) noexcept;

// Maps the shared pages at `shared` a second time at `place`, replacing the mapping there in one step.
int show_pages_at(void* shared, std::size_t nbytes, void* place) noexcept;

// Private pages that read as zeros, or nullptr.
[[nodiscard]] void* private_pages(std::size_t nbytes) noexcept;

// Moves private pages to `place`, replacing the mapping there in one step.
int move_pages_to(void* pages, std::size_t nbytes, void* place) noexcept;

void drop_pages(void* pages, std::size_t nbytes) noexcept;

}  // namespace shmem::smp::os
