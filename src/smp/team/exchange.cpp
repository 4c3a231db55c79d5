// SPDX-License-Identifier: BSD-3-Clause
#include "smp/team/exchange.h"

#include "smp/error.h"

namespace shmem::smp {

Status Exchange::mismatch(int index, const Call& other) const noexcept {
  return fail(Status::kMismatch, "PE %d called %s where PE %d called %s", pe_.me,
              CallWords(Call::unpack(call_, nbytes_)).text, team_.world_pe(index), CallWords(other).text);
}

Status Exchange::no_message(int index) const noexcept {
  return fail(Status::kMismatch, "PE %d called %s where PE %d called a barrier or another collective without data",
              pe_.me, CallWords(Call::unpack(call_, nbytes_)).text, team_.world_pe(index));
}

Status Exchange::no_message() const noexcept {
  return fail(Status::kMismatch, "PE %d called %s where another PE called a barrier or another collective without data",
              pe_.me, CallWords(Call::unpack(call_, nbytes_)).text);
}

}  // namespace shmem::smp
