// SPDX-License-Identifier: BSD-3-Clause
//
// Collectives that return values: shmem.sum(x), gather(x), … . What a member brings may be any array, list or number;
// it is copied into a region of the workspace, the engine works there, and the result goes into a new array.
//
//   values.cpp         the callables, and which of them Python does (shmem4py/_values.py)
//   values_fold.cpp    reductions and the scan that the engine has kernels for
//   values_rows.cpp    the rows of all members as one array
//   values_bytes.cpp   byte strings of any length, out of which Python makes what is rare
//   values_alike.cpp   members that bring different things
//
// Members must bring the same shape and dtype. Each member has a 32-bit digest of what it brings. An engine with the
// slot team_compare compares it along with the call itself. On other engines the members gather their digests first. In
// both cases all members learn of a difference, and all of them tell each other in words what they bring.
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

// One call, as this member makes it. The team's region of the workspace is claimed for its length.
struct ValuesCall {
  Signature signature;       // of the function that the user called
  PyObject* team = nullptr;  // as given
  TeamRecord* members = nullptr;
  int root = kAllPes;
  PyArrayObject* x = nullptr;  // what this member brings
  PyObject* text = nullptr;    // what it brings in words, where x is a part of it only
  std::optional<Staging> region;

  explicit ValuesCall(const Signature& call) noexcept : signature(call) {}
  [[nodiscard]] const char* name() const noexcept { return signature.name; }
  [[nodiscard]] std::size_t n_pes() const noexcept { return static_cast<std::size_t>(members->n_pes); }
  [[nodiscard]] bool result_is_mine() const noexcept { return root == kAllPes || root == members->my_pe; }
};

// Team and root of a call; None as root means all PEs.
bool values_call(PyObject* root, PyObject* team, ValuesCall* call);

// Claims the region, and cuts it: `parts` equal parts, twice, for pieces of data by turns. A member that begins piece
// n + 2 knows that all have taken what they wanted out of piece n, since they have brought their part of piece n + 1.
// So nothing is overwritten that another member still reads, on engines that store into members that have yet to come.
inline constexpr std::size_t kUnit = 16;  // the largest alignment that an engine may want

struct Cuts {
  char* half[2];
  std::size_t part;  // bytes, whole units of 16
};
bool claim_region(ValuesCall* call, std::size_t parts, Cuts* cuts);

// `object` as an array of elements that can be moved; null with an exception.
ArrayRef values_of(const Signature& call, const char* argument, PyObject* object);

// The array as the interface returns it: a NumPy scalar for one without dimensions.
[[nodiscard]] inline PyObject* returned(ArrayRef array) noexcept {
  return PyArray_Return(array.release());
}

// --- values_alike.cpp ---

// The end of the region, where digests lie.
[[nodiscard]] inline std::size_t digests_nbytes(const ValuesCall& call) noexcept {
  return (sizeof(std::uint64_t) * (call.n_pes() + 1) + kUnit - 1) / kUnit * kUnit;
}

// Waits until no member is in an earlier call any more, on engines that store into members that have yet to come.
// Where data move first, and not digests, this comes first.
bool begin_values(ValuesCall& call);

// Says what this member brings; before its first collective, when the region is claimed. `moves`: that collective has
// data, so its members compare.
bool say_alike(ValuesCall& call, bool moves);

// After a collective of the engine: whether it went well. If members have brought different things, a ValueError that
// says which, on all of them.
[[gnu::cold]] bool went_wrong(ValuesCall& call, int status);
inline bool went_well(ValuesCall& call, int status) {
  if (status == ENGINE_OK && !interrupted) [[likely]]
    return true;
  return went_wrong(call, status);
}

// Calls the engine on so many bytes.
template <class Work>
bool run_values(ValuesCall& call, std::size_t nbytes, Work&& work) {
  return went_well(call, nbytes <= kCopyWithGil ? prompt(work) : without_gil(work));
}

// --- values_rows.cpp ---

// The rows of all members, (n, *shape); for a member whose result it is not, an empty reference without an exception.
// False with an exception.
bool gather_rows(ValuesCall& call, ArrayRef* rows);

// --- values.cpp ---

// Calls the function of that name in shmem4py/_values.py.
PyObject* values_in_python(const char* name, PyObject* const* args, std::size_t nargs);

// --- tables of callables ---

bool add_value_folds(PyObject* module, const char* shown_module);
bool add_value_rows(PyObject* module, const char* shown_module);
bool add_value_bytes(PyObject* module, const char* shown_module);

}  // namespace shmem::binding
