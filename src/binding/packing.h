// SPDX-License-Identifier: BSD-3-Clause
//
// Elements of an array of any layout, and the same elements without gaps in C index order. A Layout is read into a
// buffer or written from one, in whole or any range of it. It touches no Python object: the GIL need not be held while
// the array lives.
#pragma once

#include <cstddef>

#include "binding/python.h"

namespace shmem::binding {

class Layout {
 public:
  Layout() = default;
  // The array's elements. The second form takes them for another shape, with the steps of shapes.h from one element to
  // the next.
  explicit Layout(PyArrayObject* array) noexcept;
  Layout(PyArrayObject* array, int dims, const npy_intp* shape, const npy_intp* strides) noexcept;

  [[nodiscard]] char* data() const noexcept { return data_; }
  [[nodiscard]] std::size_t nelems() const noexcept { return nelems_; }
  [[nodiscard]] std::size_t itemsize() const noexcept { return itemsize_; }
  // Without gaps in C order: the buffer's own form.
  [[nodiscard]] bool is_packed() const noexcept;
  // Element for element at the same addresses.
  [[nodiscard]] bool same_as(const Layout& other) const noexcept;

  // Where the byte order is not the machine's: bytes of units of this size are reversed on the way. 0: they are not.
  void swap_units(std::size_t unit) noexcept { swapped_unit_ = unit; }
  [[nodiscard]] std::size_t swapped_unit() const noexcept { return swapped_unit_; }

  // Bytes [first, first + nbytes) of the packed form, which may begin and end within an element unless units are
  // swapped.
  void read(char* buffer, std::size_t first, std::size_t nbytes) const noexcept;
  void write(const char* buffer, std::size_t first, std::size_t nbytes) const noexcept;

  // `count` elements of the packed form, beginning with number `first`, every `step`-th; `buffer_step` bytes apart in
  // the buffer.
  void read_elements(char* buffer, std::size_t buffer_step, std::size_t first, std::size_t step,
                     std::size_t count) const noexcept;
  void write_elements(const char* buffer, std::size_t buffer_step, std::size_t first, std::size_t step,
                      std::size_t count) const noexcept;

 private:
  // Calls use(address, elements, stride) for runs of elements, in index order.
  template <class Use>
  void walk(std::size_t first, std::size_t count, Use use) const noexcept;
  // Calls use(address in the array, offset in the buffer, bytes) for the parts of a range of bytes that are whole
  // elements apart.
  template <class Copy>
  void move(std::size_t first, std::size_t nbytes, Copy copy) const noexcept;
  [[nodiscard]] char* element(std::size_t number) const noexcept;

  char* data_ = nullptr;
  std::size_t itemsize_ = 0;
  std::size_t nelems_ = 0;
  std::size_t swapped_unit_ = 0;
  int dims_ = 0;  // at least 1 once there is an array; the neighbours that are one run are merged
  npy_intp shape_[NPY_MAXDIMS];
  npy_intp strides_[NPY_MAXDIMS];
};

}  // namespace shmem::binding
