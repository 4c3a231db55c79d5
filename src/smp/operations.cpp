// SPDX-License-Identifier: BSD-3-Clause
//
// The names of the operations, out of their table (operations.def).
#include "smp/operations.h"

namespace shmem::smp {

const char* operation_name(Operation operation) noexcept {
  switch (operation) {
#define SHMEM_OPERATION(name, text) \
  case Operation::k##name:          \
    return text;
#include "smp/operations.def"
#undef SHMEM_OPERATION
  }
  return "an unknown operation";
}

}  // namespace shmem::smp
