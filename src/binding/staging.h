// SPDX-License-Identifier: BSD-3-Clause
//
// The workspace: symmetric memory of the extension's own, through which a call passes data that other PEs are to read
// or write but that lie in private memory, or with gaps. It is the engine's (slot `workspace`) or, where that has none,
// allocated on the heap at initialisation. No call allocates.
//
// Each team has a region of it, found by the number that the team's members agreed on (totals.h). So a region has the
// same size and the same symmetric address on all members, and two threads that are in calls of different teams never
// want the same one. The world's region is half of the workspace, those of the first teams are a 64th each, and
// those of all further teams a 1024th.
//
// How to use it, in a call that is collective over `team`:
//
//   Staging staging;
//   if (!staging.claim(call, team)) return nullptr;         // before anything was moved; a RuntimeError
//   ... staging.begin(), staging.nbytes() ...               // other members reach it by put, get, ptr, collectives
//   staging.after(status);                                  // the engine's status, before the next claim or return
//
// The destructor gives the region back. Before that, no other member may still read or write it: the call must have
// ended in such a way that it knows. Where a wait was left early (Ctrl-C, a PE that has gone) it does not know; `after`
// then keeps the region for ever, and with it the team's number, so that what arrives late hits nobody's data. The
// team is poisoned by then, and further calls on it raise.
//
// A new call of the team may come while another member is still in the one before. Who puts into another member's
// region must know that this member has come to the same call: begin with an exchange in which all hear of all.
#pragma once

#include <cstddef>

#include "binding/handles.h"
#include "binding/signature.h"

namespace shmem::binding {

// Part of initialisation, before open_handles; collective where the engine has no workspace.
bool start_staging(const char* call);

// The size of this team's region, the same on all members: 0 if the team has no number, or there is no memory.
[[nodiscard]] std::size_t region_nbytes(int number) noexcept;

// How many bytes of a collective's data a buffer in the region holds; there is room for two buffers of this size. 0 as
// above. Members that pass more must know whether any of them stages.
[[nodiscard]] std::size_t buffer_nbytes(int number) noexcept;

// Whether a call on the team with this number was left early and its region is kept: the number must not be reused.
[[nodiscard]] bool region_is_kept(int number) noexcept;

class Staging {
 public:
  Staging() = default;
  ~Staging();
  Staging(const Staging&) = delete;
  Staging& operator=(const Staging&) = delete;

  // The team's region, for this call alone. False with a RuntimeError: another thread is in a call of this team, a call
  // of the team was left early, or the team has no region.
  bool claim(const Signature& call, const TeamRecord* team);
  [[nodiscard]] bool claimed() const noexcept { return number_ >= 0; }
  [[nodiscard]] char* begin() const noexcept { return begin_; }
  [[nodiscard]] std::size_t nbytes() const noexcept { return nbytes_; }

  // What the engine said of a call that others answer in the region.
  void after(int status) noexcept;

 private:
  int number_ = -1;
  char* begin_ = nullptr;
  std::size_t nbytes_ = 0;
};

}  // namespace shmem::binding
