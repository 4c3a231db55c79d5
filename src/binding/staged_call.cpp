// SPDX-License-Identifier: BSD-3-Clause
//
// Checks, agreements and pieces of collectives on arrays of any kind.
#include "binding/staged_call.h"

#include <algorithm>
#include <cstdint>

#include "binding/calling.h"
#include "binding/errors.h"
#include "binding/operands.h"
#include "binding/shapes.h"
#include "binding/totals.h"
#include "binding/types.h"

namespace shmem::binding {

namespace {

// The size of data that no member knows yet.
constexpr std::size_t kUnknown = SIZE_MAX;

// An array of `dtype` from a number, a list or another object of which NumPy makes an array. Null with an exception.
ArrayRef converted(const Signature& call, PyObject* object, PyArray_Descr* dtype) {
  if (is_number(object)) return to_element(call, "source", dtype, object);
  ArrayRef given_array(as_array(PyArray_FromAny(object, nullptr, 0, 0, 0, nullptr)));
  if (!given_array) return given_array;
  PyArrayObject* array = given_array.get();
  if (PyArray_EquivTypes(PyArray_DESCR(array), dtype)) return given_array;
  if (PyArray_TYPE(array) == NPY_OBJECT) {
    not_an_array(call, "source", object, "an array, a number or a list of numbers");
    return {};
  }
  // Integers of any kind will do if their values fit, which is looked at below. An empty list is float64 for NumPy.
  const bool fits = PyArray_SIZE(array) == 0 || (PyArray_ISINTEGER(array) && PyDataType_ISINTEGER(dtype));
  if (!fits && !PyArray_CanCastArrayTo(array, dtype, NPY_SAME_KIND_CASTING)) {
    types_differ(call, "target", dtype, "source", PyArray_DESCR(array));
    return {};
  }
  Py_INCREF(dtype);
  ArrayRef result(as_array(PyArray_NewLikeArray(array, NPY_CORDER, dtype, 0)));
  if (!result || PyArray_CopyInto(result.get(), array) < 0) return {};
  if (PyDataType_ISINTEGER(dtype) && !PyArray_CanCastArrayTo(array, dtype, NPY_SAFE_CASTING)) {
    const Ref<> equal(PyObject_RichCompare(result.object(), given_array.object(), Py_EQ));
    const Ref<> all(equal ? PyObject_CallMethod(equal.object(), "all", nullptr) : nullptr);
    const int same = all ? PyObject_IsTrue(all.object()) : -1;
    if (same < 0) return {};
    if (same == 0) {
      PyErr_Format(PyExc_OverflowError, "%s: source has values that do not fit dtype %S of target", call.name,
                   reinterpret_cast<PyObject*>(dtype));
      return {};
    }
  }
  return result;
}

}  // namespace

std::size_t alone_below(int number) noexcept {
  if (!state.unlike_addresses) return 0;
  const std::size_t most = buffer_nbytes(number);
  return (most == 0 ? kCopyWithGil : std::min(kCopyWithGil, most)) + 1;
}

// --- arguments ---

bool StagedCall::symmetric_or_stageable(const char* argument, PyArrayObject* array, bool* symmetric) {
  const Owner owner = owner_of(array);
  if (owner.peer) return not_freed(call_, argument, array);
  const Bounds bounds = bounds_of(array);
  if (!owner.block && !block_table.find(bounds.low)) return true;
  if (!binding::symmetric(call_, argument, array, bounds.low, bounds.high)) return false;
  *symmetric = PyArray_ISALIGNED(array);
  return true;
}

bool StagedCall::take(PyObject* target, PyObject* source, PyObject* team_object) {
  if (!ready(call_)) return false;
  target_ = array_of(call_, "target", target);
  if (!target_) return false;
  PyArray_Descr* dtype = PyArray_DESCR(target_);
  if (!movable(call_, "target", dtype)) return false;
  if (PyArray_Check(source)) {
    source_ = borrow(as_array(source));
    if (!same_type(call_, dtype, PyArray_DESCR(source_.get()))) return false;
  } else {
    source_ = converted(call_, source, dtype);
    if (!source_) return false;
  }
  target_layout_ = Layout(target_);
  source_layout_ = Layout(source_.get());
  return writeable(call_, "target", target_) && symmetric_or_stageable("target", target_, &target_symmetric_) &&
         symmetric_or_stageable("source", source_.get(), &source_symmetric_) && team_of(team_object);
}

bool StagedCall::team_of(PyObject* object) {
  return binding::team(call_, object, &team_);
}

// With a number of elements, arrays without gaps are taken in memory order, as in C (shapes.h).
void StagedCall::take_memory_order() {
  if (!PyArray_ISONESEGMENT(target_) || !PyArray_ISONESEGMENT(source_.get())) return;
  const auto step = static_cast<npy_intp>(itemsize());
  auto length = static_cast<npy_intp>(target_size());
  target_layout_ = Layout(target_, 1, &length, &step);
  length = static_cast<npy_intp>(source_size());
  source_layout_ = Layout(source_.get(), 1, &length, &step);
}

bool StagedCall::match(PyObject* size, std::size_t* nelems) {
  if (given(size)) {
    take_memory_order();
    return count(call_, "size", size, nelems) && fits(call_, *nelems, "target", target_size()) &&
           fits(call_, *nelems, "source", source_size());
  }
  if (smaller_sizes && PyArray_ISONESEGMENT(target_) && PyArray_ISONESEGMENT(source_.get()) &&
      !PyArray_SAMESHAPE(target_, source_.get())) {
    take_memory_order();
    *nelems = std::min(target_size(), source_size());
    return true;
  }
  npy_intp steps[NPY_MAXDIMS];
  if (!matched(call_, target_, source_.get(), steps)) return false;
  source_layout_ = Layout(source_.get(), PyArray_NDIM(target_), PyArray_DIMS(target_), steps);
  *nelems = target_size();
  return true;
}

int StagedCall::arithmetic_type(std::uint32_t group) {
  PyArray_Descr* dtype = PyArray_DESCR(target_);
  if (PyDataType_ISNOTSWAPPED(dtype) || static_cast<unsigned>(dtype->type_num) > NPY_CLONGDOUBLE) {
    return grouped_type(call_, "target", dtype, group);
  }
  const int type = kEngineTypes[dtype->type_num];
  if (type == kNoType || !(group >> type & 1)) return grouped_type(call_, "target", dtype, group);
  const std::size_t unit = PyDataType_ISCOMPLEX(dtype) ? itemsize() / 2 : itemsize();
  target_layout_.swap_units(unit);
  source_layout_.swap_units(unit);
  return type;
}

bool StagedCall::stages() const noexcept {
  return !target_is_direct() || !source_is_direct();
}

bool StagedCall::apart(std::size_t target_nbytes, std::size_t source_nbytes, std::size_t measure, bool in_place) {
  if (source_ignored_ || target_nbytes == 0 || source_nbytes == 0) return true;
  if (in_place && target_layout_.same_as(source_layout_)) return true;
  Bounds to = bounds_of(target_);
  Bounds from = bounds_of(source_.get());
  if (target_is_direct()) to.high = to.low + target_nbytes;
  if (source_is_direct()) from.high = from.low + source_nbytes;
  if (to.high <= from.low || from.high <= to.low) return true;
  if (!stages() && measure != kUnknown) {
    return refuse(call_, "target",
                  in_place ? "and source overlap; they must be the same or apart" : "and source overlap");
  }
  // If the source is read in whole before anything is written, it may overlap.
  if (measure <= buffer_nbytes(team_->words)) return true;
  const std::size_t unit = source_layout_.swapped_unit();
  auto length = static_cast<npy_intp>(source_layout_.nelems());
  PyArray_Descr* dtype = PyArray_DESCR(source_.get());
  Py_INCREF(dtype);
  ArrayRef copy(as_array(PyArray_NewFromDescr(&PyArray_Type, dtype, 1, &length, nullptr, nullptr, 0, nullptr)));
  if (!copy) return false;
  source_layout_.swap_units(0);
  source_layout_.read(PyArray_BYTES(copy.get()), 0, source_layout_.nelems() * itemsize());
  source_ = std::move(copy);
  source_layout_ = Layout(source_.get());
  source_layout_.swap_units(unit);
  source_symmetric_ = false;
  return true;
}

// --- what all members do ---

bool StagedCall::agree(std::size_t measure, Plan* plan) {
  const bool mine = stages();
  if (mine && !staging_.claim(call_, team_)) return false;
  const std::size_t most = buffer_nbytes(team_->words);
  if (most == 0 && (state.unlike_addresses || team_->words == kNoWords)) return true;  // no member can stage
  const bool large = measure > most;
  bool any = mine;
  if (team_->n_pes > 1) {
    if (!state.unlike_addresses) {
      const char* target = target_layout_.data();
      const char* source = source_ignored_ && !source_symmetric_ ? target : source_layout_.data();
      if (!any_stages_or_differs(call_, team_, mine, target, source, &any)) return false;
    } else if (large && !any_stages(call_, team_, mine, &any)) {
      return false;
    }
  }
  plan->all_stage = any && !state.unlike_addresses;
  plan->by_pieces = any && large;
  return settle(plan);
}

bool StagedCall::settle(Plan* plan) {
  return staging_.claimed() || !plan->all_stage || staging_.claim(call_, team_);
}

int StagedCall::meet(bool first) const {
  return first || state.unlike_addresses ? int{ENGINE_OK} : state.engine->team_sync(team_->handle);
}

PyObject* StagedCall::run(std::size_t nbytes, const std::function<int()>& function) {
  const int status = nbytes <= kCopyWithGil ? prompt(function) : without_gil(function);
  staging_.after(status);
  return none_if(finished(call_.name, status));
}

PyObject* StagedCall::too_small() const {
  PyErr_Format(PyExc_RuntimeError,
               "%s: the workspace of this team, %zu bytes, has no room for an element of each of %d PEs: make the "
               "arrays symmetric and contiguous, or give the job more memory with SHMEM_SYMMETRIC_SIZE",
               call_.name, region_nbytes(team_->words), team_->n_pes);
  return nullptr;
}

// --- target and source in ranges ---

PyObject* StagedCall::by_ranges(std::size_t nelems, const EngineCall& engine) {
  const std::size_t nbytes = nelems * itemsize();
  Plan plan;
  if (!apart(nbytes, nbytes, nbytes, true) || !agree(nbytes, &plan)) return nullptr;
  const std::size_t most = buffer_nbytes(team_->words);
  const std::size_t piece = plan.by_pieces ? most / itemsize() * itemsize() : nbytes;
  if (piece == 0 && nbytes != 0) return too_small();
  const bool to_target = target_is_direct() && !plan.all_stage;
  const bool from_source = source_is_direct() && !plan.all_stage;
  // A source that is not read must have the right address, too, where addresses must be alike.
  const bool any_source = source_ignored_ && (state.unlike_addresses || plan.all_stage || !source_symmetric_);
  return run(nbytes, [&] {
    std::size_t at = 0;
    do {
      const std::size_t n = std::min(piece, nbytes - at);
      char* const dest = to_target ? target_layout_.data() + at : staging_.begin();
      const char* source = dest;
      if (!any_source) {
        source = from_source ? source_layout_.data() + at : staging_.begin();
        if (!from_source) source_layout_.read(staging_.begin(), at, n);
      }
      if (const int status = meet(at == 0)) return status;
      if (const int status = engine(dest, source, n)) return status;
      if (!to_target) target_layout_.write(dest, at, n);
      at += n;
    } while (at < nbytes);
    return int{ENGINE_OK};
  });
}

// --- sources one after the other ---

PyObject* StagedCall::concatenate(std::size_t nbytes, std::size_t total, const Plan& plan, const EngineCall& engine,
                                  const std::function<bool(std::size_t*)>& find_before) {
  const bool to_target = target_is_direct() && !plan.all_stage;
  const bool from_source = source_is_direct() && !plan.all_stage;
  const std::size_t most = buffer_nbytes(team_->words);
  char* const dest_buffer = staging_.begin();
  char* const source_buffer = dest_buffer + most;
  if (!plan.by_pieces) {
    return run(total, [&] {
      if (!from_source) source_layout_.read(source_buffer, 0, nbytes);
      char* const dest = to_target ? target_layout_.data() : dest_buffer;
      const int status = engine(dest, from_source ? source_layout_.data() : source_buffer, nbytes);
      if (status == ENGINE_OK && !to_target) target_layout_.write(dest, 0, total);
      return status;
    });
  }
  // The whole goes range by range, and each member brings the part of a range that is its own.
  std::size_t before = 0;
  if (!find_before(&before)) return nullptr;
  const std::size_t piece = most >= itemsize() ? most / itemsize() * itemsize() : most;
  return run(total, [&] {
    for (std::size_t at = 0; at < total; at += piece) {
      const std::size_t n = std::min(piece, total - at);
      const std::size_t begin = std::clamp(at, before, before + nbytes) - before;
      const std::size_t end = std::clamp(at + n, before, before + nbytes) - before;
      if (!from_source) source_layout_.read(source_buffer, begin, end - begin);
      char* const dest = to_target ? target_layout_.data() + at : dest_buffer;
      const char* const source = from_source ? source_layout_.data() + begin : source_buffer;
      if (const int status = meet(at == 0)) return status;
      if (const int status = state.engine->collect(team_->handle, dest, source, end - begin)) return status;
      if (!to_target) target_layout_.write(dest, at, n);
    }
    return int{ENGINE_OK};
  });
}

PyObject* StagedCall::fcollect(std::size_t nelems) {
  if (!has(call_.name, state.engine->fcollect) || !has(call_.name, state.engine->collect)) return nullptr;
  const std::size_t nbytes = nelems * itemsize();
  const std::size_t total = nbytes * static_cast<std::size_t>(team_->n_pes);
  Plan plan;
  if (!apart(total, nbytes, total, false) || !agree(total, &plan)) return nullptr;
  return concatenate(
      nbytes, total, plan,
      [&](char* dest, const char* source, std::size_t n) {
        return state.engine->fcollect(team_->handle, dest, source, n);
      },
      [&](std::size_t* before) {
        *before = static_cast<std::size_t>(team_->my_pe) * nbytes;
        return true;
      });
}

PyObject* StagedCall::collect(std::size_t nelems, bool exact) {
  if (!has(call_.name, state.engine->collect)) return nullptr;
  const std::size_t nbytes = nelems * itemsize();
  // The total is known after the agreement only, and nothing after that may fail on one member alone. So a source that
  // lies anywhere in target is copied.
  if (!apart(target_size() * itemsize(), nbytes, kUnknown, false) || (stages() && !staging_.claim(call_, team_))) {
    return nullptr;
  }
  Totals totals;
  if (!total_over(call_, team_, {nbytes, target_size() * itemsize(), exact, stages()}, &totals)) return nullptr;
  if (!totals.fit()) return refuse_totals(totals, exact);
  Plan plan;
  bool any = totals.any_stages;
  if (!state.unlike_addresses && !any && team_->n_pes > 1 &&
      !any_stages_or_differs(call_, team_, false, target_layout_.data(), source_layout_.data(), &any)) {
    return nullptr;
  }
  plan.all_stage = any && !state.unlike_addresses;
  plan.by_pieces = any && totals.nbytes > buffer_nbytes(team_->words);
  if (!settle(&plan)) return nullptr;
  return concatenate(
      nbytes, totals.nbytes, plan,
      [&](char* dest, const char* source, std::size_t n) {
        return state.engine->collect(team_->handle, dest, source, n);
      },
      [&](std::size_t* before) { return sum_before(call_, team_, nbytes, before); });
}

PyObject* StagedCall::refuse_totals(const Totals& totals, bool exact) const {
  if (exact && totals.nbytes <= totals.least_capacity &&
      !exactly(call_, target_, source_.get(), totals.nbytes / std::max<std::size_t>(itemsize(), 1),
               static_cast<std::size_t>(team_->n_pes))) {
    return nullptr;
  }
  if (totals.nbytes > totals.least_capacity) {
    PyErr_Format(PyExc_ValueError, "%s: all sources together have %zu bytes, but the smallest target has %zu",
                 call_.name, totals.nbytes, totals.least_capacity);
  } else {
    PyErr_Format(PyExc_ValueError,
                 "%s: all sources together have %zu bytes, but the target of a PE has %zu: without size=, target holds "
                 "exactly these",
                 call_.name, totals.nbytes, totals.largest_exact);
  }
  return nullptr;
}

// --- a block for each member ---

PyObject* StagedCall::alltoall(std::size_t nelems) {
  if (!has(call_.name, state.engine->alltoall)) return nullptr;
  return in_blocks(nelems, 1, 1);
}

PyObject* StagedCall::alltoalls(std::size_t nelems, std::size_t target_stride, std::size_t source_stride) {
  if (!has(call_.name, state.engine->alltoalls) || !has(call_.name, state.engine->alltoall)) return nullptr;
  strided_ = true;
  return in_blocks(nelems, target_stride, source_stride);
}

PyObject* StagedCall::in_blocks(std::size_t nelems, std::size_t target_stride, std::size_t source_stride) {
  const std::size_t count = nelems * static_cast<std::size_t>(team_->n_pes);
  const auto span = [&](std::size_t stride) { return count == 0 ? 0 : ((count - 1) * stride + 1) * itemsize(); };
  const std::size_t measure = std::max(span(target_stride), span(source_stride));
  Plan plan;
  if (!apart(span(target_stride), span(source_stride), measure, false) || !agree(measure, &plan)) return nullptr;
  if (plan.all_stage || plan.by_pieces) {
    if (!staging_.claimed() && !staging_.claim(call_, team_)) return nullptr;
    return packed_blocks(nelems, target_stride, source_stride);
  }
  const bool to_target = target_is_direct();
  const bool from_source = source_is_direct();
  // Buffers have the strides of the call, as arrays do, since other members read and write them by these.
  char* const dest = to_target ? target_layout_.data() : staging_.begin();
  char* const source = from_source ? source_layout_.data() : staging_.begin() + buffer_nbytes(team_->words);
  return run(count * itemsize(), [&] {
    if (!from_source) source_layout_.read_elements(source, source_stride * itemsize(), 0, source_stride, count);
    const int status =
        strided_ ? state.engine->alltoalls(team_->handle, dest, source, static_cast<std::ptrdiff_t>(target_stride),
                                           static_cast<std::ptrdiff_t>(source_stride), nelems, itemsize())
                 : state.engine->alltoall(team_->handle, dest, source, nelems * itemsize());
    if (status == ENGINE_OK && !to_target) {
      target_layout_.write_elements(dest, target_stride * itemsize(), 0, target_stride, count);
    }
    return status;
  });
}

// All members stage, a range of elements of each block at a time.
PyObject* StagedCall::packed_blocks(std::size_t nelems, std::size_t target_stride, std::size_t source_stride) {
  const auto n_pes = static_cast<std::size_t>(team_->n_pes);
  const std::size_t most = buffer_nbytes(team_->words);
  const std::size_t piece = most / n_pes / std::max<std::size_t>(itemsize(), 1);
  if (piece == 0) return too_small();
  char* const dest = staging_.begin();
  char* const source = dest + most;
  return run(nelems * n_pes * itemsize(), [&] {
    std::size_t at = 0;
    do {
      const std::size_t n = std::min(piece, nelems - at);
      const std::size_t block = n * itemsize();
      for (std::size_t pe = 0; pe < n_pes; ++pe) {
        source_layout_.read_elements(source + pe * block, itemsize(), (pe * nelems + at) * source_stride, source_stride,
                                     n);
      }
      if (const int status = meet(at == 0)) return status;
      if (const int status = state.engine->alltoall(team_->handle, dest, source, block)) return status;
      for (std::size_t pe = 0; pe < n_pes; ++pe) {
        target_layout_.write_elements(dest + pe * block, itemsize(), (pe * nelems + at) * target_stride, target_stride,
                                      n);
      }
      at += n;
    } while (at < nelems);
    return int{ENGINE_OK};
  });
}

}  // namespace shmem::binding
