// SPDX-License-Identifier: BSD-3-Clause
//
// Collectives that return values: shmem.sum(x), gather(x), … . A member may bring any array, list or number. It is
// copied into the team's region of the workspace (staging.h), the engine works there, and the result goes into a new
// array.
//
//   values.cpp         the callables, and which of them Python does (shmem4py/_values.py)
//   values_fold.cpp    reductions and the scan that the engine has kernels for
//   values_rows.cpp    the rows of all members as one array
//   values_bytes.cpp   byte strings of any length, with which Python builds the rare collectives
//   values_alike.cpp   members that bring different things
//
// Members must bring the same shape and dtype. Each member has a 32-bit digest of what it brings. An engine with the
// slot team_compare compares it along with the call itself. On other engines the members gather their digests first. In
// both cases all members learn of a difference, and then exchange texts that say what they bring.
#pragma once

#include <cstdint>
#include <optional>

#include "binding/calling.h"
#include "binding/errors.h"
#include "binding/handles.h"
#include "binding/operands.h"
#include "binding/python.h"
#include "binding/staging.h"

namespace shmem::binding {

inline constexpr int kAllPes = -1;

// One call of this member. It holds the team's region of the workspace until it ends.
struct ValuesCall {
  Signature signature;       // of the function that the program has called
  PyObject* team = nullptr;  // as given
  TeamRecord* members = nullptr;
  int root = kAllPes;
  PyArrayObject* x = nullptr;  // what this member brings
  PyObject* text = nullptr;    // describes what it brings, if x is only a part of that
  std::optional<Staging> region;

  // The region, after claim_region.
  Staging& claimed() noexcept { return *region; }  // NOLINT(bugprone-unchecked-optional-access): claimed before

  explicit ValuesCall(const Signature& call) noexcept : signature(call) {}
  [[nodiscard]] const char* name() const noexcept { return signature.name; }
  [[nodiscard]] std::size_t n_pes() const noexcept { return static_cast<std::size_t>(members->n_pes); }
  [[nodiscard]] bool result_is_mine() const noexcept { return root == kAllPes || root == members->my_pe; }
};

// Reads team and root of a call. None as root means all PEs. False with an exception.
bool values_call(PyObject* root, PyObject* team, ValuesCall* call);

// Claims the region, and cuts it into two halves of `parts` equal parts each. Pieces of data use the halves by turns.
// When a member begins piece n + 2, all members have brought their part of piece n + 1, so all have taken their data
// out of piece n. Thus no member overwrites data that another still reads, even on engines that store into a member
// that has yet to come to the call. False with an exception.
inline constexpr std::size_t kUnit = 16;  // the largest alignment that an engine may want

struct Cuts {
  char* half[2];
  std::size_t part;  // bytes, whole units of 16
};
bool claim_region(ValuesCall* call, std::size_t parts, Cuts* cuts);

// An array of `object`, with elements that can be moved. Null with an exception.
ArrayRef values_of(const Signature& call, const char* argument, PyObject* object);

// The result for the program: the array, or a NumPy scalar if it has no dimensions.
[[nodiscard]] inline PyObject* returned(ArrayRef array) noexcept {
  return PyArray_Return(array.release());
}

// --- values_alike.cpp ---

// The bytes at the end of the region in which digests lie.
[[nodiscard]] inline std::size_t digests_nbytes(const ValuesCall& call) noexcept {
  return (sizeof(std::uint64_t) * (call.n_pes() + 1) + kUnit - 1) / kUnit * kUnit;
}

// Waits until no member is in an earlier call any more. Only engines that store into a member that has yet to come need
// it. A call whose first message is data, not digests, begins with it. False with an exception.
bool begin_values(ValuesCall& call);

// Tells what this member brings, after the region has been claimed and before the first collective. `moves` says that
// this collective has data, so that its members compare. False with an exception.
bool say_alike(ValuesCall& call, bool moves);

// Whether a collective of the engine went well. False with an exception. If members have brought different things, it
// is a ValueError on all of them that says what each has brought.
[[gnu::cold]] bool went_wrong(ValuesCall& call, int status);
inline bool went_well(ValuesCall& call, int status) {
  if (status == ENGINE_OK && !interrupted) [[likely]]
    return true;
  return went_wrong(call, status);
}

// Makes the engine's call `work` on `nbytes` bytes. False with an exception.
template <class Work>
bool run_values(ValuesCall& call, std::size_t nbytes, Work&& work) {
  return went_well(call, nbytes <= kCopyWithGil ? prompt(work) : without_gil(work));
}

// --- values_rows.cpp ---

// Gathers the rows of all members into an array of shape (n, *shape). A member to which the result does not go gets an
// empty reference. False with an exception.
bool gather_rows(ValuesCall& call, ArrayRef* rows);

// --- values.cpp ---

// Calls the function of that name in shmem4py/_values.py.
PyObject* values_in_python(const char* name, PyObject* const* args, std::size_t nargs);

// --- tables of callables ---

bool add_value_folds(PyObject* module, const char* shown_module);
bool add_value_rows(PyObject* module, const char* shown_module);
bool add_value_bytes(PyObject* module, const char* shown_module);

}  // namespace shmem::binding
