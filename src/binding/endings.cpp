// SPDX-License-Identifier: BSD-3-Clause
//
// The end of a PE, and what a PE tells when a signal asks it where it is.
//
// Only C sees the status that a process exits with, that of a SystemExit too, and only C may act inside a signal
// handler. At exit the interpreter is already gone. So nothing here touches Python but the functions that the package
// calls.
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string>
#include <string_view>
#include <utility>

#include "binding/areas.h"
#include "binding/lifecycle.h"
#include "binding/operands.h"
#include "binding/stub.h"
#include "binding/terms.h"

namespace shmem::binding {

namespace {

struct {
  bool registered = false;
  bool finalize = false;
  bool end_job = false;
} wanted;

std::atomic<bool> job_ended{false};

// True if the launcher has taken the text, to show it (slots.def, tell_launcher).
bool told(int fd, int kind, const char* title, const char* text, std::size_t nbytes) {
  return state.engine->tell_launcher && state.engine->tell_launcher(fd, kind, title, text, nbytes) != 0;
}

void leave(int status, void*) {
  if (state.phase.load(std::memory_order_acquire) != Phase::kReady) return;
  if (state.engine->set_interrupt_check) state.engine->set_interrupt_check(nullptr, nullptr);
  if (state.engine->set_idle_hook) state.engine->set_idle_hook(nullptr);
  if (state.engine->set_place_hook) state.engine->set_place_hook(nullptr);
  // A library's finalisation is a barrier, so the other PEs would get through theirs instead of ending.
  if (job_ended.load(std::memory_order_relaxed)) return;
  if (status != 0 && wanted.end_job) {
    note_job_ended();
    state.engine->global_exit(status);
  } else if (wanted.finalize) {
    state.phase.store(Phase::kFinalized, std::memory_order_release);
    // Our library finalises later in exit(), and can tell the other PEs that the program has ended.
    if (status == 0 && (state.engine->capabilities & ENGINE_LEAVES_AT_EXIT) != 0) return;
    const int me = state.engine->my_pe();  // not defined after finalize
    if (const int result = state.engine->finalize(); result != ENGINE_OK && result != ENGINE_ENDING) {
      // Such as collectives that did not match, which no call has reported before.
      const char* message = nullptr;
      state.engine->take_error(&message);
      const std::string text = "finalize: " + in_python_terms("finalize", message && *message ? message : "failed");
      if (!told(STDERR_FILENO, ENGINE_NOTICE_ERROR, "", text.data(), text.size())) {
        std::fprintf(stderr, "PE %d: %s\n", me, text.c_str());
      }
      note_job_ended();
      state.engine->global_exit(1);
    }
  }
}

PyObject* at_exit(const Signature& call, const stub::at_exit& args) {
  if (!boolean(args.finalize, false, &wanted.finalize) || !boolean(args.end_job, false, &wanted.end_job))
    return nullptr;
  // Handlers run in reverse order. This one runs before the engine's own, which the initialised engine has registered.
  if (!wanted.registered && state.phase.load(std::memory_order_acquire) == Phase::kReady) {
    if (on_exit(leave, nullptr) != 0) {
      PyErr_Format(PyExc_RuntimeError, "%s: on_exit fails", call.name);
      return nullptr;
    }
    wanted.registered = true;
  }
  Py_RETURN_NONE;
}

// --- what a PE tells the launcher ---

bool is_pe() {
  const Phase phase = state.phase.load(std::memory_order_acquire);
  return phase == Phase::kReady || phase == Phase::kFinalized;
}

PyObject* pe_of_job(const Signature&) {
  if (!is_pe()) Py_RETURN_NONE;
  return Py_BuildValue("(ii)", state.my_pe, state.n_pes);
}

PyObject* tell_error(const Signature& call, const stub::tell_error& args) {
  std::int64_t fd;
  if (!integer(call, "fd", args.fd, &fd)) return nullptr;
  const char* const title = PyUnicode_AsUTF8(args.title);
  char* text;
  Py_ssize_t nbytes;
  if (!title || PyBytes_AsStringAndSize(args.text, &text, &nbytes) < 0) return nullptr;
  if (!is_pe()) Py_RETURN_FALSE;
  bool taken = false;
  Py_BEGIN_ALLOW_THREADS taken =
      told(static_cast<int>(fd), ENGINE_NOTICE_ERROR, title, text, static_cast<std::size_t>(nbytes));
  Py_END_ALLOW_THREADS return PyBool_FromLong(taken);
}

// sys.excepthook. It ignores Ctrl-C while the hook of the package runs. Otherwise the next Ctrl-C could interrupt the
// hook before its first line, and the traceback that the hook is to show would be lost. Such a Ctrl-C is usual: if one
// PE's interrupt ends a collective of many PEs, each of them receives its own a moment later.
PyObject* excepthook(const Signature&, const stub::excepthook& args) {
  struct sigaction ignore{};
  struct sigaction before;
  ignore.sa_handler = SIG_IGN;
  const bool ours = is_pe() && on_main_thread() && sigaction(SIGINT, &ignore, &before) == 0;
  if (ours && PyErr_CheckSignals() != 0) PyErr_Clear();  // drops the Ctrl-C that has come already
  const Ref<> hooks(PyImport_ImportModule("shmem4py._hooks"));
  Ref<> result(hooks ? PyObject_CallMethod(hooks.object(), "excepthook", "OOO", args.kind, args.error, args.trace)
                     : nullptr);
  if (ours) sigaction(SIGINT, &before, nullptr);
  return result.release();
}

// --- where it is, on a signal ---

// The stacks come from the handler that was installed before, faulthandler's. It writes them into a file of ours, whose
// whole text is then told at once. So the stacks of PEs do not mix, and each line can be marked with the PE's number.
struct {
  int fd = 2;          // where the dump goes
  int stacks_fd = -1;  // where faulthandler writes
  dev_t device{};      // of our file: stacks_fd is another file if the program has closed ours
  ino_t inode{};
  bool labelled = false;  // the launcher puts the PE's number in front of each line
  struct sigaction before;
  std::atomic_flag busy;  // a thread is dumping
} dumps;

void note_stacks_file() {
  struct stat information{};
  if (fstat(dumps.stacks_fd, &information) != 0) dumps.stacks_fd = -1;
  dumps.device = information.st_dev;
  dumps.inode = information.st_ino;
}

// Makes stacks_fd an empty file of this process alone, since after a fork parent and child share the file.
bool renew_stacks_file() {
  struct stat information;
  if (dumps.stacks_fd < 0 || fstat(dumps.stacks_fd, &information) != 0 || information.st_dev != dumps.device ||
      information.st_ino != dumps.inode) {
    return false;
  }
  const int fresh = memfd_create("shmem4py-stacks", MFD_CLOEXEC);
  if (fresh < 0) return ftruncate(dumps.stacks_fd, 0) == 0 && lseek(dumps.stacks_fd, 0, SEEK_SET) == 0;
  const bool renewed = dup3(fresh, dumps.stacks_fd, O_CLOEXEC) >= 0;
  close(fresh);
  if (renewed) note_stacks_file();
  return renewed;
}

void write_all(int fd, const char* text, std::size_t nbytes) {
  while (nbytes > 0) {
    const ssize_t written = write(fd, text, nbytes);
    if (written < 0 && errno != EINTR) return;
    if (written < 0) continue;
    text += written;
    nbytes -= static_cast<std::size_t>(written);
  }
}

// Removes the numbers of threads ("Current thread 0x00007f… (most recent call first):"), so that equal stacks of two
// PEs are equal texts. Returns the length that is left.
std::size_t without_thread_numbers(char* text, std::size_t nbytes) {
  constexpr std::string_view kThread = "hread 0x";
  std::size_t kept = 0;
  for (std::size_t at = 0; at < nbytes;) {
    const std::string_view rest(text + at, nbytes - at);
    const std::string_view line = rest.substr(0, std::min(rest.find('\n'), rest.size() - 1) + 1);
    const std::size_t number = line[0] != ' ' ? line.find(kThread) : line.npos;
    const std::size_t before = number == line.npos ? line.size() : number + kThread.size() - 3;
    const std::size_t after = number == line.npos ? line.size() : std::min(line.find(' ', before + 1), line.size());
    std::memmove(text + kept, line.data(), before);
    std::memmove(text + kept + before, line.data() + after, line.size() - after);
    kept += before + line.size() - after;
    at += line.size();
  }
  return kept;
}

// Removes the time that a wait has lasted (" for 12.3 s"), for the same reason.
void without_durations(char* text) {
  constexpr char kFor[] = " for ";
  for (char* at = text; (at = std::strstr(at, kFor)) != nullptr; ++at) {
    char* const number = at + sizeof kFor - 1;
    char* end = number;
    while ((*end >= '0' && *end <= '9') || *end == '.') ++end;
    if (end == number || end[0] != ' ' || end[1] != 's') continue;
    std::memmove(at, end + 2, std::strlen(end + 2) + 1);
  }
}

void write_marked(const char* text, std::size_t nbytes) {
  if (state.n_pes == 1 || dumps.labelled || !is_pe()) return write_all(dumps.fd, text, nbytes);
  char buffer[4096];
  char mark[24];
  const auto mark_length = static_cast<std::size_t>(std::snprintf(mark, sizeof mark, "PE %d: ", state.my_pe));
  std::size_t filled = 0;
  const auto put = [&](const char* bytes, std::size_t length) {
    if (filled + length > sizeof buffer) write_all(dumps.fd, buffer, std::exchange(filled, 0));
    if (length > sizeof buffer) return write_all(dumps.fd, bytes, length);
    std::memcpy(buffer + filled, bytes, length);
    filled += length;
  };
  for (std::string_view rest(text, nbytes); !rest.empty();) {
    const std::size_t length = std::min(rest.find('\n'), rest.size() - 1) + 1;
    put(mark, mark_length);
    put(rest.data(), length);
    rest.remove_prefix(length);
  }
  write_all(dumps.fd, buffer, filled);
}

void dump_stacks_file() {
  const off_t size = lseek(dumps.stacks_fd, 0, SEEK_END);
  if (size <= 0) return;
  const auto nbytes = static_cast<std::size_t>(size);
  void* const memory = mmap(nullptr, nbytes, PROT_READ | PROT_WRITE, MAP_PRIVATE, dumps.stacks_fd, 0);
  if (memory == MAP_FAILED) return;
  auto* const text = static_cast<char*>(memory);
  const std::size_t kept = without_thread_numbers(text, nbytes);
  if (!is_pe() || !told(dumps.fd, ENGINE_NOTICE_PLACE, "", text, kept)) write_marked(text, kept);
  munmap(memory, nbytes);
}

void dump(int signal, siginfo_t* info, void* context) {
  const int error = errno;
  if (dumps.busy.test_and_set(std::memory_order_acquire)) return;  // the other thread's dump shows this one too
  const bool has_file = renew_stacks_file();
  if (state.phase.load(std::memory_order_acquire) == Phase::kReady) {
    char place[1024] = "";
    char line[1100];
    if (state.engine->operation) state.engine->operation(state.my_pe, place, sizeof place);
    without_durations(place);
    const int length = std::snprintf(line, sizeof line, "%s\n", *place ? place : "the engine does not say where");
    if (has_file) {
      write_all(dumps.stacks_fd, line, static_cast<std::size_t>(length));
    } else {
      write_marked(line, static_cast<std::size_t>(length));
    }
  }
  if (dumps.before.sa_flags & SA_SIGINFO) {
    dumps.before.sa_sigaction(signal, info, context);
  } else if (dumps.before.sa_handler != SIG_DFL && dumps.before.sa_handler != SIG_IGN) {
    dumps.before.sa_handler(signal);
  }
  if (has_file) dump_stacks_file();
  dumps.busy.clear(std::memory_order_release);  // pairs with the acquire above
  errno = error;
}

PyObject* dump_on_signal(const Signature& call, const stub::dump_on_signal& args) {
  std::int64_t signal;
  std::int64_t fd;
  std::int64_t stacks_fd;
  if (!integer(call, "signum", args.signum, &signal) || !integer(call, "fd", args.fd, &fd) ||
      !integer(call, "stacks_fd", args.stacks_fd, &stacks_fd)) {
    return nullptr;
  }
  dumps.fd = static_cast<int>(fd);
  dumps.stacks_fd = static_cast<int>(stacks_fd);
  dumps.labelled = std::getenv("SHMEM4PY_LABELLED") != nullptr;
  note_stacks_file();
  struct sigaction before;
  if (sigaction(static_cast<int>(signal), nullptr, &before) != 0) return PyErr_SetFromErrno(PyExc_OSError);
  if ((before.sa_flags & SA_SIGINFO) && before.sa_sigaction == dump) Py_RETURN_NONE;  // installed already
  dumps.before = before;
  struct sigaction action = before;  // with its mask and its flags, such as the alternate stack
  action.sa_flags = before.sa_flags | SA_SIGINFO | SA_RESTART;
  action.sa_sigaction = dump;
  if (sigaction(static_cast<int>(signal), &action, nullptr) != 0) return PyErr_SetFromErrno(PyExc_OSError);
  Py_RETURN_NONE;
}

PyMethodDef hooks[] = {
    function<stub::at_exit, at_exit>(),
    function<stub::pe_of_job, pe_of_job>(),
    function<stub::tell_error, tell_error>(),
    function<stub::excepthook, excepthook>(),
    function<stub::dump_on_signal, dump_on_signal>(),
};

}  // namespace

void note_job_ended() noexcept {
  job_ended.store(true, std::memory_order_relaxed);
}

bool add_endings(PyObject* module, const char*) {
  return add_functions(module, "shmem4py._core", hooks);
}

}  // namespace shmem::binding
