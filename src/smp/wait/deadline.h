// SPDX-License-Identifier: BSD-3-Clause
//
// The deadline of a thread's waits. It belongs to the thread alone, and no other thread reads it.
//
// Only a wait that has spun in vain looks at it (Waiter::pause_slowly), so a short wait pays nothing for it. The wait's
// caller has looked at its condition just before, so a condition that holds by the deadline is never missed. The last
// sleep before the deadline is cut to end there.
#pragma once

#include <cstdint>

namespace shmem::smp {

inline constexpr std::int64_t kNoDeadline = 0;

// A time of os::monotonic_ns, or kNoDeadline. Initial-exec: its address costs no call.
extern constinit thread_local std::int64_t wait_deadline_ns [[gnu::tls_model("initial-exec")]];

}  // namespace shmem::smp
