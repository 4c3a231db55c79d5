// SPDX-License-Identifier: BSD-3-Clause
//
// Operation: the routine that a PE is in, as its control block notes it (memory/layout.h) and as messages name it.
#pragma once

#include <cstdint>

namespace shmem::smp {

enum class Operation : std::uint16_t {
#define SHMEM_OPERATION(name, text) k##name,
#include "smp/operations.def"
#undef SHMEM_OPERATION
};

// The routine's name, "shmem_barrier_all". A number from shared memory may be no operation, and then is said to be
// unknown.
[[nodiscard]] const char* operation_name(Operation operation) noexcept;

}  // namespace shmem::smp
