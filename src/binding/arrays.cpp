// SPDX-License-Identifier: BSD-3-Clause
//
// Symmetric memory as NumPy arrays: alloc, free, the constructors, and signals and locks as arrays of one element.
// Arrays are plain numpy.ndarray whose `.base` is a Block.
#include "binding/agreement.h"
#include "binding/areas.h"
#include "binding/blocks.h"
#include "binding/calling.h"
#include "binding/errors.h"
#include "binding/operators.h"
#include "binding/stub.h"
#include "binding/types.h"

namespace shmem::binding {

namespace {

constexpr long kKnownHints = ENGINE_ATOMICS_REMOTE | ENGINE_SIGNAL_REMOTE;

bool alignment_and_hints(const Signature& call, PyObject* align, PyObject* hints, Request* request) {
  if (given(align)) {
    if (!count(call, "align", align, &request->alignment)) return false;
    if (request->alignment & (request->alignment - 1)) {
      PyErr_Format(PyExc_ValueError, "%s: align is %zu, must be a power of two", call.name, request->alignment);
      return false;
    }
  }
  if (given(hints)) {
    std::int64_t bits;
    if (!enum_integer(call, "hints", hints, Enum::kMalloc, &bits)) return false;
    if (bits & ~std::int64_t{kKnownHints}) {
      PyErr_Format(PyExc_ValueError, "%s: hints is %lld, must be made of MALLOC flags", call.name,
                   static_cast<long long>(bits));
      return false;
    }
    request->hints = static_cast<long>(bits);
  }
  return true;
}

// The product, or if it overflows a size that no heap has. The allocation then fails on all PEs together.
std::size_t saturating_product(std::size_t a, std::size_t b) {
  std::size_t product;
  return __builtin_mul_overflow(a, b, &product) || product > PY_SSIZE_T_MAX ? std::size_t{PY_SSIZE_T_MAX} : product;
}

struct Shape {
  PyArray_Dims dims{nullptr, 0};
  Shape() = default;
  Shape(const Shape&) = delete;
  Shape& operator=(const Shape&) = delete;
  ~Shape() { PyDimMem_FREE(dims.ptr); }
};

bool shape_of(const Signature& call, PyObject* object, Shape* shape) {
  if (object == Py_None) {
    PyErr_Format(PyExc_TypeError, "%s: shape must be an integer or a sequence of integers, not None", call.name);
    return false;
  }
  if (!PyArray_IntpConverter(object, &shape->dims)) return false;
  for (int d = 0; d < shape->dims.len; ++d) {
    if (shape->dims.ptr[d] < 0) {
      PyErr_Format(PyExc_ValueError, "%s: shape has a negative extent, %zd", call.name,
                   static_cast<Py_ssize_t>(shape->dims.ptr[d]));
      return false;
    }
  }
  return true;
}

Ref<PyArray_Descr> dtype_of(const Signature& call, PyObject* object) {
  PyArray_Descr* dtype = nullptr;
  if (!given(object)) return Ref<PyArray_Descr>(PyArray_DescrFromType(NPY_DOUBLE));
  if (!PyArray_DescrConverter(object, &dtype)) return {};
  Ref<PyArray_Descr> result(dtype);
  if (!movable(call, "dtype", dtype)) return {};
  // A string dtype without a length gets one character, as in numpy.empty.
  if (PyDataType_ELSIZE(dtype) != 0 || !PyTypeNum_ISSTRING(dtype->type_num)) return result;
  result = Ref<PyArray_Descr>(PyArray_DescrNewFromType(dtype->type_num));
  if (result) PyDataType_SET_ELSIZE(result.get(), dtype->type_num == NPY_UNICODE ? npy_intp{sizeof(npy_ucs4)} : 1);
  return result;
}

bool order_of(const Signature& call, PyObject* object, NPY_ORDER* order, bool any = false) {
  if (!object) return true;
  if (!PyArray_OrderConverter(object, order)) return false;
  if (any || *order == NPY_CORDER || *order == NPY_FORTRANORDER) return true;
  PyErr_Format(PyExc_ValueError, "%s: order must be 'C' or 'F'", call.name);
  return false;
}

// A view of `memory`, which `base` keeps alive.
ArrayRef array_over(PyObject* base, char* memory, PyArray_Descr* dtype, const PyArray_Dims& dims, NPY_ORDER order,
                    const npy_intp* strides = nullptr, int writeable = NPY_ARRAY_WRITEABLE) {
  const int flags = writeable | (order == NPY_FORTRANORDER ? NPY_ARRAY_F_CONTIGUOUS : 0);
  return make_view(borrow(base), memory, dtype, dims.len, dims.ptr, strides, flags);
}

ArrayRef new_symmetric(const Signature& call, const PyArray_Dims& dims, PyArray_Descr* dtype, NPY_ORDER order,
                       Request request, const npy_intp* strides = nullptr) {
  request.nbytes = static_cast<std::size_t>(PyDataType_ELSIZE(dtype));
  for (int d = 0; d < dims.len; ++d) {
    request.nbytes = saturating_product(request.nbytes, static_cast<std::size_t>(dims.ptr[d]));
  }
  const Ref<Block> block = allocate(call, request);
  if (!block) return {};
  return array_over(block.object(), block.get()->base, dtype, dims, order, strides);
}

bool barrier(const Signature& call) {
  without_gil([] { state.engine->barrier_all(); });
  return finished(call.name);
}

// --- alloc, free, fromalloc ---

PyObject* alloc(const Signature& call, const stub::alloc& args) {
  std::size_t nelems;
  std::size_t size = 1;
  Request request{0};
  if (!ready(call) || !count(call, "count", args.count, &nelems)) return nullptr;
  if (given(args.size) && !count(call, "size", args.size, &size)) return nullptr;
  if (!alignment_and_hints(call, args.align, args.hints, &request) || !boolean(args.clear, true, &request.clear)) {
    return nullptr;
  }
  request.nbytes = saturating_product(nelems, size);
  const Ref<Block> block = allocate(call, request);
  return block ? PyMemoryView_FromObject(block.object()) : nullptr;
}

// The block of a whole symmetric array, or of a memoryview that alloc returned. Null with an exception.
Block* whole_block(const Signature& call, PyObject* object) {
  PyObject* base = nullptr;
  const char* data = nullptr;
  if (PyArray_Check(object)) {
    base = PyArray_BASE(as_array(object));
    data = PyArray_BYTES(as_array(object));
    if (base && PyMemoryView_Check(base)) base = exporter_of(base);
  } else if (PyMemoryView_Check(object)) {
    base = exporter_of(object);
    data = static_cast<const char*>(PyMemoryView_GET_BUFFER(object)->buf);
  } else {
    PyErr_Format(PyExc_TypeError, "%s: %s must be a symmetric array or the memoryview of alloc(), not %s", call.name,
                 call.parameter(0), Py_TYPE(object)->tp_name);
    return nullptr;
  }
  if (base && Py_TYPE(base) == block_type) {
    auto* block = reinterpret_cast<Block*>(base);
    if (!block->alive.load(std::memory_order_acquire)) {
      raise_freed(call, call.parameter(0), block);
      return nullptr;
    }
    if (data == block->base) return block;
  }
  const Owner owner = owner_slowly(base);
  const char* what = owner.block  ? "is a view of a symmetric array; free the array itself"
                     : owner.peer ? "is a view of another PE's memory"
                                  : "is not symmetric memory of ours";
  if (owner.block && !owner.block->alive.load(std::memory_order_acquire)) {
    raise_freed(call, call.parameter(0), owner.block);
  } else {
    PyErr_Format(PyExc_ValueError, "%s: %s %s", call.name, call.parameter(0), what);
  }
  return nullptr;
}

PyObject* free_object(const Signature& call, PyObject* object) {
  if (!ready(call)) return nullptr;
  Block* block = whole_block(call, object);
  if (!block || !free_block(call, block)) return nullptr;
  Py_RETURN_NONE;
}

PyObject* free_memory(const Signature& call, const stub::free& args) {
  return free_object(call, args.mem);
}

PyObject* delete_array(const Signature& call, const stub::del_array& args) {
  if (!PyArray_Check(args.a)) {
    PyErr_Format(PyExc_TypeError, "%s: a must be a symmetric array, not %s", call.name, Py_TYPE(args.a)->tp_name);
    return nullptr;
  }
  return free_object(call, args.a);
}

PyObject* fromalloc(const Signature& call, const stub::fromalloc& args) {
  if (!PyMemoryView_Check(args.mem)) {
    PyErr_Format(PyExc_TypeError, "%s: mem must be the memoryview of alloc(), not %s", call.name,
                 Py_TYPE(args.mem)->tp_name);
    return nullptr;
  }
  const Py_buffer* buffer = PyMemoryView_GET_BUFFER(args.mem);
  PyObject* exporter = exporter_of(args.mem);
  if (!exporter || Py_TYPE(exporter) != block_type || !PyBuffer_IsContiguous(buffer, 'C')) {
    PyErr_Format(PyExc_ValueError, "%s: mem is not memory of alloc() without gaps", call.name);
    return nullptr;
  }
  auto* block = reinterpret_cast<Block*>(exporter);
  if (!block->alive.load(std::memory_order_acquire)) {
    raise_freed(call, "mem", block);
    return nullptr;
  }
  const Ref<PyArray_Descr> dtype = dtype_of(call, args.dtype);
  NPY_ORDER order = NPY_CORDER;
  if (!dtype || !order_of(call, args.order, &order)) return nullptr;
  const auto itemsize = static_cast<std::size_t>(PyDataType_ELSIZE(dtype.get()));
  const auto available = static_cast<std::size_t>(buffer->len);
  Shape shape;
  npy_intp length = 0;
  PyArray_Dims dims{&length, 1};
  std::size_t needed = itemsize;
  if (given(args.shape)) {
    if (!shape_of(call, args.shape, &shape)) return nullptr;
    dims = shape.dims;
    for (int d = 0; d < dims.len; ++d) needed = saturating_product(needed, static_cast<std::size_t>(dims.ptr[d]));
  } else {
    length = itemsize ? static_cast<npy_intp>(available / itemsize) : 0;
    needed = itemsize * static_cast<std::size_t>(length);
  }
  if (needed > available) {
    PyErr_Format(PyExc_ValueError, "%s: an array of %zu bytes does not fit mem, which has %zu", call.name, needed,
                 available);
    return nullptr;
  }
  const int writeable = buffer->readonly ? 0 : NPY_ARRAY_WRITEABLE;
  return array_over(buffer->obj, static_cast<char*>(buffer->buf), dtype.get(), dims, order, nullptr, writeable)
      .release_object();
}

// --- constructors ---

struct Wanted {
  PyObject* shape;
  PyObject* dtype;
  PyObject* order;
  PyObject* align;
  PyObject* hints;
  bool clear;
};

ArrayRef construct(const Signature& call, const Wanted& wanted) {
  if (!ready(call)) return {};
  Shape shape;
  NPY_ORDER order = NPY_CORDER;
  Request request{.nbytes = 0, .clear = wanted.clear};
  if (!shape_of(call, wanted.shape, &shape)) return {};
  const Ref<PyArray_Descr> dtype = dtype_of(call, wanted.dtype);
  if (!dtype || !order_of(call, wanted.order, &order) ||
      !alignment_and_hints(call, wanted.align, wanted.hints, &request)) {
    return {};
  }
  return new_symmetric(call, shape.dims, dtype.get(), order, request);
}

// Copies `contents` into the array, with NumPy's unsafe casting. An array of elements without bytes may have so many
// that NumPy, which visits each, would not come to an end.
bool filled(PyArrayObject* array, PyArrayObject* contents) {
  return PyArray_ITEMSIZE(array) == 0 || PyArray_CopyInto(array, contents) == 0;
}

// Fills the array, and waits until all PEs have filled theirs. The barrier comes even if this PE fails, since the other
// PEs wait in it.
PyObject* initialised(const Signature& call, ArrayRef array, PyArrayObject* contents) {
  if (!array) return nullptr;
  const bool copied = filled(array.get(), contents);
  PyObject *type, *value, *traceback;
  PyErr_Fetch(&type, &value, &traceback);
  const bool met = barrier(call);
  if (!copied) PyErr_Restore(type, value, traceback);
  return copied && met ? array.release_object() : nullptr;
}

PyObject* new_array(const Signature& call, const stub::new_array& args) {
  bool clear;
  if (!boolean(args.clear, true, &clear)) return nullptr;
  return construct(call, {args.shape, args.dtype, args.order, args.align, args.hints, clear}).release_object();
}

PyObject* empty(const Signature& call, const stub::empty& args) {
  return construct(call, {args.shape, args.dtype, args.order, args.align, args.hints, false}).release_object();
}

PyObject* zeros(const Signature& call, const stub::zeros& args) {
  return construct(call, {args.shape, args.dtype, args.order, args.align, args.hints, true}).release_object();
}

PyObject* ones(const Signature& call, const stub::ones& args) {
  const Ref<> one(PyLong_FromLong(1));
  const ArrayRef contents(as_array(PyArray_FromAny(one.object(), nullptr, 0, 0, 0, nullptr)));
  if (!contents) return nullptr;
  return initialised(call, construct(call, {args.shape, args.dtype, args.order, args.align, args.hints, false}),
                     contents.get());
}

PyObject* full(const Signature& call, const stub::full& args) {
  // The cast does not check that the value fits, which numpy.full does: programs of 1.0 fill unsigned arrays with -1.
  const ArrayRef contents(as_array(PyArray_FromAny(args.fill_value, nullptr, 0, 0, 0, nullptr)));
  if (!contents) return nullptr;
  PyObject* dtype = given(args.dtype) ? args.dtype : reinterpret_cast<PyObject*>(PyArray_DESCR(contents.get()));
  return initialised(call, construct(call, {args.shape, dtype, args.order, args.align, args.hints, false}),
                     contents.get());
}

PyObject* array(const Signature& call, const stub::array& args) {
  if (!ready(call)) return nullptr;
  NPY_ORDER order = NPY_KEEPORDER;
  Request request{.nbytes = 0, .clear = false};
  if (!order_of(call, args.order, &order, true) || !alignment_and_hints(call, args.align, args.hints, &request))
    return nullptr;
  PyArray_Descr* wanted = nullptr;
  if (given(args.dtype) && !PyArray_DescrConverter(args.dtype, &wanted)) return nullptr;
  const int flags = NPY_ARRAY_ENSUREARRAY | NPY_ARRAY_FORCECAST | (order == NPY_CORDER ? NPY_ARRAY_C_CONTIGUOUS : 0) |
                    (order == NPY_FORTRANORDER ? NPY_ARRAY_F_CONTIGUOUS : 0);
  const ArrayRef contents(as_array(PyArray_FromAny(args.obj, wanted, 0, 0, flags, nullptr)));
  if (!contents || !movable(call, "obj", PyArray_DESCR(contents.get()))) return nullptr;
  // NumPy decides the strides of a copy. The memory of this one is never touched.
  const ArrayRef layout(as_array(PyArray_NewLikeArray(contents.get(), order, nullptr, 0)));
  if (!layout) return nullptr;
  const PyArray_Dims dims{PyArray_DIMS(layout.get()), PyArray_NDIM(layout.get())};
  return initialised(
      call, new_symmetric(call, dims, PyArray_DESCR(layout.get()), NPY_CORDER, request, PyArray_STRIDES(layout.get())),
      contents.get());
}

// --- signals and locks: arrays of one element ---

PyObject* new_one(const Signature& call, int type_number, long hints) {
  if (!ready(call)) return nullptr;
  const Ref<PyArray_Descr> dtype(PyArray_DescrFromType(type_number));
  npy_intp one = 1;
  return new_symmetric(call, {&one, 1}, dtype.get(), NPY_CORDER, {.nbytes = 0, .hints = hints}).release_object();
}

PyObject* free_one(const Signature& call, PyObject* object, int type) {
  if (!PyArray_Check(object) || engine_type(PyArray_DESCR(as_array(object))) != type ||
      PyArray_SIZE(as_array(object)) != 1) {
    PyErr_Format(PyExc_TypeError, "%s: %s must be the array of one element that new_%s() returned", call.name,
                 call.parameter(0), call.parameter(0));
    return nullptr;
  }
  return free_object(call, object);
}

PyObject* new_signal(const Signature& call) {
  return new_one(call, NPY_UINT64, ENGINE_SIGNAL_REMOTE);
}

PyObject* del_signal(const Signature& call, const stub::del_signal& args) {
  return free_one(call, args.signal, ENGINE_UINT64);
}

PyObject* new_lock(const Signature& call) {
  return new_one(call, NPY_LONG, 0);
}

PyObject* del_lock(const Signature& call, const stub::del_lock& args) {
  return free_one(call, args.lock, engine_type_of<long>());
}

PyMethodDef callables[] = {
    function<stub::alloc, alloc>(),
    function<stub::free, free_memory>(),
    function<stub::fromalloc, fromalloc>(),
    function<stub::new_array, new_array>(),
    function<stub::del_array, delete_array>(),
    function<stub::array, array>(),
    function<stub::empty, empty>(),
    function<stub::zeros, zeros>(),
    function<stub::ones, ones>(),
    function<stub::full, full>(),
    function<stub::new_signal, new_signal>(),
    function<stub::del_signal, del_signal>(),
    function<stub::new_lock, new_lock>(),
    function<stub::del_lock, del_lock>(),
};

}  // namespace

bool add_arrays(PyObject* module, const char* shown_module) {
  return add_functions(module, shown_module, callables);
}

}  // namespace shmem::binding
