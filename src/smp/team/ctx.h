// SPDX-License-Identifier: BSD-3-Clause
//
// Contexts. On shared memory every operation completes in its call, so a context orders nothing of its own:
// it carries its team, relative to which PEs are numbered, and its options. Handles are slot and generation
// as for teams; SHMEM_CTX_INVALID is 0 and SHMEM_CTX_DEFAULT 1. Private to the PE; local operations.
#pragma once

#include <cstdint>

#include "smp/team/team.h"

namespace shmem::smp {

using CtxHandle = std::uintptr_t;
inline constexpr CtxHandle kCtxInvalid = 0;
inline constexpr CtxHandle kCtxDefault = 1;

struct Ctx {
  TeamHandle team = kTeamInvalid;
  long options = 0;
  int start = 0;   // translation to world PEs: start + pe * stride, copied from the team
  int stride = 1;
  int size = 0;
  std::uint32_t generation = 0;
  bool live = false;
};

class CtxTable {
 public:
  explicit CtxTable(Pe& pe);
  ~CtxTable();

  // kInvalid for a stale team; kNoMemory when out of slots (65,000 live contexts).
  Status create(TeamHandle team, long options, CtxHandle* ctx) noexcept;
  Status destroy(CtxHandle ctx) noexcept;
  // nullptr for invalid and stale handles. Safe against concurrent create/destroy of other contexts.
  [[nodiscard]] Ctx* find(CtxHandle ctx) noexcept;

 private:
  struct Impl;
  Impl* impl_;
};

// World PE for `pe` of this context; -1 if out of range or the handle is stale. The default context is the
// way that everybody takes.
[[nodiscard, gnu::always_inline]] inline int ctx_world_pe(Pe& me, CtxHandle handle, int pe) noexcept {
  if (handle == kCtxDefault) [[likely]] return pe;
  const Ctx* ctx = me.contexts ? me.contexts->find(handle) : nullptr;
  if (ctx == nullptr || static_cast<unsigned>(pe) >= static_cast<unsigned>(ctx->size)) return -1;
  return ctx->start + pe * ctx->stride;
}

}  // namespace shmem::smp
