// SPDX-License-Identifier: BSD-3-Clause
//
// Alltoall: member k's block l goes to member l's block k. Each member publishes all its blocks in its slot, or
// where they lie, and copies its own from each. Strided elements travel packed in slots.
#include "smp/collectives/collectives.h"
#include "smp/collectives/tuning.h"
#include "smp/rma/transfer.h"
#include "smp/team/exchange.h"

namespace shmem::smp {

Status alltoall(Pe& pe, Team& team, void* dest, const void* source, std::size_t nbytes) noexcept {
  const NoteScope note(pe, Operation::kAlltoall, -1, team.slot);
  if (nbytes == 0) return Status::kOk;

  const auto size = static_cast<std::size_t>(team.size);
  const auto me = static_cast<std::size_t>(team.my_index);
  const bool small = nbytes <= all_senders_limit(team) / size;
  Exchange exchange(pe, team, {.operation = Operation::kAlltoall, .nbytes = nbytes}, small ? nbytes * size : 0);
  if (const Status status = exchange.open(); !ok(status)) return status;
  if (small) {
    copy_bytes(exchange.my_data(), source, nbytes * size);
  } else {
    exchange.place_source(source);
  }
  exchange.publish();
  const Status status = exchange.receive_all([&](int index) noexcept {
    const auto* blocks = index == team.my_index ? static_cast<const std::byte*>(source)
                         : small                ? exchange.data(index)
                                                : exchange.source(index);
    copy_small_or_call(static_cast<std::byte*>(dest) + static_cast<std::size_t>(index) * nbytes, blocks + me * nbytes,
                       nbytes);
  });
  if (!ok(status) || small) return status;
  return rendezvous(pe, team);
}

Status alltoalls(Pe& pe, Team& team, void* dest, const void* source, std::ptrdiff_t dest_stride,
                 std::ptrdiff_t source_stride, std::size_t nelems, std::size_t element_nbytes) noexcept {
  const NoteScope note(pe, Operation::kAlltoalls, -1, team.slot);
  if (nelems == 0) return Status::kOk;

  const std::size_t nbytes = nelems * element_nbytes;
  const auto strides = static_cast<std::int32_t>(static_cast<std::uint32_t>(dest_stride) * 65599u +
                                                 static_cast<std::uint32_t>(source_stride));
  const auto size = static_cast<std::size_t>(team.size);
  const auto me = static_cast<std::size_t>(team.my_index);
  const bool small = nbytes <= all_senders_limit(team) / size;
  Exchange exchange(pe, team, {.operation = Operation::kAlltoalls, .argument = strides, .nbytes = nbytes},
                    small ? nbytes * size : 0);
  if (const Status status = exchange.open(); !ok(status)) return status;
  if (small) {
    copy_strided(exchange.my_data(), source, 1, source_stride, 1, nelems * size, element_nbytes);
  } else {
    exchange.place_source(source);
  }
  exchange.publish();
  const auto stride_nbytes = [&](std::ptrdiff_t stride) { return static_cast<std::ptrdiff_t>(nbytes) * stride; };
  const Status status = exchange.receive_all([&](int index) noexcept {
    std::byte* to = static_cast<std::byte*>(dest) + index * stride_nbytes(dest_stride);
    if (small) {
      copy_strided(to, exchange.data(index) + me * nbytes, dest_stride, 1, 1, nelems, element_nbytes);
    } else {
      copy_strided(to, exchange.source(index) + team.my_index * stride_nbytes(source_stride), dest_stride,
                   source_stride, 1, nelems, element_nbytes);
    }
  });
  if (!ok(status) || small) return status;
  return rendezvous(pe, team);
}

}  // namespace shmem::smp
