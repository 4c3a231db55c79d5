// SPDX-License-Identifier: BSD-3-Clause
//
// How the workspace is divided, and which regions are in use or kept.
//
// All threads of this PE share the two sets of bits, with the GIL or without it. A claim is one atomic operation, by
// which the threads that call on one team exclude each other.
#include "binding/staging.h"

#include <algorithm>
#include <array>
#include <atomic>
#include <cstdint>

#include "binding/calling.h"
#include "binding/errors.h"
#include "binding/totals.h"

namespace shmem::binding {

namespace {

constexpr std::size_t kLine = 64;
// The sizes that are tried on the heap of an engine without a workspace. The heap may be small.
constexpr std::size_t kWishes[] = {std::size_t{4} << 20, std::size_t{1} << 20, std::size_t{256} << 10,
                                   std::size_t{64} << 10};
// Shares of the workspace, in 1024ths.
constexpr std::size_t kParts = 1024;
constexpr int kFirstTeams = 16;  // numbers 1 to 15
constexpr std::size_t kWorldParts = 512;
constexpr std::size_t kFirstParts = 16;
static_assert(kWorldParts + (kFirstTeams - 1) * kFirstParts + (kNumberedTeams - kFirstTeams) <= kParts);

char* workspace = nullptr;
std::size_t workspace_nbytes = 0;

class Numbers {
 public:
  // Acquire: pairs with the release in `remove`. What the last holder did in the region comes before what this one
  // does.
  bool add(int number) noexcept {
    return !(bits(number).fetch_or(bit(number), std::memory_order_acquire) & bit(number));
  }
  void remove(int number) noexcept { bits(number).fetch_and(~bit(number), std::memory_order_release); }
  // Relaxed: the call that has added the number has returned.
  [[nodiscard]] bool has(int number) noexcept {
    return (bits(number).load(std::memory_order_relaxed) & bit(number)) != 0;
  }

 private:
  std::atomic<std::uint64_t>& bits(int number) noexcept { return bits_[static_cast<std::size_t>(number) / 64]; }
  static constexpr std::uint64_t bit(int number) noexcept { return std::uint64_t{1} << number % 64; }

  std::array<std::atomic<std::uint64_t>, kNumberedTeams / 64> bits_{};
};

Numbers claimed_regions;
Numbers kept_regions;

std::size_t parts_before(int number) noexcept {
  if (number == 0) return 0;
  if (number < kFirstTeams) return kWorldParts + static_cast<std::size_t>(number - 1) * kFirstParts;
  return kWorldParts + (kFirstTeams - 1) * kFirstParts + static_cast<std::size_t>(number - kFirstTeams);
}

std::size_t offset_of(std::size_t parts) noexcept {
  return parts * (workspace_nbytes / kParts / kLine * kLine);
}

}  // namespace

bool start_staging(const char* call) {
  void* memory = nullptr;
  workspace_nbytes = 0;
  if (state.engine->workspace) {
    if (!finished(call, state.engine->workspace(&memory, &workspace_nbytes))) return false;
    workspace = static_cast<char*>(memory);
    return true;
  }
  for (const std::size_t wish : kWishes) {
    const int status = without_gil([&] { return state.engine->alloc(wish, kLine, 0, 0, nullptr, &memory); });
    if (status == ENGINE_NO_MEMORY) {  // on all PEs alike
      const char* message;
      state.engine->take_error(&message);
      continue;
    }
    if (!finished(call, status)) return false;
    workspace = static_cast<char*>(memory);
    workspace_nbytes = wish;
    return true;
  }
  return true;  // a program whose arrays are all symmetric needs no workspace
}

std::size_t region_nbytes(int number) noexcept {
  if (number == kNoWords) return 0;
  return offset_of(parts_before(number + 1)) - offset_of(parts_before(number));
}

std::size_t buffer_nbytes(int number) noexcept {
  // Larger pieces gain nothing, since they do not fit into the caches near the core.
  constexpr std::size_t kMost = std::size_t{1} << 20;
  return std::min(region_nbytes(number) / 2 / kLine * kLine, kMost);
}

bool region_is_kept(int number) noexcept {
  return number != kNoWords && kept_regions.has(number);
}

bool Staging::claim(const Signature& call, const TeamRecord* team) {
  const int number = team->words;
  if (number == kNoWords) {
    PyErr_Format(PyExc_RuntimeError,
                 "%s: there are more than %d teams at once, and this one has no workspace for arrays that are not "
                 "symmetric and contiguous",
                 call.name, kNumberedTeams);
    return false;
  }
  if (buffer_nbytes(number) == 0) {
    PyErr_Format(PyExc_RuntimeError,
                 "%s: the symmetric heap had no room for the workspace that arrays which are not symmetric and "
                 "contiguous need; SHMEM_SYMMETRIC_SIZE sets its size",
                 call.name);
    return false;
  }
  if (!claimed_regions.add(number)) {
    PyErr_Format(PyExc_RuntimeError, "%s: another thread of this PE is in a collective of this team", call.name);
    return false;
  }
  // After the claim: a call that keeps its region does so before it gives up its own claim.
  if (kept_regions.has(number)) {
    claimed_regions.remove(number);
    return raise_status(call.name, ENGINE_POISONED, nullptr) != nullptr;
  }
  number_ = number;
  begin_ = workspace + offset_of(parts_before(number));
  nbytes_ = region_nbytes(number);
  return true;
}

void Staging::after(int status) noexcept {
  // Engines find a wrong argument, and calls that do not match, before anything moves. After another failure this
  // member does not know what the others still do.
  if (number_ < 0 || status == ENGINE_OK || status == ENGINE_MISMATCH || status == ENGINE_INVALID) return;
  kept_regions.add(number_);
}

Staging::~Staging() {
  if (number_ >= 0) claimed_regions.remove(number_);
}

}  // namespace shmem::binding
