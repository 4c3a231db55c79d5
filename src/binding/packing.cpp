// SPDX-License-Identifier: BSD-3-Clause
//
// Copies between an array and a buffer, run by run (packing.h). Dimensions that follow each other in memory are merged,
// and a run is the innermost dimension that is left. So an array without gaps is one run.
#include "binding/packing.h"

#include <algorithm>
#include <cstring>

namespace shmem::binding {

namespace {

// Copies `count` items of a size that the compiler knows.
template <std::size_t nbytes>
void copy_fixed(char* to, std::ptrdiff_t to_step, const char* from, std::ptrdiff_t from_step,
                std::size_t count) noexcept {
  for (; count > 0; --count, to += to_step, from += from_step) std::memcpy(to, from, nbytes);
}

void copy_items(char* to, std::ptrdiff_t to_step, const char* from, std::ptrdiff_t from_step, std::size_t itemsize,
                std::size_t count) noexcept {
  const auto each = static_cast<std::ptrdiff_t>(itemsize);
  if (to_step == each && from_step == each) {
    std::memcpy(to, from, itemsize * count);
    return;
  }
  switch (itemsize) {
    case 1:
      return copy_fixed<1>(to, to_step, from, from_step, count);
    case 2:
      return copy_fixed<2>(to, to_step, from, from_step, count);
    case 4:
      return copy_fixed<4>(to, to_step, from, from_step, count);
    case 8:
      return copy_fixed<8>(to, to_step, from, from_step, count);
    case 16:
      return copy_fixed<16>(to, to_step, from, from_step, count);
    default:
      for (; count > 0; --count, to += to_step, from += from_step) std::memcpy(to, from, itemsize);
  }
}

void reverse_units(char* data, std::size_t nbytes, std::size_t unit) noexcept {
  for (char* end = data + nbytes; data < end; data += unit) std::reverse(data, data + unit);
}

}  // namespace

Layout::Layout(PyArrayObject* array) noexcept
    : Layout(array, PyArray_NDIM(array), PyArray_DIMS(array), PyArray_STRIDES(array)) {}

Layout::Layout(PyArrayObject* array, int dims, const npy_intp* shape, const npy_intp* strides) noexcept
    : data_(PyArray_BYTES(array)), itemsize_(static_cast<std::size_t>(PyArray_ITEMSIZE(array))), nelems_(1) {
  for (int d = 0; d < dims; ++d) {
    nelems_ *= static_cast<std::size_t>(shape[d]);
    if (shape[d] == 1) continue;
    if (dims_ > 0 && strides_[dims_ - 1] == strides[d] * shape[d]) {
      shape_[dims_ - 1] *= shape[d];
      strides_[dims_ - 1] = strides[d];
    } else {
      shape_[dims_] = shape[d];
      strides_[dims_++] = strides[d];
    }
  }
  if (dims_ == 0) {
    dims_ = 1;
    shape_[0] = 1;
    strides_[0] = static_cast<npy_intp>(itemsize_);
  }
}

bool Layout::is_packed() const noexcept {
  return nelems_ == 0 || (dims_ == 1 && strides_[0] == static_cast<npy_intp>(itemsize_) && swapped_unit_ == 0);
}

bool Layout::same_as(const Layout& other) const noexcept {
  return data_ == other.data_ && itemsize_ == other.itemsize_ && dims_ == other.dims_ &&
         std::equal(shape_, shape_ + dims_, other.shape_) && std::equal(strides_, strides_ + dims_, other.strides_);
}

template <class Use>
void Layout::walk(std::size_t first, std::size_t count, Use use) const noexcept {
  if (count == 0) return;
  const int last = dims_ - 1;
  npy_intp index[NPY_MAXDIMS];
  char* at = data_;
  auto rest = static_cast<npy_intp>(first);
  for (int d = last; d >= 0; --d) {
    index[d] = rest % shape_[d];
    rest /= shape_[d];
    at += index[d] * strides_[d];
  }
  while (true) {
    const std::size_t run = std::min(count, static_cast<std::size_t>(shape_[last] - index[last]));
    use(at, run, strides_[last]);
    count -= run;
    if (count == 0) return;
    at -= index[last] * strides_[last];
    index[last] = 0;
    for (int d = last - 1; d >= 0; --d) {
      at += strides_[d];
      if (++index[d] < shape_[d]) break;
      index[d] = 0;
      at -= shape_[d] * strides_[d];
    }
  }
}

char* Layout::element(std::size_t number) const noexcept {
  char* at = data_;
  auto rest = static_cast<npy_intp>(number);
  for (int d = dims_ - 1; d >= 0; --d) {
    at += rest % shape_[d] * strides_[d];
    rest /= shape_[d];
  }
  return at;
}

// The head and the tail of the range may be parts of elements.
template <class Copy>
void Layout::move(std::size_t first, std::size_t nbytes, Copy copy) const noexcept {
  if (nbytes == 0) return;
  std::size_t number = first / itemsize_;
  std::size_t done = 0;
  if (const std::size_t within = first % itemsize_; within != 0) {
    done = std::min(itemsize_ - within, nbytes);
    copy(element(number++) + within, std::size_t{0}, done, npy_intp{0}, std::size_t{1});
  }
  const std::size_t whole = (nbytes - done) / itemsize_;
  walk(number, whole, [&](char* at, std::size_t count, npy_intp stride) noexcept {
    copy(at, done, itemsize_, stride, count);
    done += count * itemsize_;
  });
  if (done < nbytes) copy(element(number + whole), done, nbytes - done, npy_intp{0}, std::size_t{1});
}

void Layout::read(char* buffer, std::size_t first, std::size_t nbytes) const noexcept {
  move(first, nbytes,
       [&](const char* at, std::size_t offset, std::size_t each, npy_intp stride, std::size_t count) noexcept {
         copy_items(buffer + offset, static_cast<std::ptrdiff_t>(each), at, stride, each, count);
         if (swapped_unit_ != 0) reverse_units(buffer + offset, each * count, swapped_unit_);
       });
}

void Layout::write(const char* buffer, std::size_t first, std::size_t nbytes) const noexcept {
  move(first, nbytes, [&](char* at, std::size_t offset, std::size_t each, npy_intp stride, std::size_t count) noexcept {
    copy_items(at, stride, buffer + offset, static_cast<std::ptrdiff_t>(each), each, count);
    if (swapped_unit_ == 0) return;
    for (; count > 0; --count, at += stride) reverse_units(at, each, swapped_unit_);
  });
}

void Layout::read_elements(char* buffer, std::size_t buffer_step, std::size_t first, std::size_t step,
                           std::size_t count) const noexcept {
  if (step == 1 && buffer_step == itemsize_) return read(buffer, first * itemsize_, count * itemsize_);
  for (std::size_t i = 0; i < count; ++i) std::memcpy(buffer + i * buffer_step, element(first + i * step), itemsize_);
}

void Layout::write_elements(const char* buffer, std::size_t buffer_step, std::size_t first, std::size_t step,
                            std::size_t count) const noexcept {
  if (step == 1 && buffer_step == itemsize_) return write(buffer, first * itemsize_, count * itemsize_);
  for (std::size_t i = 0; i < count; ++i) std::memcpy(element(first + i * step), buffer + i * buffer_step, itemsize_);
}

}  // namespace shmem::binding
