// SPDX-License-Identifier: BSD-3-Clause
//
// The search for names of C routines in a message, and the table of those whose name in Python is another.
#include "binding/terms.h"

#include <algorithm>
#include <cctype>

#include "binding/state.h"

namespace shmem::binding {

namespace {

constexpr std::string_view kPrefix = "shmem_";

// The routines whose name in Python is not the C name without its prefix. `shmem_team_split`, `shmem_malloc` and
// `shmem_free` each stand for a family.
constexpr struct {
  std::string_view routine;
  std::string_view name;
} kNames[] = {
    {"shmem_team_sync", "sync"},
    {"shmem_team_split", "Team.split_strided or Team.split_2d"},
    {"shmem_team_destroy", "Team.destroy"},
    {"shmem_malloc", "an allocation"},
    {"shmem_free", "free"},
};

bool in_name(char c) {
  return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_';
}

std::string_view name_at(std::string_view text) {
  const auto end = std::find_if_not(text.begin(), text.end(), in_name);
  return text.substr(0, static_cast<std::size_t>(end - text.begin()));
}

// What follows a routine's name in brackets, such as " (sum of double, 64 bytes)", with the space; "" if nothing does.
std::string_view details_at(std::string_view text) {
  if (text.substr(0, 2) != " (") return {};
  return text.substr(0, text.find(')') + 1);  // "" if there is no bracket, since npos + 1 is 0
}

// A routine and its details in Python's names.
std::string translated(std::string_view routine, std::string_view details) {
  if (routine == "shmem_reduce") {
    if (details.empty()) return "a reduction";
    constexpr std::string_view kOf = " of ";
    const std::size_t of = details.find(kOf);
    if (of != details.npos) {  // "sum_reduce (double, 64 bytes)"
      return std::string(details.substr(2, of - 2)) + "_reduce (" + std::string(details.substr(of + kOf.size()));
    }
  }
  if (routine == "shmem_scan") {
    return (details.find("inclusive") != details.npos ? "inscan" : "exscan") + std::string(details);
  }
  const auto* const known =
      std::find_if(std::begin(kNames), std::end(kNames), [&](const auto& row) { return row.routine == routine; });
  const std::string_view name = known != std::end(kNames) ? known->name : routine.substr(kPrefix.size());
  return std::string(name) + std::string(details);
}

}  // namespace

std::string in_python_terms(std::string_view call, std::string_view message) {
  if (message.substr(0, kPrefix.size()) == kPrefix) {
    const std::size_t end = name_at(message).size();
    if (message.substr(end, 2) == ": ") message.remove_prefix(end + 2);
  }
  const std::string mine = "PE " + std::to_string(state.my_pe) + " called ";
  const std::string by_all = "wait for each other in ";
  const bool of_earlier = message.find("an earlier call did not match: ") != message.npos;
  std::string text;
  while (!message.empty()) {
    const std::size_t at = message.find(kPrefix);
    text += message.substr(0, at);
    if (at == message.npos) break;
    const bool part_of_a_name = at > 0 && in_name(message[at - 1]);
    message.remove_prefix(at);
    const std::string_view routine = name_at(message);
    message.remove_prefix(routine.size());
    if (part_of_a_name || routine.size() == kPrefix.size()) {
      text += routine;
      continue;
    }
    const std::string_view details = details_at(message);
    message.remove_prefix(details.size());
    const bool is_mine = !of_earlier && (text.ends_with(mine) || text.ends_with(by_all));
    // A routine with details tells more than the name of the call. Without them it may be one that the library calls
    // for it, such as an allocation.
    if (is_mine && details.empty()) {
      text += call;
    } else {
      text += translated(routine, details);
    }
  }
  return text;
}

}  // namespace shmem::binding
