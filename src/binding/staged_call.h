// SPDX-License-Identifier: BSD-3-Clause
//
// Collectives on arrays of any kind (private ones, strided ones, other orders and byte orders, numbers, lists), and on
// arrays so large that members must agree first. Data that are not symmetric and contiguous are staged: they go through
// the team's region of the workspace (staging.h), piece by piece if they do not fit.
//
// A member does not know what the others stage. Engines are of two kinds:
//
// - Members may pass different addresses (ENGINE_UNLIKE_ADDRESSES). A member that stages passes its region, and the
//   others pass their arrays. Only a call with more than buffer_nbytes() needs an agreement, since all members must go
//   by pieces if one of them does.
// - Members must all pass the same symmetric addresses. Every call first agrees. If a member stages, or if addresses
//   differ, all stage.
//
// Invariant: all members decide alike, since decisions follow from the call's size, the team and the agreement alone.
// The engine combines the elements of a reduction in the same order, whole or in pieces.
#pragma once

#include <cstddef>
#include <functional>

#include "binding/handles.h"
#include "binding/packing.h"
#include "binding/python.h"
#include "binding/signature.h"
#include "binding/staging.h"
#include "binding/totals.h"

namespace shmem::binding {

// TeamRecord::alone_below of the team with this number.
[[nodiscard]] std::size_t alone_below(int number) noexcept;

class StagedCall {
 public:
  // Makes the engine's call for `nbytes` of this member's data, and returns its status.
  using EngineCall = std::function<int(char* dest, const char* source, std::size_t nbytes)>;

  explicit StagedCall(const Signature& call) : call_(call) {}

  // Checks what does not depend on sizes. Target is an array that may be written. Source is an array of the same dtype,
  // or can become one. Neither has been freed, and the team exists. False with an exception.
  bool take(PyObject* target, PyObject* source, PyObject* team);

  [[nodiscard]] TeamRecord* team() const noexcept { return team_; }
  [[nodiscard]] PyArrayObject* target() const noexcept { return target_; }
  [[nodiscard]] PyArrayObject* source() const noexcept { return source_.get(); }
  [[nodiscard]] std::size_t target_size() const noexcept { return target_layout_.nelems(); }
  [[nodiscard]] std::size_t source_size() const noexcept { return source_layout_.nelems(); }
  [[nodiscard]] std::size_t itemsize() const noexcept { return target_layout_.itemsize(); }

  // The number of elements of the call, by `size` or by the rule of shapes. False with an exception.
  bool match(PyObject* size, std::size_t* nelems);
  // The engine's type for arithmetic on the elements, in a group of types.h; kNoType with a TypeError.
  int arithmetic_type(std::uint32_t group);
  // For a member whose source is not read (broadcast).
  void ignore_source() noexcept { source_ignored_ = true; }

  // The calls. Each makes the engine's calls and returns None, or null with an exception.
  //
  // Reductions, scans, broadcast: target and source are `nelems` elements, and any range of them can go alone.
  PyObject* by_ranges(std::size_t nelems, const EngineCall& engine);
  // Collects: target gets the members' sources one after the other. In fcollect all sources have `nelems` elements.
  PyObject* fcollect(std::size_t nelems);
  PyObject* collect(std::size_t nelems, bool exact);
  // Alltoalls: `nelems` elements for each member.
  PyObject* alltoall(std::size_t nelems);
  PyObject* alltoalls(std::size_t nelems, std::size_t target_stride, std::size_t source_stride);

 private:
  // What all members do. It is the same on all of them.
  struct Plan {
    bool all_stage = false;
    bool by_pieces = false;
  };

  bool team_of(PyObject* object);
  void take_memory_order();
  bool symmetric_or_stageable(const char* argument, PyArrayObject* array, bool* symmetric);
  bool stages() const noexcept;
  bool target_is_direct() const noexcept { return target_symmetric_ && target_layout_.is_packed(); }
  bool source_is_direct() const noexcept {
    return source_ignored_ || (source_symmetric_ && source_layout_.is_packed());
  }
  // Refuses overlapping symmetric arrays, as the engine would. Copies a source that pieces would overwrite.
  bool apart(std::size_t target_nbytes, std::size_t source_nbytes, std::size_t measure, bool in_place);
  // Claims the region if this member stages, and agrees with the others where needed. `measure` decides on pieces.
  bool agree(std::size_t measure, Plan* plan);
  bool settle(Plan* plan);
  PyObject* concatenate(std::size_t nbytes, std::size_t total, const Plan& plan, const EngineCall& engine,
                        const std::function<bool(std::size_t*)>& find_before);
  PyObject* in_blocks(std::size_t nelems, std::size_t target_stride, std::size_t source_stride);
  PyObject* packed_blocks(std::size_t nelems, std::size_t target_stride, std::size_t source_stride);
  PyObject* refuse_totals(const Totals& totals, bool exact) const;
  // Meets between pieces, on engines where a member may store into one that has not emptied its region yet.
  int meet(bool first) const;
  PyObject* run(std::size_t nbytes, const std::function<int()>& function);
  PyObject* too_small() const;

  const Signature& call_;
  TeamRecord* team_ = nullptr;
  PyArrayObject* target_ = nullptr;
  ArrayRef source_;
  Layout target_layout_;
  Layout source_layout_;
  bool target_symmetric_ = false;
  bool source_symmetric_ = false;
  bool source_ignored_ = false;
  bool strided_ = false;  // alltoalls
  Staging staging_;
};

}  // namespace shmem::binding
