// SPDX-License-Identifier: BSD-3-Clause
//
// Collect and fcollect. Each member publishes its block, as a copy in its slot or as the address of its source, and
// copies the blocks of all. Or the blocks move in pairs: the later of two members copies both ways. After blocks were
// read from sources, all members meet before they return, so that sources may be reused.
#include "smp/collectives/choice.h"
#include "smp/collectives/collectives.h"
#include "smp/error.h"
#include "smp/rma/copy.h"
#include "smp/team/entrance.h"
#include "smp/team/exchange.h"
#include "smp/team/receive.h"
#include "smp/team/receive_in_pairs.h"

namespace shmem::smp {

Status fcollect(Pe& pe, Team& team, void* dest, const void* source, std::size_t nbytes) noexcept {
  const Entrance entrance(pe, team, Operation::kFcollect);
  if (!entrance) [[unlikely]]
    return entrance.refuse();
  const Call call{.operation = Operation::kFcollect, .nbytes = nbytes};
  if (nbytes == 0) return skip(team, call);

  const auto me = static_cast<std::size_t>(team.my_index);
  const bool small = nbytes <= all_senders_limit(team);
  Exchange exchange(pe, team, call, small ? nbytes : sizeof(std::uint64_t));
  if (const Status status = exchange.open(); !ok(status)) return status;
  auto* const to = static_cast<std::byte*>(dest);
  if (small) {
    copy_small_or_call(exchange.my_data(), source, nbytes);
  } else {
    exchange.place_source(source);
  }
  if (!small && moves_in_pairs(team, nbytes)) {
    exchange.place_dest(dest);
    return receive_in_pairs(exchange, [&](int index) noexcept {
      const auto other = static_cast<std::size_t>(index);
      copy_bytes(to + other * nbytes, exchange.source(index), nbytes);
      if (other != me) copy_bytes(exchange.dest(index) + me * nbytes, source, nbytes);
    });
  }
  exchange.publish();
  const Status status = receive_all(exchange, [&](int index) noexcept {
    const auto other = static_cast<std::size_t>(index);
    const void* from = other == me ? source : small ? exchange.data(index) : exchange.source(index);
    copy_small_or_call(to + other * nbytes, from, nbytes);
  });
  if (!ok(status) || small) return status;
  return rendezvous(pe, team);
}

// The length travels in the slot, followed by the block if that fits as well. The place of a block is known when the
// lengths of all blocks before it are known.
Status collect(Pe& pe, Team& team, void* dest, const void* source, std::size_t nbytes) noexcept {
  const Entrance entrance(pe, team, Operation::kCollect);
  if (!entrance) [[unlikely]]
    return entrance.refuse();
  constexpr std::size_t kHeader = sizeof(std::uint64_t);
  const std::size_t limit = all_senders_limit(team) - kHeader;
  Exchange exchange(pe, team, {.operation = Operation::kCollect}, nbytes <= limit ? kHeader + nbytes : kHeader);
  if (const Status status = exchange.open(limit + kHeader); !ok(status)) return status;
  const std::uint64_t length = nbytes;
  std::memcpy(exchange.slot_data(team.my_index), &length, kHeader);
  if (nbytes > limit) {
    exchange.place_source(source);
  } else if (nbytes > 0) {
    copy_bytes(exchange.my_data() + kHeader, source, nbytes);
  }
  exchange.publish();
  if (const Status status = receive_all(exchange); !ok(status)) return status;

  bool all_small = true;
  bool all_fit = true;  // dest's length is checked here, since the other members' lengths are known only now
  auto* block = static_cast<std::byte*>(dest);
  for (int index = 0; index < team.size; ++index) {
    const bool is_mine = index == team.my_index;
    std::uint64_t block_nbytes = nbytes;
    if (!is_mine) std::memcpy(&block_nbytes, exchange.slot_data(index), kHeader);
    if (block_nbytes > 0) {
      const bool small = block_nbytes <= limit;
      all_small = all_small && small;
      all_fit = all_fit && pe.translate(block, block_nbytes, pe.me) != nullptr;
      const void* from = is_mine ? source
                         : small ? exchange.data(index, kHeader + block_nbytes) + kHeader
                                 : exchange.source(index);
      if (all_fit) copy_bytes(block, from, block_nbytes);
      block += block_nbytes;
    }
  }
  const Status status = all_small ? Status::kOk : rendezvous(pe, team);
  if (!ok(status) || all_fit) return status;
  return fail(Status::kInvalid, "dest = %p is too short for the %zu bytes that all bring", dest,
              static_cast<std::size_t>(block - static_cast<std::byte*>(dest)));
}

}  // namespace shmem::smp
