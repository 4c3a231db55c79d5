// SPDX-License-Identifier: BSD-3-Clause
//
// Reductions and scans. Small ones: every member publishes its contribution and combines all of them in the order of
// members, so all members get the same bits without a second message. Where members share cores, the last one to arrive
// combines for all. Large ones: the members publish the addresses of their arrays, each computes a share (shares.h),
// and they meet again.
#include "smp/collectives/choice.h"
#include "smp/collectives/collectives.h"
#include "smp/collectives/reduce_kernels.h"
#include "smp/collectives/shares.h"
#include "smp/error.h"
#include "smp/rma/copy.h"
#include "smp/team/entrance.h"
#include "smp/team/exchange.h"
#include "smp/team/receive.h"
#include "smp/team/receive_from_last.h"

namespace shmem::smp {

namespace {

// dest = the contributions of members 0 to count - 1, count >= 2, combined in their order. This member's own is taken
// from the source (see receive_all), unless dest is the source and has the partial result by then.
void combine(const Exchange& exchange, const ReduceKernel& kernel, int me, int count, void* dest, const void* source,
             std::size_t nelems) noexcept {
  const auto of = [&](int index) noexcept {
    return index == me && (index < 2 || dest != source) ? source : exchange.data(index);
  };
  kernel(dest, of(0), of(1), nelems);
  for (int index = 2; index < count; ++index) kernel(dest, dest, of(index), nelems);
}

Status publish_small(Exchange& exchange, const void* source, std::size_t nbytes) noexcept {
  copy_small_or_call(exchange.my_data(), source, nbytes);
  exchange.publish();
  return receive_all(exchange);
}

Status publish_large(Exchange& exchange, void* dest, const void* source) noexcept {
  exchange.place_source(source);
  exchange.place_dest(dest);
  exchange.publish();
  return receive_all(exchange);
}

// Of two members or more, and one element or more. Out of line: a team of one member need not keep registers for it.
[[gnu::noinline]] Status reduce_among(Pe& pe, Team& team, const Call& call, const ReduceKernel& kernel, void* dest,
                                      const void* source, std::size_t nelems) noexcept {
  const std::size_t nbytes = call.nbytes;
  const bool whole = nbytes <= whole_reduction_limit(team);
  Exchange exchange(pe, team, call, whole ? nbytes : sizeof(std::uint64_t));
  if (const Status status = exchange.open(); !ok(status)) return status;
  if (whole && team.central) {
    copy_small_or_call(exchange.my_data(), source, nbytes);
    exchange.publish();
    const auto combine_for_all = [&]() noexcept {
      combine(exchange, kernel, team.my_index, team.size, dest, source, nelems);
      copy_small_or_call(exchange.my_data(), dest, nbytes);
    };
    Status status;
    const std::byte* const result = receive_from_last(exchange, combine_for_all, &status);
    if (result != nullptr && result != exchange.my_data()) copy_small_or_call(dest, result, nbytes);
    return status;
  }
  if (whole) {
    if (const Status status = publish_small(exchange, source, nbytes); !ok(status)) return status;
    combine(exchange, kernel, team.my_index, team.size, dest, source, nelems);
    return Status::kOk;
  }
  if (const Status status = publish_large(exchange, dest, source); !ok(status)) return status;
  reduce_share(
      kernel, team.size, team.my_index, nelems, element_nbytes(call.type),
      [&](int i) noexcept { return exchange.source(i); }, [&](int i) noexcept { return exchange.dest(i); });
  return rendezvous(pe, team);
}

[[gnu::cold]] Status refuse_type(ReduceOp op, ElementType type) noexcept {
  return fail(Status::kInvalid, "there is no %s of %s", reduce_op_text(op), element_type_text(type));
}

}  // namespace

Status reduce(Pe& pe, Team& team, ReduceOp op, ElementType type, void* dest, const void* source,
              std::size_t nelems) noexcept {
  const Entrance entrance(pe, team, Operation::kReduce);
  if (!entrance) [[unlikely]]
    return entrance.refuse();
  const ReduceKernel& kernel = find_kernel(op, type);
  if (!kernel) [[unlikely]]
    return refuse_type(op, type);
  const std::size_t nbytes = nelems * element_nbytes(type);
  if (team.size == 1) {
    // Nobody is there to compare calls with.
    if (dest != source) copy_small_or_call(dest, source, nbytes);
    return Status::kOk;
  }
  const Call call{.operation = Operation::kReduce, .type = type, .op = op, .nbytes = nbytes};
  if (nelems == 0) return skip(team, call);
  return reduce_among(pe, team, call, kernel, dest, source, nelems);
}

Status scan(Pe& pe, Team& team, bool inclusive, ElementType type, void* dest, const void* source,
            std::size_t nelems) noexcept {
  const Entrance entrance(pe, team, Operation::kScan);
  if (!entrance) [[unlikely]]
    return entrance.refuse();
  const ReduceKernel& sum = find_kernel(ReduceOp::kSum, type);
  const std::size_t nbytes_each = element_nbytes(type);
  const std::size_t nbytes = nelems * nbytes_each;

  const Call call{.operation = Operation::kScan, .type = type, .argument = std::int16_t{inclusive}, .nbytes = nbytes};
  if (nelems == 0) return skip(team, call);

  const bool whole = nbytes <= whole_scan_limit(team);
  Exchange exchange(pe, team, call, whole ? nbytes : sizeof(std::uint64_t));
  if (const Status status = exchange.open(); !ok(status)) return status;
  if (whole) {
    if (const Status status = publish_small(exchange, source, nbytes); !ok(status)) return status;
    const int count = inclusive ? team.my_index + 1 : team.my_index;
    if (count == 0) {
      std::memset(dest, 0, nbytes);
    } else if (count == 1) {
      copy_bytes(dest, team.my_index == 0 ? source : exchange.data(0), nbytes);
    } else {
      combine(exchange, sum, team.my_index, count, dest, source, nelems);
    }
    return Status::kOk;
  }
  if (const Status status = publish_large(exchange, dest, source); !ok(status)) return status;
  scan_share(
      sum, inclusive, team.size, team.my_index, nelems, nbytes_each, [&](int i) noexcept { return exchange.source(i); },
      [&](int i) noexcept { return exchange.dest(i); });
  return rendezvous(pe, team);
}

}  // namespace shmem::smp
