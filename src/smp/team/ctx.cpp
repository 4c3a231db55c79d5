// SPDX-License-Identifier: BSD-3-Clause
//
// Makes and destroys contexts (ctx.h). A mutex orders both; `find` takes none. Invariant: a block of contexts stays
// where it is until the table ends, and a handle is stored after the other fields of its context.
#include "smp/team/ctx.h"

#include <new>

#include "smp/error.h"

namespace shmem::smp {

void DeletePart::operator()(CtxTable* contexts) const noexcept {
  delete contexts;
}

CtxTable::CtxTable(Pe& pe) : pe_(pe) {
  free_.reserve(kBlockSize);
  auto* block = new Ctx[kBlockSize];
  blocks_[0].store(block, std::memory_order_release);
  slots_made_ = 1;
  Ctx& all = block[0];
  all.team = kTeamWorld;
  all.size = pe.npes;
  all.handle.store(kCtxDefault, std::memory_order_release);
}

CtxTable::~CtxTable() {
  for (auto& block : blocks_) delete[] block.load(std::memory_order_relaxed);
}

Status CtxTable::create(TeamHandle team_handle, long options, CtxHandle* handle) noexcept {
  *handle = kCtxInvalid;
  const Team* team = pe_.teams->find(team_handle);
  if (team == nullptr) return fail(Status::kInvalid, "a context needs a team that exists");
  const std::lock_guard<std::mutex> lock(mutex_);
  std::size_t slot = slots_made_;
  if (!free_.empty()) {
    slot = free_.back();
    free_.pop_back();
  } else {
    if (slot == kBlocks * kBlockSize) return fail(Status::kNoMemory, "%zu contexts exist already", slot);
    if (slot % kBlockSize == 0) {
      try {
        free_.reserve(slot + kBlockSize);  // free_slot then never allocates
        blocks_[slot / kBlockSize].store(new Ctx[kBlockSize], std::memory_order_release);  // pairs with find
      } catch (const std::bad_alloc&) {
        return fail(Status::kNoMemory, "no memory for more than %zu contexts", slot);
      }
    }
    ++slots_made_;
  }
  Ctx& ctx = blocks_[slot / kBlockSize].load(std::memory_order_relaxed)[slot % kBlockSize];
  ++ctx.generation;
  ctx.team = team_handle;
  ctx.options = options;
  ctx.start = team->start;
  ctx.stride = team->stride;
  ctx.size = team->size;
  *handle = static_cast<CtxHandle>(ctx.generation) << 16 | (slot + 1);
  ctx.handle.store(*handle, std::memory_order_release);
  return Status::kOk;
}

Status CtxTable::destroy(CtxHandle handle) noexcept {
  Ctx* ctx = handle == kCtxDefault ? nullptr : find(handle);
  if (ctx == nullptr) return fail(Status::kInvalid, "there is no such context to destroy");
  const std::lock_guard<std::mutex> lock(mutex_);
  free_slot(*ctx);
  return Status::kOk;
}

void CtxTable::destroy_all_of(TeamHandle team) noexcept {
  const std::lock_guard<std::mutex> lock(mutex_);
  for (std::size_t slot = 1; slot < slots_made_; ++slot) {
    Ctx& ctx = blocks_[slot / kBlockSize].load(std::memory_order_relaxed)[slot % kBlockSize];
    if (ctx.team == team) free_slot(ctx);
  }
}

// The caller holds the mutex.
void CtxTable::free_slot(Ctx& ctx) noexcept {
  const CtxHandle handle = ctx.handle.exchange(kCtxInvalid, std::memory_order_relaxed);
  if (handle == kCtxInvalid) return;  // another thread was first
  ctx.team = kTeamInvalid;
  free_.push_back(static_cast<std::uint16_t>((handle & 0xffff) - 1));
}

}  // namespace shmem::smp
