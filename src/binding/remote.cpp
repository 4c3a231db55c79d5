// SPDX-License-Identifier: BSD-3-Clause
//
// `shmem.remote` and the class Remote. `r[pe]` makes the RemoteArray of a PE when a program first asks for it. All
// threads of the process share the slots. Invariant: a slot is written once, by compare-and-swap, so threads without a
// GIL get the same object too.
#include "binding/remote.h"

#include <vector>

#include "binding/areas.h"
#include "binding/calling.h"
#include "binding/classes.h"
#include "binding/slots.h"
#include "binding/types.h"

namespace shmem::binding {

namespace {

struct Remote {
  using Slot = std::atomic<PyObject*>;

  PyObject head;
  PyObject* weak_references;
  PyArrayObject* array;
  std::shared_ptr<CtxRecord> ctx;
  std::vector<int> pes;  // numbers in the context's team, by number in the given team; empty: they are equal
  std::unique_ptr<Slot[]> arrays;
  int n_pes;

  static PyTypeObject* cls;
  [[nodiscard]] static Remote* of(PyObject* object) noexcept { return reinterpret_cast<Remote*>(object); }
};

PyTypeObject* Remote::cls = nullptr;

// The numbers that the PEs of `team` have in the context's team.
bool translate(const Signature& call, const TeamRecord& team, const CtxRecord& ctx, std::vector<int>& pes) {
  if (&team == ctx.team.get()) return true;
  pes.resize(static_cast<std::size_t>(team.n_pes));
  for (int pe = 0; pe < team.n_pes; ++pe) {
    const int translated = quick([&] { return state.engine->team_translate_pe(team.handle, pe, ctx.team->handle); });
    if (!succeeded(call.name)) return false;
    if (translated < 0) {
      PyErr_Format(PyExc_ValueError, "%s: PE %d of team is not in the team of ctx", call.name, pe);
      return false;
    }
    pes[static_cast<std::size_t>(pe)] = translated;
  }
  return true;
}

PyObject* remote(const Signature& call, const stub::remote& args) {
  if (!ready(call)) return nullptr;
  PyArrayObject* array = array_of(call, "a", args.a);
  CtxRecord* ctx;
  TeamRecord* named_team;
  if (!array || !movable(call, "a", PyArray_DESCR(array)) || !symmetric(call, "a", array) ||
      !context(call, args.ctx, &ctx) || !team(call, args.team, &named_team)) {
    return nullptr;
  }
  const TeamRecord& numbers = given(args.team) ? *named_team : *ctx->team;
  std::vector<int> pes;
  if (!translate(call, numbers, *ctx, pes)) return nullptr;
  const auto n_pes = static_cast<std::size_t>(numbers.n_pes);
  auto arrays = std::make_unique<Remote::Slot[]>(n_pes);
  Ref<> view(PyArray_View(array, nullptr, &PyArray_Type));
  if (!view) return nullptr;
  Ref<> self(Remote::cls->tp_alloc(Remote::cls, 0));
  if (!self) return nullptr;
  Remote* remote = Remote::of(self.object());
  new (&remote->ctx) std::shared_ptr<CtxRecord>(given(args.ctx) ? Ctx::of(args.ctx)->record : default_record);
  new (&remote->pes) std::vector<int>(std::move(pes));
  new (&remote->arrays) std::unique_ptr<Remote::Slot[]>(std::move(arrays));
  remote->array = as_array(view.release());
  remote->n_pes = numbers.n_pes;
  return self.release();
}

void dealloc(PyObject* object) {
  Remote* self = Remote::of(object);
  if (self->weak_references) PyObject_ClearWeakRefs(object);
  for (int pe = 0; pe < self->n_pes; ++pe) Py_XDECREF(self->arrays[static_cast<std::size_t>(pe)].load());
  std::destroy_at(&self->ctx);
  std::destroy_at(&self->pes);
  std::destroy_at(&self->arrays);
  Py_DECREF(self->array);
  free_instance(object);
}

[[gnu::noinline]] PyObject* make_array(Remote* self, int pe) {
  const int number = self->pes.empty() ? pe : self->pes[static_cast<std::size_t>(pe)];
  PyObject* made = new_remote_array(self->array, self->ctx, number, pe);
  if (!made) return nullptr;
  PyObject* expected = nullptr;
  // Release: pairs with the acquire in `subscript`. An object that another thread finds in the slot is complete.
  if (self->arrays[static_cast<std::size_t>(pe)].compare_exchange_strong(expected, made, std::memory_order_acq_rel,
                                                                         std::memory_order_acquire)) {
    return borrow(made).release();
  }
  Py_DECREF(made);
  return borrow(expected).release();
}

[[gnu::noinline]] PyObject* subscript_slowly(Remote* self, PyObject* index) {
  return guarded(kRemote, [&]() -> PyObject* {
    int pe = 0;
    if (!ready(kRemote) || !pe_number(kRemote, "pe", index, self->n_pes, &pe)) return nullptr;
    PyObject* made = self->arrays[static_cast<std::size_t>(pe)].load(std::memory_order_acquire);
    return made ? borrow(made).release() : make_array(self, pe);
  });
}

PyObject* subscript(PyObject* object, PyObject* index) {
  Remote* self = Remote::of(object);
  Py_ssize_t pe;
  if (PyLong_CheckExact(index) && small_integer(index, &pe) &&
      static_cast<std::size_t>(pe) < static_cast<std::size_t>(self->n_pes)) [[likely]] {
    PyObject* made = self->arrays[static_cast<std::size_t>(pe)].load(std::memory_order_acquire);
    if (made) [[likely]]
      return borrow(made).release();
  }
  return subscript_slowly(self, index);
}

int assign(PyObject*, PyObject*, PyObject*) {
  PyErr_Format(PyExc_TypeError, "%s: r[pe] is not assigned to; to write all of PE pe's array, r[pe][...] = x",
               kRemote.name);
  return -1;
}

Py_ssize_t length(PyObject* object) {
  return Remote::of(object)->n_pes;
}

PyObject* iterate(PyObject* object) {
  return PySeqIter_New(object);
}

// For iteration: PEs from 0 on.
PyObject* item(PyObject* object, Py_ssize_t pe) {
  const Ref<> index(PyLong_FromSsize_t(pe));
  return index ? subscript(object, index.object()) : nullptr;
}

PyObject* repr(PyObject* object) {
  const Remote* self = Remote::of(object);
  const Ref<> shape(PyObject_GetAttrString(reinterpret_cast<PyObject*>(self->array), "shape"));
  if (!shape) return nullptr;
  return PyUnicode_FromFormat("<Remote: array of shape %S, dtype %S, on %d PEs>", shape.object(),
                              reinterpret_cast<PyObject*>(PyArray_DESCR(self->array)), self->n_pes);
}

PyObject* get_array(PyObject* object, void*) {
  return borrow(reinterpret_cast<PyObject*>(Remote::of(object)->array)).release();
}

PyMethodDef callables[] = {
    function<stub::remote, remote>(),
};

PyMethodDef methods[] = {
    {"__class_getitem__", Py_GenericAlias, METH_O | METH_CLASS, nullptr},
    {},
};

PyGetSetDef attributes[] = {
    {"array", get_array, nullptr, "This PE's array.", nullptr},
    {},
};

}  // namespace

bool add_remote(PyObject* module, const char* shown_module) {
  Remote::cls = add_type<Remote>(module, shown_module, "Remote",
                                 {{Py_tp_dealloc, slot(dealloc)},
                                  {Py_mp_subscript, slot(subscript)},
                                  {Py_mp_ass_subscript, slot(assign)},
                                  {Py_mp_length, slot(length)},
                                  {Py_sq_item, slot(item)},
                                  {Py_tp_iter, slot(iterate)},
                                  {Py_tp_repr, slot(repr)},
                                  {Py_tp_methods, methods},
                                  {Py_tp_getset, attributes},
                                  {Py_tp_doc, const_cast<char*>(stub::Remote::doc)}});
  return Remote::cls && add_remote_array(module, shown_module) && add_remote_at(module, shown_module) &&
         add_functions(module, shown_module, callables);
}

}  // namespace shmem::binding
