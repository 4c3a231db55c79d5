// SPDX-License-Identifier: BSD-3-Clause
//
// Contexts. On shared memory every operation completes in its call, so a context orders nothing of its own. It holds
// its options and its team, whose members the context's PE numbers count. A handle is a slot and a generation, as for
// teams. SHMEM_CTX_INVALID is 0, and SHMEM_CTX_DEFAULT is 1.
//
// The table is private to the PE, and its threads share it. Invariant: a handle that `find` accepts belongs to a
// context whose fields were filled in before.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>
#include <vector>

#include "smp/team/team.h"

namespace shmem::smp {

using CtxHandle = std::uintptr_t;
inline constexpr CtxHandle kCtxInvalid = 0;
inline constexpr CtxHandle kCtxDefault = 1;

struct Ctx {
  // 0 while the slot is free. Stored with release after the rest has been filled in; pairs with the acquire in find.
  std::atomic<CtxHandle> handle{kCtxInvalid};
  std::uint32_t generation = 0;
  TeamHandle team = kTeamInvalid;
  long options = 0;
  int start = 0;  // the team's: its PE i is PE start + i * stride of the world
  int stride = 1;
  int size = 0;
};

// Contexts lie in blocks, which are made as needed and stay, so `find` takes no lock.
class CtxTable {
 public:
  explicit CtxTable(Pe& pe);
  ~CtxTable();
  CtxTable(const CtxTable&) = delete;
  CtxTable& operator=(const CtxTable&) = delete;

  // kInvalid for a stale team. kNoMemory if no slot is free (65,000 live contexts) or memory is used up.
  Status create(TeamHandle team, long options, CtxHandle* ctx) noexcept;
  // kInvalid for the default context and for stale ones.
  Status destroy(CtxHandle ctx) noexcept;
  // For a team that has been destroyed.
  void destroy_all_of(TeamHandle team) noexcept;
  // nullptr for invalid and stale handles. Safe against concurrent create/destroy of other contexts.
  [[nodiscard]] Ctx* find(CtxHandle handle) noexcept {
    const std::size_t slot = (handle & 0xffff) - 1;
    if (slot >= kBlocks * kBlockSize) [[unlikely]]
      return nullptr;
    Ctx* block = blocks_[slot / kBlockSize].load(std::memory_order_acquire);  // pairs with create
    if (block == nullptr) return nullptr;
    Ctx& ctx = block[slot % kBlockSize];
    return ctx.handle.load(std::memory_order_acquire) == handle ? &ctx : nullptr;
  }

 private:
  static constexpr std::size_t kBlockSize = 256;
  static constexpr std::size_t kBlocks = 255;  // slots 0 to 65,279

  void free_slot(Ctx& ctx) noexcept;

  Pe& pe_;
  std::mutex mutex_;                 // guards making and destroying
  std::size_t slots_made_ = 0;       // slots that have ever been used
  std::vector<std::uint16_t> free_;  // those of them that are free
  std::atomic<Ctx*> blocks_[kBlocks] = {};
};

// The world PE of this context's PE `pe`; -1 if `pe` is out of range or the handle is stale. Most calls use the default
// context, whose numbers are those of the world.
[[nodiscard, gnu::always_inline]] inline int ctx_world_pe(Pe& me, CtxHandle handle, int pe) noexcept {
  if (handle == kCtxDefault) [[likely]]
    return pe;
  const Ctx* ctx = me.contexts ? me.contexts->find(handle) : nullptr;
  if (ctx == nullptr || static_cast<unsigned>(pe) >= static_cast<unsigned>(ctx->size)) return -1;
  return ctx->start + pe * ctx->stride;
}

}  // namespace shmem::smp
