// SPDX-License-Identifier: BSD-3-Clause
//
// Broadcast. A small message is copied into the root's slot, and the root returns at once. A large one is read from the
// root's source by all members at the same time, and the root waits until each reader has counted itself.
#include "smp/collectives/choice.h"
#include "smp/collectives/collectives.h"
#include "smp/error.h"
#include "smp/rma/copy.h"
#include "smp/team/entrance.h"
#include "smp/team/exchange.h"
#include "smp/team/receive.h"

namespace shmem::smp {

namespace {

Status await_readers(Pe& pe, Team& team) noexcept {
  team.awaited_done += static_cast<std::uint64_t>(team.size - 1);
  const std::atomic<std::uint64_t>& done = team.cell(pe, team.my_index).done.value;
  std::uint64_t seen = 0;
  const Status status = wait_until(pe, {&done, sizeof done}, [&] {
    // Acquire: pairs with the release in count_reader, so the source is not reused before it has been read.
    seen = done.load(std::memory_order_acquire);
    return seen >= team.awaited_done;
  });
  return ok(status) && (seen & kPoisonedCount) == 0 ? Status::kOk : abandon(pe, team, status);
}

void count_reader(Pe& pe, Team& team, int root) noexcept {
  const auto readers = static_cast<std::uint64_t>(team.size - 1);
  std::atomic<std::uint64_t>& counter = team.cell(pe, root).done.value;
  const std::uint64_t done = counter.fetch_add(1, std::memory_order_acq_rel) + 1;
  // Release: pairs with the acquire in await_readers, which reads this count or a later one. The root waits for all
  // readers before its next round, so a round ends when the count is a multiple of their number.
  if ((done & ~kPoisonedCount) % readers == 0) ring(pe, team.control(pe, root), &counter, sizeof counter);
}

}  // namespace

Status broadcast(Pe& pe, Team& team, void* dest, const void* source, std::size_t nbytes, int root) noexcept {
  const Entrance entrance(pe, team, Operation::kBroadcast, team.world_pe(root));
  if (!entrance) [[unlikely]]
    return entrance.refuse();
  if (!team.contains(root)) return fail(Status::kInvalid, "root %d is not in a team of %d PEs", root, team.size);
  const Call call{.operation = Operation::kBroadcast, .argument = static_cast<std::int16_t>(root), .nbytes = nbytes};
  if (nbytes == 0) return skip(team, call);

  const bool small = nbytes <= one_sender_limit(team);
  Exchange exchange(pe, team, call, small ? nbytes : 0);
  if (const Status status = exchange.open(); !ok(status)) return status;

  if (team.my_index == root) {
    if (small) {
      copy_small_or_call(exchange.my_data(), source, nbytes);
    } else {
      exchange.place_source(source);
    }
    exchange.publish_to_all();
    if (dest != source) copy_small_or_call(dest, source, nbytes);
    return small || team.size == 1 ? Status::kOk : await_readers(pe, team);
  }

  exchange.prefetch_next_of(root);
  const std::uint64_t sleeps = pe.control->sleeps.load(std::memory_order_relaxed);
  const Status status = receive_from(exchange, root);
  if (pe.control->sleeps.load(std::memory_order_relaxed) != sleeps) {
    ring_next(pe, team, exchange.of(root).sequence);
  }
  if (ok(status)) copy_small_or_call(dest, small ? exchange.data(root) : exchange.source(root), nbytes);
  // The root also waits for a reader whose arguments differ.
  if (!small && (ok(status) || status == Status::kMismatch)) count_reader(pe, team, root);
  return status;
}

}  // namespace shmem::smp
