// SPDX-License-Identifier: BSD-3-Clause
//
// Members that bring different things. The digest covers function, root, dtype and shape. Invariant: after a difference
// all members come here, since each of them has learned of it in the same call. shmem4py/_values.py then exchanges
// texts among them that say what each brings.
#include <cstring>
#include <iterator>
#include <string>
#include <string_view>

#include "binding/calling.h"
#include "binding/terms.h"
#include "binding/values.h"

namespace shmem::binding {

namespace {

class Digest {
 public:
  // An odd factor keeps different numbers different. The shift brings the upper half into the lower one.
  void add(std::uint64_t number) noexcept {
    state_ = (state_ ^ number) * 0x9e3779b97f4a7c15u;
    state_ ^= state_ >> 32;
  }
  void add(std::string_view text) noexcept {
    for (const char c : text) add(static_cast<unsigned char>(c));
    add(text.size());
  }
  [[nodiscard]] std::uint32_t value() const noexcept { return static_cast<std::uint32_t>(state_ ^ state_ >> 32); }

 private:
  std::uint64_t state_ = 0x51ed270b0a7d7c3du;
};

bool add_text(Digest& digest, PyObject* text) {
  Py_ssize_t length;
  const char* bytes = PyUnicode_AsUTF8AndSize(text, &length);
  if (!bytes) return false;
  digest.add(std::string_view(bytes, static_cast<std::size_t>(length)));
  return true;
}

bool digest_of(const ValuesCall& call, std::uint32_t* value) {
  Digest digest;
  digest.add(std::string_view(call.name()));
  digest.add(static_cast<std::uint64_t>(call.root));
  if (call.text) {
    if (!add_text(digest, call.text)) return false;
  } else if (call.x) {
    PyArray_Descr* dtype = PyArray_DESCR(call.x);
    digest.add(static_cast<std::uint64_t>(dtype->type_num));
    if (static_cast<unsigned>(dtype->type_num) > NPY_CLONGDOUBLE) {
      // Byte orders may differ, since data travel in the native one.
      const Ref<> native(reinterpret_cast<PyObject*>(PyArray_DescrNewByteorder(dtype, NPY_NATIVE)));
      const Ref<> text(native ? PyObject_Str(native.object()) : nullptr);
      if (!text || !add_text(digest, text.object())) return false;
    }
    for (int d = 0; d < PyArray_NDIM(call.x); ++d) digest.add(static_cast<std::uint64_t>(PyArray_DIM(call.x, d)));
    digest.add(static_cast<std::uint64_t>(PyArray_NDIM(call.x)));
  }
  *value = digest.value();
  return true;
}

// What this member brings, as text for messages. Null with an exception.
Ref<> text_of(const ValuesCall& call) {
  if (call.text) return borrow(call.text);
  if (!call.x) return Ref<>(PyUnicode_FromString("nothing"));
  const Ref<> shape(PyObject_GetAttrString(reinterpret_cast<PyObject*>(call.x), "shape"));
  if (!shape) return {};
  return Ref<>(
      PyUnicode_FromFormat("%S of shape %S", reinterpret_cast<PyObject*>(PyArray_DESCR(call.x)), shape.object()));
}

// Raises on all members alike. Gives up the region first, since the exchange of texts claims it.
bool explain(ValuesCall& call, const std::string& reported) {
  call.region.reset();
  const Ref<> name(PyUnicode_FromString(call.name()));
  const Ref<> text(text_of(call));
  const Ref<> root(PyLong_FromLong(call.root));
  const Ref<> message(PyUnicode_FromStringAndSize(reported.data(), static_cast<Py_ssize_t>(reported.size())));
  if (!name || !text || !root || !message) return false;
  PyObject* args[] = {name.object(), text.object(), root.object(), message.object(), call.team ? call.team : Py_None};
  const Ref<> none(values_in_python("explain", args, std::size(args)));
  return false;
}

// Gathers and compares digests, for engines that do not compare them. They lie at the region's end.
bool compare(ValuesCall& call, std::uint32_t digest) {
  if (!has(call.name(), state.engine->fcollect)) return false;
  auto* const mine =
      reinterpret_cast<std::uint64_t*>(call.claimed().begin() + call.claimed().nbytes() - digests_nbytes(call));
  std::uint64_t* const all = mine + 1;
  *mine = digest;
  if (!run_values(call, 0, [&] { return state.engine->fcollect(call.members->handle, all, mine, sizeof *mine); })) {
    return false;
  }
  for (std::size_t i = 0; i < call.n_pes(); ++i) {
    if (all[i] != digest) return explain(call, "PEs bring different things");
  }
  return true;
}

}  // namespace

bool begin_values(ValuesCall& call) {
  if (state.engine->team_compare || (state.engine->capabilities & ENGINE_UNLIKE_ADDRESSES)) return true;
  return run_values(call, 0, [&] { return state.engine->team_sync(call.members->handle); });
}

bool say_alike(ValuesCall& call, bool moves) {
  std::uint32_t digest;
  if (!digest_of(call, &digest)) return false;
  if (state.engine->team_compare && moves) {
    state.engine->team_compare(call.members->handle, digest);
    return true;
  }
  return begin_values(call) && compare(call, digest);
}

bool went_wrong(ValuesCall& call, int status) {
  call.claimed().after(interrupted && status == ENGINE_OK ? int{ENGINE_INTERRUPTED} : status);
  if (status != ENGINE_MISMATCH || interrupted || !call.x) return finished(call.name(), status);
  const char* message = nullptr;
  state.engine->take_error(&message);
  return explain(call, message ? in_python_terms(call.name(), message) : "PEs made calls that do not match");
}

}  // namespace shmem::binding
