// SPDX-License-Identifier: BSD-3-Clause
//
// The process's PE. It is made before any constructor of the program can call, and never destroyed: arrays and
// other PEs' last accesses outlive static destructors, and the heap stays mapped until the process is gone.
#include <new>

#include "smp/heap/heap.h"
#include "smp/memory/mapping.h"
#include "smp/pe.h"
#include "smp/team/ctx.h"
#include "smp/team/team.h"

namespace shmem::smp {

alignas(Pe) std::byte process_storage[sizeof(Pe)];

namespace {

[[gnu::constructor(101)]] void make_process_pe() {
  new (process_storage) Pe;
}

}  // namespace

}  // namespace shmem::smp
