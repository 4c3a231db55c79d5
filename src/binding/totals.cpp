// SPDX-License-Identifier: BSD-3-Clause
//
// The words of all teams, and the reductions over them.
#include "binding/totals.h"

#include <atomic>
#include <bit>

#include "binding/agreement.h"
#include "binding/calling.h"
#include "binding/errors.h"

namespace shmem::binding {

namespace {

constexpr int kMaskWords = 4;
constexpr int kTeams = 64 * kMaskWords;

struct TeamWords {
  std::uint64_t terms[kMaskWords];
  std::uint64_t result[2][kMaskWords];
  std::uint64_t turn;
  std::uint64_t unused[3];
};
static_assert(sizeof(TeamWords) == 128);

TeamWords* all_words = nullptr;
std::atomic<std::uint64_t> taken[kMaskWords];

bool reduce(const char* call, TeamRecord* team, int op, std::size_t nterms, const std::uint64_t** result) {
  TeamWords& words = all_words[team->words];
  const EngineReduceFunction function = state.engine->reduce(op, ENGINE_UINT64);
  if (!function) {
    not_implemented(call);
    return false;
  }
  std::uint64_t* to = words.result[words.turn++ & 1];
  *result = to;
  return finished(call, without_gil([&] { return function(team->handle, to, words.terms, nterms); }));
}

}  // namespace

bool start_totals(const char* call) {
  all_words = static_cast<TeamWords*>(allocate_for_good(call, kTeams * sizeof(TeamWords)));
  for (auto& mask : taken) mask = 0;
  return all_words != nullptr;
}

void take_words(int words) noexcept {
  if (words != kNoWords) taken[words / 64].fetch_or(std::uint64_t{1} << words % 64);
}

void return_words(int words) noexcept {
  if (words != kNoWords) taken[words / 64].fetch_and(~(std::uint64_t{1} << words % 64));
}

bool agree_on_words(const char* call, TeamRecord* parent, int* words, int nteams) {
  for (int i = 0; i < nteams; ++i) words[i] = kNoWords;
  if (parent->words == kNoWords) return true;
  const std::uint64_t* masks;
  for (int w = 0; w < kMaskWords; ++w) all_words[parent->words].terms[w] = taken[w];
  if (!reduce(call, parent, ENGINE_OR, kMaskWords, &masks)) return false;
  int found = 0;
  for (int w = 0; w < kMaskWords; ++w) {
    for (std::uint64_t free_bits = ~masks[w]; free_bits && found < nteams; free_bits &= free_bits - 1) {
      words[found++] = 64 * w + std::countr_zero(free_bits);
    }
  }
  return true;
}

bool total_over(const Signature& call, TeamRecord* team, std::size_t nbytes, std::size_t capacity, std::size_t* total) {
  if (team->words == kNoWords) {
    PyErr_Format(PyExc_RuntimeError, "%s: more than %d teams at once; sizes cannot be compared", call.name, kTeams);
    return false;
  }
  const std::uint64_t* sum;
  const std::uint64_t* least;
  all_words[team->words].terms[0] = nbytes;
  if (!reduce(call.name, team, ENGINE_SUM, 1, &sum)) return false;
  *total = sum[0];
  all_words[team->words].terms[0] = capacity;
  if (!reduce(call.name, team, ENGINE_MIN, 1, &least)) return false;
  if (*total <= least[0]) return true;
  PyErr_Format(PyExc_ValueError, "%s: all sources together have %zu bytes, but the smallest target has %llu", call.name,
               *total, static_cast<unsigned long long>(least[0]));
  return false;
}

}  // namespace shmem::binding
