// SPDX-License-Identifier: BSD-3-Clause
//
// The process's PE. It is made before the program's constructors run, which may call the library. It is never
// destroyed: arrays and other PEs' last accesses outlive static destructors, and the heap stays mapped until the
// process has ended.
#include <new>

#include "smp/pe.h"

namespace shmem::smp {

alignas(Pe) std::byte process_storage[sizeof(Pe)];

namespace {

[[gnu::constructor(101)]] void make_process_pe() {
  new (process_storage) Pe;
}

}  // namespace

}  // namespace shmem::smp
