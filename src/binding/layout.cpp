// SPDX-License-Identifier: BSD-3-Clause
//
// put and get of anything but two arrays without gaps in the same order: views with gaps, transposed and reversed
// views, different shapes, numbers.
//
// A pair of arrays of one shape is brought into a normal form: the strides of the remote side are positive, and
// dimensions are sorted and merged. So a column of a matrix is one block-strided transfer, and a contiguous part is one
// plain transfer. If the engine cannot read the source that way (a stride is 0 or negative), the local side goes
// through a contiguous copy. The remote side never does.
#include <algorithm>
#include <memory>

#include "binding/layout.h"

namespace shmem::binding {

namespace {

void copy_items(char* to, const npy_intp* to_strides, const char* from, const npy_intp* from_strides,
                const npy_intp* shape, int dims, std::size_t itemsize) noexcept {
  if (dims == 0) {
    std::memcpy(to, from, itemsize);
    return;
  }
  for (npy_intp i = 0; i < shape[0]; ++i) {
    copy_items(to + i * to_strides[0], to_strides + 1, from + i * from_strides[0], from_strides + 1, shape + 1,
               dims - 1, itemsize);
  }
}

npy_intp number_of_elements(const Pair& pair) noexcept {
  npy_intp product = 1;
  for (int d = 0; d < pair.dims; ++d) product *= pair.shape[d];
  return product;
}

void move_dimension(Pair& pair, int from, int to) noexcept {
  pair.shape[to] = pair.shape[from];
  pair.target_strides[to] = pair.target_strides[from];
  pair.source_strides[to] = pair.source_strides[from];
}

// Makes the remote side's strides positive (or 0), drops dimensions of one element, sorts the rest by the remote
// stride, outermost first, and merges neighbours that are one run on both sides.
void normalise(Direction direction, Pair& pair) noexcept {
  npy_intp* remote = direction == Direction::kPut ? pair.target_strides : pair.source_strides;
  int kept = 0;
  for (int d = 0; d < pair.dims; ++d) {
    if (pair.shape[d] == 1) continue;
    if (remote[d] < 0) {
      pair.target += (pair.shape[d] - 1) * pair.target_strides[d];
      pair.source += (pair.shape[d] - 1) * pair.source_strides[d];
      pair.target_strides[d] = -pair.target_strides[d];
      pair.source_strides[d] = -pair.source_strides[d];
    }
    const npy_intp extent = pair.shape[d];
    const npy_intp target_stride = pair.target_strides[d];
    const npy_intp source_stride = pair.source_strides[d];
    const npy_intp key = remote[d];
    int place = kept++;
    for (; place > 0 && remote[place - 1] < key; --place) move_dimension(pair, place - 1, place);
    pair.shape[place] = extent;
    pair.target_strides[place] = target_stride;
    pair.source_strides[place] = source_stride;
  }
  pair.dims = kept;
  int last = 0;
  for (int d = 1; d < kept; ++d) {
    const bool one_run = pair.target_strides[last] == pair.target_strides[d] * pair.shape[d] &&
                         pair.source_strides[last] == pair.source_strides[d] * pair.shape[d];
    const npy_intp merged = one_run ? pair.shape[last] * pair.shape[d] : pair.shape[d];
    if (!one_run) ++last;
    move_dimension(pair, d, last);
    pair.shape[last] = merged;
  }
  pair.dims = kept ? last + 1 : 0;
}

// The inner dimensions are one call of the engine. The outer ones are a loop around it.
struct Blocks {
  std::size_t block_bytes;
  std::size_t nblocks = 1;
  npy_intp target_stride = 0;
  npy_intp source_stride = 0;
  int outer;
};

Blocks inner_blocks(const Pair& pair) noexcept {
  const auto itemsize = static_cast<npy_intp>(pair.itemsize);
  Blocks blocks{.block_bytes = pair.itemsize, .outer = pair.dims};
  int d = pair.dims - 1;
  if (d >= 0 && pair.target_strides[d] == itemsize && pair.source_strides[d] == itemsize) {
    blocks.block_bytes *= static_cast<std::size_t>(pair.shape[d]);
    blocks.outer = d--;
  }
  // Blocks of the written side must not overlap, and strides are positive.
  if (d >= 0 && pair.target_strides[d] >= static_cast<npy_intp>(blocks.block_bytes) && pair.source_strides[d] > 0) {
    blocks.nblocks = static_cast<std::size_t>(pair.shape[d]);
    blocks.target_stride = pair.target_strides[d];
    blocks.source_stride = pair.source_strides[d];
    blocks.outer = d;
  }
  return blocks;
}

// True if the engine could only be asked for one element at a time.
bool needs_copy(const Pair& pair, const Blocks& blocks) noexcept {
  return blocks.outer == pair.dims && pair.dims > 0 && pair.shape[pair.dims - 1] > 1;
}

void move_blocks(const Route& route, const Pair& pair, const Blocks& blocks) noexcept {
  const EngineTable* engine = state.engine;
  const bool put = route.direction == Direction::kPut;
  std::uintptr_t divisors = bits_of(pair.target) | bits_of(pair.source) | pair.itemsize;
  for (int d = 0; d < pair.dims; ++d) {
    divisors |= static_cast<std::uintptr_t>(pair.target_strides[d] | pair.source_strides[d]);
  }
  const int unit = log2_unit(divisors);
  npy_intp index[NPY_MAXDIMS];
  std::fill_n(index, blocks.outer, 0);
  char* target = pair.target;
  const char* source = pair.source;
  for (;;) {
    if (blocks.nblocks == 1) {
      (put ? engine->put : engine->get)(route.ctx, target, source, blocks.block_bytes >> unit, unit, route.pe);
    } else {
      (put ? engine->ibput : engine->ibget)(route.ctx, target, source, blocks.target_stride >> unit,
                                            blocks.source_stride >> unit, blocks.block_bytes >> unit, blocks.nblocks,
                                            unit, route.pe);
    }
    int d = blocks.outer - 1;
    for (; d >= 0; --d) {
      target += pair.target_strides[d];
      source += pair.source_strides[d];
      if (++index[d] < pair.shape[d]) break;
      index[d] = 0;
      target -= pair.shape[d] * pair.target_strides[d];
      source -= pair.shape[d] * pair.source_strides[d];
    }
    if (d < 0) return;
  }
}

// C-ordered strides of a buffer that holds each element once; 0 along dimensions in which `repeats` does not move.
std::size_t buffer_strides(const Pair& pair, const npy_intp* repeats, npy_intp* strides) noexcept {
  auto nbytes = static_cast<npy_intp>(pair.itemsize);
  for (int d = pair.dims - 1; d >= 0; --d) {
    const bool repeated = repeats && repeats[d] == 0;
    strides[d] = repeated ? 0 : nbytes;
    if (!repeated) nbytes *= pair.shape[d];
  }
  return static_cast<std::size_t>(nbytes);
}

// Moves the local side through a contiguous copy. The pair is in normal form.
void move_through_copy(const Route& route, const Pair& pair) {
  npy_intp strides[NPY_MAXDIMS];
  const bool put = route.direction == Direction::kPut;
  // What the remote side repeats is fetched once.
  const std::size_t nbytes = buffer_strides(pair, put ? nullptr : pair.source_strides, strides);
  const auto buffer = std::make_unique_for_overwrite<char[]>(nbytes);
  Pair staged = pair;
  if (put) {
    copy_items(buffer.get(), strides, pair.source, pair.source_strides, pair.shape, pair.dims, pair.itemsize);
    staged.source = buffer.get();
    std::copy_n(strides, pair.dims, staged.source_strides);
    normalise(route.direction, staged);
    move_blocks(route, staged, inner_blocks(staged));
    return;
  }
  staged.target = buffer.get();
  int kept = 0;
  for (int d = 0; d < pair.dims; ++d) {
    if (pair.source_strides[d] == 0) continue;
    staged.shape[kept] = pair.shape[d];
    staged.source_strides[kept] = pair.source_strides[d];
    staged.target_strides[kept++] = strides[d];
  }
  staged.dims = kept;
  normalise(route.direction, staged);
  move_blocks(route, staged, inner_blocks(staged));
  copy_items(pair.target, pair.target_strides, buffer.get(), strides, pair.shape, pair.dims, pair.itemsize);
}

// True if the two innermost dimensions have the opposite order on one side, as in a transposed matrix.
bool crosswise(const Pair& pair) noexcept {
  const int inner = pair.dims - 1;
  return inner > 0 && (pair.target_strides[inner - 1] < pair.target_strides[inner] ||
                       pair.source_strides[inner - 1] < pair.source_strides[inner]);
}

// How many elements of the innermost dimension are moved at a time. These and their cache lines on the other side stay
// in the first cache until the next dimension comes back to the same lines. With whole rows, each line would be fetched
// once for every element in it.
constexpr npy_intp kTile = 16;

void move_in_tiles(const Route& route, const Pair& pair) noexcept {
  const int inner = pair.dims - 1;
  Pair tile = pair;
  for (npy_intp begin = 0; begin < pair.shape[inner]; begin += kTile) {
    tile.shape[inner] = std::min(kTile, pair.shape[inner] - begin);
    tile.target = pair.target + begin * pair.target_strides[inner];
    tile.source = pair.source + begin * pair.source_strides[inner];
    move_blocks(route, tile, inner_blocks(tile));
  }
}

// The pair has elements. It may be changed.
void move_whole(const Route& route, Pair& pair) {
  if (pair.itemsize == 0) return;
  normalise(route.direction, pair);
  const Blocks blocks = inner_blocks(pair);
  if (needs_copy(pair, blocks)) {
    move_through_copy(route, pair);
  } else if (crosswise(pair) && pair.shape[pair.dims - 1] > kTile) {
    move_in_tiles(route, pair);
  } else {
    move_blocks(route, pair, blocks);
  }
}

// The pair in the shape of target, source stretched to it.
bool pair_of(const Signature& call, PyArrayObject* target, PyArrayObject* source, Pair* pair) {
  if (!matched(call, target, source, pair->source_strides)) return false;
  pair->target = PyArray_BYTES(target);
  pair->source = PyArray_BYTES(source);
  pair->itemsize = static_cast<std::size_t>(PyArray_ITEMSIZE(target));
  pair->dims = PyArray_NDIM(target);
  std::copy_n(PyArray_DIMS(target), pair->dims, pair->shape);
  std::copy_n(PyArray_STRIDES(target), pair->dims, pair->target_strides);
  return true;
}

// The pair in the shape of `array`, the other side a contiguous buffer.
void beside_buffer(Direction direction, PyArrayObject* array, char* buffer, Pair* pair) {
  const bool put = direction == Direction::kPut;
  pair->target = put ? PyArray_BYTES(array) : buffer;
  pair->source = put ? buffer : PyArray_BYTES(array);
  pair->itemsize = static_cast<std::size_t>(PyArray_ITEMSIZE(array));
  pair->dims = PyArray_NDIM(array);
  std::copy_n(PyArray_DIMS(array), pair->dims, pair->shape);
  std::copy_n(PyArray_STRIDES(array), pair->dims, put ? pair->target_strides : pair->source_strides);
  buffer_strides(*pair, nullptr, put ? pair->source_strides : pair->target_strides);
}

// The first `size` elements of arrays of different shapes, by way of a flat local copy.
bool move_flattened(const Move& move, const Route& route) {
  const bool put = move.direction == Direction::kPut;
  const std::size_t nbytes = move.size * static_cast<std::size_t>(PyArray_ITEMSIZE(move.target));
  if (put) {
    const ArrayRef flat(as_array(PyArray_Ravel(move.source, NPY_CORDER)));
    if (!flat) return false;
    Pair pair;
    beside_buffer(move.direction, move.target, PyArray_BYTES(flat.get()), &pair);
    copying(nbytes, [&] { move_pair(route, pair, move.size); });
    return true;
  }
  auto length = static_cast<npy_intp>(move.size);
  const ArrayRef flat = make_array(PyArray_DESCR(move.target), 1, &length);
  if (!flat) return false;
  Pair pair;
  beside_buffer(move.direction, move.source, PyArray_BYTES(flat.get()), &pair);
  copying(nbytes, [&] { move_pair(route, pair, move.size); });
  const Ref<> items(PyObject_GetAttrString(reinterpret_cast<PyObject*>(move.target), "flat"));
  const Ref<> end(PyLong_FromSize_t(move.size));
  const Ref<> slice(end ? PySlice_New(nullptr, end.object(), nullptr) : nullptr);
  return items && slice && PyObject_SetItem(items.object(), slice.object(), flat.object()) == 0;
}

// Two arrays without gaps, moved in memory order.
template <Direction direction>
bool move_in_memory_order(const Move& move) {
  const auto itemsize = static_cast<std::size_t>(PyArray_ITEMSIZE(move.target));
  const std::size_t nbytes = move.size * itemsize;
  if (nbytes == 0) return true;
  copying(nbytes, [&] {
    move_bytes<direction, false>(move.ctx, PyArray_BYTES(move.target), PyArray_BYTES(move.source), nbytes, itemsize,
                                 move.pe);
  });
  return true;
}

}  // namespace

void move_pair(const Route& route, Pair& pair, std::size_t nelems) {
  const npy_intp total = number_of_elements(pair);
  if (total == 0) return;
  if (nelems == static_cast<std::size_t>(total)) return move_whole(route, pair);
  // Whole rows first, then what is left of the next row, and so on inwards.
  npy_intp row = total;
  for (auto left = static_cast<npy_intp>(nelems); left > 0;) {
    row /= pair.shape[0];
    if (const npy_intp rows = left / row; rows > 0) {
      Pair whole = pair;
      whole.shape[0] = rows;
      move_whole(route, whole);
      left -= rows * row;
      pair.target += rows * pair.target_strides[0];
      pair.source += rows * pair.source_strides[0];
    }
    --pair.dims;
    std::copy_n(pair.shape + 1, pair.dims, pair.shape);
    std::copy_n(pair.target_strides + 1, pair.dims, pair.target_strides);
    std::copy_n(pair.source_strides + 1, pair.dims, pair.source_strides);
  }
}

bool check_arrays(const Signature& call, Direction direction, PyArrayObject* target, PyArrayObject* source) {
  if (!same_type(call, PyArray_DESCR(target), PyArray_DESCR(source)) ||
      !movable(call, "target", PyArray_DESCR(target)) || !writeable(call, "target", target)) {
    return false;
  }
  if (direction == Direction::kPut) return symmetric(call, "target", target) && not_freed(call, "source", source);
  return symmetric(call, "source", source) && not_freed(call, "target", target);
}

bool move_arrays(const Signature& call, const Move& original) {
  Move move = original;
  if (!check_arrays(call, move.direction, move.target, move.source)) return false;
  const Route route{move.direction, move.ctx->handle, move.pe};
  const std::size_t target_size = number_of_elements(move.target);
  const std::size_t source_size = number_of_elements(move.source);
  const bool gapless = PyArray_ISONESEGMENT(move.target) && PyArray_ISONESEGMENT(move.source);
  const bool alike = PyArray_SAMESHAPE(move.target, move.source);
  bool whole = move.size == kWhole;
  if (whole && smaller_sizes && gapless && !alike) {
    move.size = std::min(target_size, source_size);
    whole = false;
  }
  if (!whole && !(fits(call, move.size, "target", target_size) && fits(call, move.size, "source", source_size))) {
    return false;
  }
  if (whole || (alike && !gapless)) {
    Pair pair;
    if (!pair_of(call, move.target, move.source, &pair)) return false;
    const std::size_t nelems = whole ? target_size : move.size;
    copying(nelems * pair.itemsize, [&] { move_pair(route, pair, nelems); });
  } else if (gapless) {
    const bool put = move.direction == Direction::kPut;
    if (!(put ? move_in_memory_order<Direction::kPut>(move) : move_in_memory_order<Direction::kGet>(move))) {
      return false;
    }
  } else if (PyArray_NDIM(move.target) == 1 && PyArray_NDIM(move.source) == 1) {
    Pair pair;  // two rows: the shape of either will do
    beside_buffer(Direction::kPut, move.target, PyArray_BYTES(move.source), &pair);
    pair.source_strides[0] = PyArray_STRIDE(move.source, 0);
    copying(move.size * pair.itemsize, [&] { move_pair(route, pair, move.size); });
  } else if (PyArray_ITEMSIZE(move.target) != 0 && !move_flattened(move, route)) {
    return false;
  }
  return succeeded(call.name);
}

bool put_number(const Signature& call, const Move& move, PyObject* number) {
  PyArray_Descr* dtype = PyArray_DESCR(move.target);
  if (!movable(call, "target", dtype) || !writeable(call, "target", move.target)) return false;
  const std::size_t target_size = number_of_elements(move.target);
  const std::size_t nelems = move.size == kWhole ? target_size : move.size;
  if (!fits(call, nelems, "target", target_size) || !symmetric(call, "target", move.target)) return false;
  const ArrayRef element = to_element(call, "source", dtype, number);
  if (!element) return false;
  Pair pair;
  if (!pair_of(call, move.target, element.get(), &pair)) return false;
  // The elements that count are the first in index order; in memory order where there are no gaps.
  if (PyArray_ISONESEGMENT(move.target)) {
    pair.dims = 1;
    pair.shape[0] = static_cast<npy_intp>(nelems);
    pair.target_strides[0] = static_cast<npy_intp>(pair.itemsize);
    pair.source_strides[0] = 0;
  }
  const Route route{move.direction, move.ctx->handle, move.pe};
  copying(nelems * pair.itemsize, [&] { move_pair(route, pair, nelems); });
  return succeeded(call.name);
}

}  // namespace shmem::binding
