// SPDX-License-Identifier: BSD-3-Clause
//
// The workspace is symmetric memory of the extension's own. A call passes data through it that other PEs read or write
// but that lie in private memory or have gaps. An engine may have a workspace (slot `workspace`). For other engines it
// is allocated on the heap at initialisation. No call allocates symmetric memory.
//
// Each team has a region of the workspace. The number that the team's members have agreed on finds it (totals.h). So a
// region has the same size and the same symmetric address on all members, and two threads that are in calls of
// different teams never want the same region. The world's region is half of the workspace. The first 15 other teams
// have a 64th each, and further teams a 1024th each.
//
// How to use it, in a call that is collective over `team`:
//
//   Staging staging;
//   if (!staging.claim(call, team)) return nullptr;         // before anything was moved; a RuntimeError
//   ... staging.begin(), staging.nbytes() ...               // other members reach it by put, get, ptr, collectives
//   staging.after(status);                                  // the engine's status, before the next claim or return
//
// The destructor gives the region back. By then no other member may read or write it any more, so the call must end in
// a way from which it knows that. It does not know if a wait was left early (Ctrl-C, a PE that has gone). `after` then
// keeps the region for ever, and with it the team's number, so that data that arrive late overwrite nothing in use. The
// team is poisoned by then, and further calls on it raise.
//
// A member may begin the team's next call while another member is still in this one. A call that puts into another
// member's region must therefore know that this member has come to the same call. It begins with an exchange in which
// each member hears from all others.
#pragma once

#include <cstddef>

#include "binding/handles.h"
#include "binding/signature.h"

namespace shmem::binding {

// Part of initialisation, before open_handles; collective where the engine has no workspace.
bool start_staging(const char* call);

// The size of the region of the team with this number. All members get the same: 0 for kNoWords or without a workspace.
[[nodiscard]] std::size_t region_nbytes(int number) noexcept;

// How many bytes of a collective's data a buffer in the region holds. The region has room for two such buffers. 0 as
// above. If a call has more data, its members must find out whether any of them stages.
[[nodiscard]] std::size_t buffer_nbytes(int number) noexcept;

// Whether a call on the team with this number was left early. Its region is kept, and the number must not be used
// again.
[[nodiscard]] bool region_is_kept(int number) noexcept;

class Staging {
 public:
  Staging() = default;
  ~Staging();
  Staging(const Staging&) = delete;
  Staging& operator=(const Staging&) = delete;

  // Claims the team's region for this call alone. False with an exception if another thread is in a call of this team,
  // if a call of the team was left early, or if the team has no region.
  bool claim(const Signature& call, const TeamRecord* team);
  [[nodiscard]] bool claimed() const noexcept { return number_ >= 0; }
  [[nodiscard]] char* begin() const noexcept { return begin_; }
  [[nodiscard]] std::size_t nbytes() const noexcept { return nbytes_; }

  // Takes the engine's status of a call in which other members use the region. Keeps the region if the call was left.
  void after(int status) noexcept;

 private:
  int number_ = -1;
  char* begin_ = nullptr;
  std::size_t nbytes_ = 0;
};

}  // namespace shmem::binding
