// SPDX-License-Identifier: BSD-3-Clause
//
// A Layout describes the elements of an array of any layout in memory. Its packed form is the same elements without
// gaps, in the order of C's indices. The elements can be read into a buffer of that form and written from it, all of
// them or a range. A Layout touches no Python object, so no call of it needs the GIL. The caller keeps the array alive.
#pragma once

#include <cstddef>

#include "binding/python.h"

namespace shmem::binding {

class Layout {
 public:
  Layout() = default;
  // Describes the array's elements. The second form gives them another shape, with steps from element to element as
  // shapes.h finds them.
  explicit Layout(PyArrayObject* array) noexcept;
  Layout(PyArrayObject* array, int dims, const npy_intp* shape, const npy_intp* strides) noexcept;

  [[nodiscard]] char* data() const noexcept { return data_; }
  [[nodiscard]] std::size_t nelems() const noexcept { return nelems_; }
  [[nodiscard]] std::size_t itemsize() const noexcept { return itemsize_; }
  // Whether the array's memory is the packed form already.
  [[nodiscard]] bool is_packed() const noexcept;
  // Whether both describe the same addresses, element for element.
  [[nodiscard]] bool same_as(const Layout& other) const noexcept;

  // For arrays whose byte order is not the machine's: reverses each unit of this size on the way. 0: reverses nothing.
  void swap_units(std::size_t unit) noexcept { swapped_unit_ = unit; }
  [[nodiscard]] std::size_t swapped_unit() const noexcept { return swapped_unit_; }

  // Copies bytes [first, first + nbytes) of the packed form. They may begin and end within an element unless units are
  // swapped.
  void read(char* buffer, std::size_t first, std::size_t nbytes) const noexcept;
  void write(const char* buffer, std::size_t first, std::size_t nbytes) const noexcept;

  // Copies `count` elements of the packed form: number `first` and every `step`-th after it. In the buffer they lie
  // `buffer_step` bytes apart.
  void read_elements(char* buffer, std::size_t buffer_step, std::size_t first, std::size_t step,
                     std::size_t count) const noexcept;
  void write_elements(const char* buffer, std::size_t buffer_step, std::size_t first, std::size_t step,
                      std::size_t count) const noexcept;

 private:
  // Calls use(address, elements, stride) for runs of elements, in index order.
  template <class Use>
  void walk(std::size_t first, std::size_t count, Use use) const noexcept;
  // Calls copy(address in the array, offset in the buffer, nbytes, stride, count) for the parts of a range of bytes: a
  // run of whole elements, or a part of one element at either end.
  template <class Copy>
  void move(std::size_t first, std::size_t nbytes, Copy copy) const noexcept;
  [[nodiscard]] char* element(std::size_t number) const noexcept;

  char* data_ = nullptr;
  std::size_t itemsize_ = 0;
  std::size_t nelems_ = 0;
  std::size_t swapped_unit_ = 0;
  int dims_ = 0;  // at least 1 if there is an array; dimensions that follow each other in memory are merged
  npy_intp shape_[NPY_MAXDIMS];
  npy_intp strides_[NPY_MAXDIMS];
};

}  // namespace shmem::binding
