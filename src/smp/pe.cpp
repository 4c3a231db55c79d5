// SPDX-License-Identifier: BSD-3-Clause
#include "smp/pe.h"

#include "smp/heap/heap.h"
#include "smp/memory/mapping.h"
#include "smp/team/ctx.h"
#include "smp/team/team.h"

namespace shmem::smp {

Pe::Pe() = default;
Pe::~Pe() = default;

}  // namespace shmem::smp
