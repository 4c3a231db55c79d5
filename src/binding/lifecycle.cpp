// SPDX-License-Identifier: BSD-3-Clause
//
// The engine is loaded, initialised and finalised here, and a forked child learns that it is no PE.
#include "binding/lifecycle.h"

#include <pthread.h>

#include <cstdlib>
#include <string>
#include <string_view>

#include "binding/agreement.h"
#include "binding/areas.h"
#include "binding/calling.h"
#include "binding/errors.h"
#include "binding/handles.h"
#include "binding/operators.h"
#include "binding/shapes.h"
#include "binding/staging.h"
#include "binding/stub.h"
#include "binding/totals.h"
#include "engine/loader.h"

namespace shmem::binding {

namespace {

shmem::engine::Plugin& plugin = *new shmem::engine::Plugin;
std::string& loaded_path = *new std::string;
unsigned long main_thread = 0;
int initialisations = 0;
int provided_level = ENGINE_SINGLE;

bool loaded(const Signature& call) {
  if (state.engine) return true;
  PyErr_Format(PyExc_RuntimeError, "%s: no engine is loaded; call shmem.init() first", call.name);
  return false;
}

struct Bit {
  std::uint32_t bit;
  const char* name;
};

constexpr Bit kCapabilities[] = {
#define SHMEM_ENGINE_CAPABILITY(constant, bit, name, promise) {constant, name},
#include "engine/capabilities.def"
#undef SHMEM_ENGINE_CAPABILITY
};

constexpr Bit kFeatures[] = {
#define SHMEM_ENGINE_FEATURE(constant, bit, name, slot) {constant, name},
#include "engine/features.def"
#undef SHMEM_ENGINE_FEATURE
};

// The features whose slot is filled.
std::uint32_t features_of(const EngineTable& engine) {
  std::uint32_t bits = 0;
#define SHMEM_ENGINE_FEATURE(constant, bit, name, slot) \
  if (engine.slot) bits |= constant;
#include "engine/features.def"
#undef SHMEM_ENGINE_FEATURE
  return bits;
}

template <std::size_t N>
PyObject* names_of(const Bit (&table)[N], std::uint32_t bits) {
  Ref<> list(PyList_New(0));
  for (const Bit& row : table) {
    if (!(bits & row.bit)) continue;
    const Ref<> name(PyUnicode_FromString(row.name));
    if (!list || !name || PyList_Append(list.object(), name.object()) < 0) return nullptr;
  }
  return list.release();
}

PyObject* decoded(std::string_view text) {
  return PyUnicode_DecodeUTF8(text.data(), static_cast<Py_ssize_t>(text.size()), "replace");
}

// --- hooks ---

PyObject* load_engine(const Signature& call, const stub::load_engine& args) {
  PyObject* path_object = nullptr;
  if (!PyUnicode_FSConverter(args.path, &path_object)) return nullptr;
  const Ref<> path(path_object);
  const char* text = PyBytes_AS_STRING(path_object);
  if (state.engine) {
    if (loaded_path == text) Py_RETURN_NONE;
    PyErr_Format(PyExc_RuntimeError, "%s: engine %s is loaded already; a process has one engine", call.name,
                 state.engine->name);
    return nullptr;
  }
  std::string error;
  bool open = false;
  Py_BEGIN_ALLOW_THREADS open = plugin.open(text, error);
  Py_END_ALLOW_THREADS if (!open) {
    PyErr_Format(PyExc_RuntimeError, "%s: %s", call.name, error.c_str());
    return nullptr;
  }
  loaded_path = text;
  state.engine = &plugin.table();
  state.phase.store(Phase::kLoaded, std::memory_order_release);
  Py_RETURN_NONE;
}

PyObject* engine_info(const Signature& call) {
  if (!loaded(call)) return nullptr;
  const EngineTable* engine = state.engine;
  const std::uint32_t features = features_of(*engine);
  return Py_BuildValue("{s:s, s:s, s:s, s:s, s:I, s:N, s:N, s:N, s:N}", "name", engine->name, "library",
                       engine->library, "notes", engine->notes, "path", loaded_path.c_str(), "version", engine->version,
                       "capabilities", names_of(kCapabilities, engine->capabilities), "supplied",
                       names_of(kFeatures, engine->supplied), "features", names_of(kFeatures, features), "missing",
                       names_of(kFeatures, ~features));
}

void in_forked_child() {
  // The child may share the memory that it inherits with the parent, so every call in it raises.
  state.phase.store(Phase::kForked, std::memory_order_release);
}

// Fills in the state once the library runs.
bool start(const Signature& call) {
  const EngineTable* engine = state.engine;
  const std::uint32_t capabilities = engine->capabilities;
  state.serialise = !(capabilities & ENGINE_THREAD_MULTIPLE);
  state.cheap = (capabilities & ENGINE_CHEAP_SMALL) && !state.serialise;
  state.cheap_locked = (capabilities & ENGINE_CHEAP_SMALL) && state.serialise;
  state.mutex.begin();
  state.tells_idle = engine->set_idle_hook && !state.serialise;
  state.keep_alive = !(capabilities & ENGINE_LOCAL_COMPLETION);
  state.poll = state.serialise || !(capabilities & ENGINE_INTERRUPTIBLE);
  state.unlike_addresses = (capabilities & ENGINE_UNLIKE_ADDRESSES) != 0;
  state.my_pe = engine->my_pe();
  state.n_pes = engine->n_pes();
  state.default_ctx = engine->ctx_default();
  state.world = engine->team_world();
  look_up_atomics();
  look_up_collectives();
  look_up_values();
  look_up_waits();
  if (engine->set_interrupt_check) engine->set_interrupt_check(check_interrupts, nullptr);
  if (engine->set_idle_hook) engine->set_idle_hook(give_gil_away);
  if (engine->set_place_hook) engine->set_place_hook(write_place);
  if (!start_workspace(call.name) || !start_totals(call.name) || !start_staging(call.name)) return false;
  open_handles();
  return true;
}

// Whatever keeps a library from starting is a RuntimeError: no argument is wrong, and the engine lacks nothing.
bool started(const Signature& call, int status) {
  if (status == ENGINE_OK) return true;
  const char* message = nullptr;
  const int noted = state.engine->take_error(&message);
  if (noted == ENGINE_OK) message = nullptr;
  if (noted != ENGINE_OK) status = noted;
  const bool failed = status == ENGINE_INVALID || status == ENGINE_UNSUPPORTED || status == ENGINE_MISMATCH;
  raise_status(call.name, failed ? int{ENGINE_FAILED} : status, message);
  return false;
}

PyObject* begin(const Signature& call, std::int64_t requested) {
  if (!loaded(call)) return nullptr;
  switch (state.phase.load(std::memory_order_acquire)) {
    case Phase::kReady:
      ++initialisations;
      return PyLong_FromLong(provided_level);
    case Phase::kLoaded:
      break;
    default:
      not_ready(call.name);
      return nullptr;
  }
  PyThreadState* thread = PyEval_SaveThread();
  const int status = state.engine->init_thread(static_cast<int>(requested), &provided_level);
  PyEval_RestoreThread(thread);
  plugin.refresh();
  if (!started(call, status) || !start(call)) return nullptr;
  static bool told_about_forks = false;
  if (!std::exchange(told_about_forks, true)) pthread_atfork(nullptr, nullptr, in_forked_child);
  initialisations = 1;
  state.phase.store(Phase::kReady, std::memory_order_release);
  return PyLong_FromLong(provided_level);
}

PyObject* init(const Signature& call) {
  return begin(call, ENGINE_SINGLE);
}

PyObject* init_thread(const Signature& call, const stub::init_thread& args) {
  std::int64_t requested = ENGINE_MULTIPLE;
  if (args.requested && !enum_integer(call, "requested", args.requested, Enum::kThread, &requested)) return nullptr;
  if (requested < ENGINE_SINGLE || requested > ENGINE_MULTIPLE) {
    PyErr_Format(PyExc_ValueError, "%s: requested is %lld, must be a THREAD level, 0 to 3", call.name,
                 static_cast<long long>(requested));
    return nullptr;
  }
  return begin(call, requested);
}

PyObject* set_sizes(const Signature&, const stub::set_sizes& args) {
  return none_if(boolean(args.smaller, false, &smaller_sizes));
}

PyObject* finalize(const Signature& call) {
  if (!ready(call)) return nullptr;
  if (--initialisations > 0) Py_RETURN_NONE;
  const int status = without_gil([] { return state.engine->finalize(); });
  state.phase.store(Phase::kFinalized, std::memory_order_release);
  close_handles();
  return none_if(finished(call.name, status));
}

PyObject* query_initialized(const Signature&) {
  return PyBool_FromLong(state.phase.load(std::memory_order_acquire) == Phase::kReady);
}

PyObject* query_thread(const Signature& call) {
  return ready(call) ? PyLong_FromLong(provided_level) : nullptr;
}

PyObject* operation(const Signature& call, const stub::operation& args) {
  int pe = 0;
  if (!ready(call) || !pe_number(call, "pe", args.pe, state.n_pes, &pe)) return nullptr;
  char text[1024] = "";
  if (!has(call.name, state.engine->operation)) return nullptr;
  state.engine->operation(pe, text, sizeof text);
  return decoded(text);
}

PyObject* heap_info(const Signature& call) {
  std::size_t size = 0;
  std::size_t used = 0;
  std::size_t largest_free = 0;
  if (!ready(call) || !has(call.name, state.engine->heap_info)) return nullptr;
  const int status = without_gil([&] { return state.engine->heap_info(&size, &used, &largest_free); });
  return succeeded(call.name, status) ? Py_BuildValue("(nnn)", size, used, largest_free) : nullptr;
}

PyObject* blocks(const Signature&) {
  Ref<> list(PyList_New(0));
  for (const BlockRecord& record : block_table.snapshot()) {
    const Ref<> row(Py_BuildValue("(KKKN)", static_cast<unsigned long long>(record.sequence),
                                  static_cast<unsigned long long>(reinterpret_cast<std::uintptr_t>(record.base)),
                                  static_cast<unsigned long long>(record.extent), PyBool_FromLong(record.released)));
    if (!list || !row || PyList_Append(list.object(), row.object()) < 0) return nullptr;
  }
  return list.release();
}

// --- what users see ---

PyObject* info_get_version(const Signature& call) {
  int major = 0;
  int minor = 0;
  if (!loaded(call)) return nullptr;
  state.engine->info_version(&major, &minor);
  return Py_BuildValue("(ii)", major, minor);
}

PyObject* info_get_name(const Signature& call) {
  char name[1024] = "";
  if (!loaded(call)) return nullptr;
  state.engine->info_name(name, sizeof name);
  return decoded(name);
}

// global_exit does not finalise the interpreter, so text in the buffers of streams would be lost. A stream may be
// missing, closed or an object of the program's own. The job ends in any case.
void flush_streams() {
  for (const char* name : {"stdout", "stderr"}) {
    PyObject* const stream = PySys_GetObject(name);  // borrowed, so a flush that replaces it could free it
    if (stream == nullptr || stream == Py_None) continue;
    Py_INCREF(stream);
    Py_XDECREF(PyObject_CallMethod(stream, "flush", nullptr));
    Py_DECREF(stream);
    PyErr_Clear();
  }
}

PyObject* global_exit(const Signature& call, const stub::global_exit& args) {
  std::int64_t status = 0;
  if (args.status && !integer(call, "status", args.status, &status)) return nullptr;
  if (!ready(call)) return nullptr;
  flush_streams();
  note_job_ended();
  without_gil([&] { state.engine->global_exit(static_cast<int>(status)); });
  std::_Exit(static_cast<int>(status));  // if the library's routine returns
}

PyObject* pcontrol(const Signature& call, const stub::pcontrol& args) {
  std::int64_t level = 1;
  if (args.level && !integer(call, "level", args.level, &level)) return nullptr;
  if (!ready(call)) return nullptr;
  if (state.engine->pcontrol) state.engine->pcontrol(static_cast<int>(level));
  Py_RETURN_NONE;
}

PyMethodDef hooks[] = {
    function<stub::load_engine, load_engine>(),
    function<stub::engine_info, engine_info>(),
    function<stub::init, init>(),
    function<stub::init_thread, init_thread>(),
    function<stub::set_sizes, set_sizes>(),
    function<stub::finalize, finalize>(),
    function<stub::query_thread, query_thread>(),
    function<stub::operation, operation>(),
    function<stub::blocks, blocks>(),
    function<stub::heap_info, heap_info>(),
};

PyMethodDef callables[] = {
    function<stub::query_initialized, query_initialized>(),
    function<stub::info_get_version, info_get_version>(),
    function<stub::info_get_name, info_get_name>(),
    function<stub::global_exit, global_exit>(),
    function<stub::pcontrol, pcontrol>(),
};

}  // namespace

bool on_main_thread() noexcept {
  return PyThread_get_thread_ident() == main_thread;
}

bool add_lifecycle(PyObject* module, const char* shown_module) {
  const Ref<> threading(PyImport_ImportModule("threading"));
  const Ref<> thread(threading ? PyObject_CallMethod(threading.object(), "main_thread", nullptr) : nullptr);
  const Ref<> ident(thread ? PyObject_GetAttrString(thread.object(), "ident") : nullptr);
  if (!ident) return false;
  main_thread = PyLong_AsUnsignedLong(ident.object());
  if (PyErr_Occurred()) return false;
  return add_constants(module) && add_functions(module, "shmem4py._core", hooks) &&
         add_functions(module, shown_module, callables);
}

}  // namespace shmem::binding
