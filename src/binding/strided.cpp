// SPDX-License-Identifier: BSD-3-Clause
//
// iput, iget, ibput and ibget: the caller states strides and blocks, in elements, over arrays without gaps.
#include <algorithm>

#include "binding/areas.h"
#include "binding/layout.h"
#include "binding/stub.h"

namespace shmem::binding {

namespace {

struct Strided {
  CtxRecord* ctx;
  int pe = 0;
  std::ptrdiff_t target_stride;
  std::ptrdiff_t source_stride;
  std::size_t block = 1;
};

// How many blocks an array of `nelems` elements holds.
std::size_t blocks_in(std::size_t nelems, std::size_t block, std::ptrdiff_t stride) {
  return nelems < block ? 0 : (nelems - block) / static_cast<std::size_t>(stride) + 1;
}

template <Direction direction, class Arguments>
PyObject* move_strided(const Signature& call, const Arguments& args, const Strided& strided, PyObject* nblocks_object,
                       const char* what, const char* nblocks_name) {
  PyArrayObject* target = array_of(call, "target", args.target);
  PyArrayObject* source = target ? array_of(call, "source", args.source) : nullptr;
  if (!source || !check_arrays(call, direction, target, source) || !without_gaps(call, "target", target) ||
      !without_gaps(call, "source", source)) {
    return nullptr;
  }
  const std::size_t target_blocks =
      blocks_in(static_cast<std::size_t>(PyArray_SIZE(target)), strided.block, strided.target_stride);
  const std::size_t source_blocks =
      blocks_in(static_cast<std::size_t>(PyArray_SIZE(source)), strided.block, strided.source_stride);
  std::size_t nblocks;
  if (!given(nblocks_object)) {
    if (!same_number(call, target, source, target_blocks, source_blocks, what, nblocks_name, &nblocks)) return nullptr;
  } else {
    if (!count(call, nblocks_name, nblocks_object, &nblocks)) return nullptr;
    if (nblocks > std::min(target_blocks, source_blocks)) {
      PyErr_Format(PyExc_ValueError, "%s: %s is %zu, but with these strides target holds %zu and source %zu", call.name,
                   nblocks_name, nblocks, target_blocks, source_blocks);
      return nullptr;
    }
  }
  const auto itemsize = static_cast<std::size_t>(PyArray_ITEMSIZE(target));
  const std::size_t nbytes = nblocks * strided.block * itemsize;
  if (nbytes == 0) Py_RETURN_NONE;
  char* to = PyArray_BYTES(target);
  const char* from = PyArray_BYTES(source);
  const int unit = log2_unit(bits_of(to) | bits_of(from) | itemsize);
  const auto scale = static_cast<std::ptrdiff_t>(itemsize >> unit);
  const EngineTable* engine = state.engine;
  copying(nbytes, [&] {
    const auto block = strided.block * static_cast<std::size_t>(scale);
    if constexpr (direction == Direction::kPut) {
      engine->ibput(strided.ctx->handle, to, from, strided.target_stride * scale, strided.source_stride * scale, block,
                    nblocks, unit, strided.pe);
    } else {
      engine->ibget(strided.ctx->handle, to, from, strided.target_stride * scale, strided.source_stride * scale, block,
                    nblocks, unit, strided.pe);
    }
  });
  return none_if(succeeded(call.name));
}

template <Direction direction>
PyObject* elements(const Signature& call, const stub::iput& args) {
  Strided strided;
  if (!ready(call) || !remote_pe(call, args.ctx, args.pe, &strided.ctx, &strided.pe) ||
      !stride(call, "tst", args.tst, 1, &strided.target_stride) ||
      !stride(call, "sst", args.sst, 1, &strided.source_stride)) {
    return nullptr;
  }
  return move_strided<direction>(call, args, strided, args.size, "elements", "size");
}

template <Direction direction>
PyObject* blocks(const Signature& call, const stub::ibput& args) {
  Strided strided;
  if (!ready(call) || !remote_pe(call, args.ctx, args.pe, &strided.ctx, &strided.pe) ||
      !stride(call, "tst", args.tst, 1, &strided.target_stride) ||
      !stride(call, "sst", args.sst, 1, &strided.source_stride) || !count(call, "bsize", args.bsize, &strided.block)) {
    return nullptr;
  }
  const std::ptrdiff_t least = std::min(strided.target_stride, strided.source_stride);
  if (strided.block < 1 || strided.block > static_cast<std::size_t>(least)) {
    PyErr_Format(PyExc_ValueError, "%s: bsize is %zu, must be at least 1 and at most tst (%zd) and sst (%zd)",
                 call.name, strided.block, strided.target_stride, strided.source_stride);
    return nullptr;
  }
  return move_strided<direction>(call, args, strided, args.nblocks, "blocks", "nblocks");
}

PyMethodDef callables[] = {
    function<stub::iput, elements<Direction::kPut>>(),
    function<stub::iget, elements<Direction::kGet>>(),
    function<stub::ibput, blocks<Direction::kPut>>(),
    function<stub::ibget, blocks<Direction::kGet>>(),
};

}  // namespace

bool add_strided(PyObject* module, const char* shown_module) {
  return add_functions(module, shown_module, callables);
}

}  // namespace shmem::binding
