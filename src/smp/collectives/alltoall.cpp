// SPDX-License-Identifier: BSD-3-Clause
//
// Alltoall: member k's block l goes to member l's block k. Each member publishes its blocks, as a copy in its slot or
// as the address of its source, and copies its own block from each. Or the blocks move in pairs: the later of two
// members copies both ways. Strided elements travel packed in slots.
#include "smp/collectives/choice.h"
#include "smp/collectives/collectives.h"
#include "smp/rma/copy.h"
#include "smp/team/entrance.h"
#include "smp/team/exchange.h"
#include "smp/team/receive.h"
#include "smp/team/receive_in_pairs.h"

namespace shmem::smp {

Status alltoall(Pe& pe, Team& team, void* dest, const void* source, std::size_t nbytes) noexcept {
  const Entrance entrance(pe, team, Operation::kAlltoall);
  if (!entrance) [[unlikely]]
    return entrance.refuse();
  const Call call{.operation = Operation::kAlltoall, .nbytes = nbytes};
  if (nbytes == 0) return skip(team, call);

  const auto size = static_cast<std::size_t>(team.size);
  const auto me = static_cast<std::size_t>(team.my_index);
  const bool small = nbytes <= all_senders_limit(team) / size;
  Exchange exchange(pe, team, call, small ? nbytes * size : sizeof(std::uint64_t));
  if (const Status status = exchange.open(); !ok(status)) return status;
  const auto block = [nbytes](auto* blocks, std::size_t index) noexcept { return blocks + index * nbytes; };
  auto* const to = static_cast<std::byte*>(dest);
  const auto* const from = static_cast<const std::byte*>(source);
  if (small) {
    copy_bytes(exchange.my_data(), source, nbytes * size);
  } else {
    exchange.place_source(source);
  }
  if (!small && moves_in_pairs(team, nbytes)) {
    exchange.place_dest(dest);
    return receive_in_pairs(exchange, [&](int index) noexcept {
      const auto other = static_cast<std::size_t>(index);
      copy_bytes(block(to, other), block(exchange.source(index), me), nbytes);
      if (other != me) copy_bytes(block(exchange.dest(index), me), block(from, other), nbytes);
    });
  }
  exchange.publish();
  const Status status = receive_all(exchange, [&](int index) noexcept {
    const auto other = static_cast<std::size_t>(index);
    const std::byte* const blocks = other == me ? from : small ? exchange.data(index) : exchange.source(index);
    copy_small_or_call(block(to, other), block(blocks, me), nbytes);
  });
  if (!ok(status) || small) return status;
  return rendezvous(pe, team);
}

Status alltoalls(Pe& pe, Team& team, void* dest, const void* source, std::ptrdiff_t dest_stride,
                 std::ptrdiff_t source_stride, std::size_t nelems, std::size_t element_nbytes) noexcept {
  const Entrance entrance(pe, team, Operation::kAlltoalls);
  if (!entrance) [[unlikely]]
    return entrance.refuse();
  const std::size_t nbytes = nelems * element_nbytes;
  const Call call{.operation = Operation::kAlltoalls, .nbytes = nbytes};
  // A Call has no room for the strides, so they are remembered in the team's history alone.
  team.remember(static_cast<std::uint32_t>(dest_stride));
  team.remember(static_cast<std::uint32_t>(source_stride));
  if (nelems == 0) return skip(team, call);

  const auto size = static_cast<std::size_t>(team.size);
  const auto me = static_cast<std::size_t>(team.my_index);
  const bool small = nbytes <= all_senders_limit(team) / size;
  Exchange exchange(pe, team, call, small ? nbytes * size : sizeof(std::uint64_t));
  if (const Status status = exchange.open(); !ok(status)) return status;
  const auto block = [nbytes](auto* blocks, int index, std::ptrdiff_t stride) noexcept {
    return blocks + index * static_cast<std::ptrdiff_t>(nbytes) * stride;
  };
  auto* const to = static_cast<std::byte*>(dest);
  const auto* const from = static_cast<const std::byte*>(source);
  const auto copy = [&](std::byte* target, const std::byte* elements) noexcept {
    copy_strided(target, elements, dest_stride, source_stride, 1, nelems, element_nbytes);
  };
  if (small) {
    copy_strided(exchange.my_data(), source, 1, source_stride, 1, nelems * size, element_nbytes);
  } else {
    exchange.place_source(source);
  }
  if (!small && moves_in_pairs(team, nbytes)) {
    exchange.place_dest(dest);
    return receive_in_pairs(exchange, [&](int index) noexcept {
      copy(block(to, index, dest_stride), block(exchange.source(index), team.my_index, source_stride));
      if (index == team.my_index) return;
      copy(block(exchange.dest(index), team.my_index, dest_stride), block(from, index, source_stride));
    });
  }
  exchange.publish();
  const Status status = receive_all(exchange, [&](int index) noexcept {
    std::byte* const target = block(to, index, dest_stride);
    if (small) {
      copy_strided(target, exchange.data(index) + me * nbytes, dest_stride, 1, 1, nelems, element_nbytes);
    } else {
      copy(target, block(exchange.source(index), team.my_index, source_stride));
    }
  });
  if (!ok(status) || small) return status;
  return rendezvous(pe, team);
}

}  // namespace shmem::smp
