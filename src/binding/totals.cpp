// SPDX-License-Identifier: BSD-3-Clause
//
// The words of all teams, and the reductions over them.
#include "binding/totals.h"

#include <atomic>
#include <bit>

#include "binding/agreement.h"
#include "binding/calling.h"
#include "binding/errors.h"
#include "binding/staging.h"

namespace shmem::binding {

namespace {

constexpr int kMaskWords = 4;
constexpr int kTeams = kNumberedTeams;
static_assert(kTeams == 64 * kMaskWords);

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
  return finished(call, prompt([&] { return function(team->handle, to, words.terms, nterms); }));
}

bool has_words(const Signature& call, const TeamRecord* team) {
  if (team->words != kNoWords) return true;
  PyErr_Format(PyExc_RuntimeError, "%s: more than %d teams at once; sizes cannot be compared", call.name, kTeams);
  return false;
}

}  // namespace

bool start_totals(const char* call) {
  all_words = static_cast<TeamWords*>(allocate_for_good(call, kTeams * sizeof(TeamWords)));
  for (auto& mask : taken) mask = 0;
  return all_words != nullptr;
}

void take_words(int words) noexcept {
  if (words == kNoWords) return;
  all_words[words].turn = 0;  // an earlier team of this number may have ended at another turn on each PE
  taken[words / 64].fetch_or(std::uint64_t{1} << words % 64);
}

void return_words(int words) noexcept {
  if (words != kNoWords && !region_is_kept(words)) taken[words / 64].fetch_and(~(std::uint64_t{1} << words % 64));
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

bool total_over(const Signature& call, TeamRecord* team, const Contribution& mine, Totals* totals) {
  if (!has_words(call, team)) return false;
  std::uint64_t* const terms = all_words[team->words].terms;
  const std::uint64_t* sum;
  terms[0] = mine.nbytes;
  terms[1] = mine.stages;
  if (!reduce(call.name, team, ENGINE_SUM, 2, &sum)) return false;
  totals->nbytes = sum[0];
  totals->any_stages = sum[1] != 0;
  const std::uint64_t* least;
  terms[0] = mine.capacity;
  terms[1] = ~std::uint64_t{mine.exact ? mine.capacity : 0};  // the least of the complements gives the greatest
  if (!reduce(call.name, team, ENGINE_MIN, 2, &least)) return false;
  totals->least_capacity = least[0];
  totals->largest_exact = ~least[1];
  return true;
}

bool sum_before(const Signature& call, TeamRecord* team, std::size_t nbytes, std::size_t* before) {
  if (!has_words(call, team)) return false;
  const EngineReduceFunction scan = state.engine->scan ? state.engine->scan(0, ENGINE_UINT64) : nullptr;
  if (!scan) return not_implemented(call.name) != nullptr;
  TeamWords& words = all_words[team->words];
  words.terms[0] = nbytes;
  std::uint64_t* to = words.result[words.turn++ & 1];
  if (!finished(call.name, prompt([&] { return scan(team->handle, to, words.terms, 1); }))) return false;
  *before = to[0];
  return true;
}

bool any_stages(const Signature& call, TeamRecord* team, bool stages, bool* any) {
  if (!has_words(call, team)) return false;
  all_words[team->words].terms[0] = stages;
  const std::uint64_t* greatest;
  if (!reduce(call.name, team, ENGINE_MAX, 1, &greatest)) return false;
  *any = greatest[0] != 0;
  return true;
}

bool any_stages_or_differs(const Signature& call, TeamRecord* team, bool stages, const void* target, const void* source,
                           bool* any) {
  if (!has_words(call, team)) return false;
  // An address and its complement: both are the least of all only if all say the same. A member that stages says 0
  // twice, which no address is.
  const auto at = [](const void* address) {
    return reinterpret_cast<std::uintptr_t>(address) - reinterpret_cast<std::uintptr_t>(all_words);
  };
  std::uint64_t* const terms = all_words[team->words].terms;
  terms[0] = stages ? 0 : at(target);
  terms[1] = stages ? 0 : ~at(target);
  terms[2] = stages ? 0 : at(source);
  terms[3] = stages ? 0 : ~at(source);
  const std::uint64_t* least;
  if (!reduce(call.name, team, ENGINE_MIN, 4, &least)) return false;
  *any = least[0] != ~least[1] || least[2] != ~least[3];
  return true;
}

}  // namespace shmem::binding
