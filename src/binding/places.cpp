// SPDX-License-Identifier: BSD-3-Clause
//
// The line of the program at which a PE waits. The engine asks for it once in each long wait, to show it to a person
// who looks at a job that stands still.
//
// The line is the innermost one of the program itself, below the functions of this package. Its text is read from the
// file, since it names the arrays. No Python code runs for it, so no handler of a signal can raise here.
#include <unistd.h>

#include <climits>
#include <cstdio>
#include <memory>
#include <string>
#include <string_view>

#include "binding/calling.h"
#include "binding/lifecycle.h"

#include <frameobject.h>  // PyFrame_GetBack, which Python.h has since 3.11

namespace shmem::binding {

namespace {

constexpr std::size_t kLongestPath = 70;
constexpr std::string_view kPackage = "shmem4py";

struct Closer {
  void operator()(FILE* file) const noexcept { std::fclose(file); }
};

// "" if the object is no string.
std::string text_of(PyObject* object) {
  const char* text = object && PyUnicode_Check(object) ? PyUnicode_AsUTF8(object) : nullptr;
  if (!text) PyErr_Clear();
  return text ? text : "";
}

std::string attribute(PyObject* object, const char* name) {
  const Ref<> value(PyObject_GetAttrString(object, name));
  return text_of(value.object());
}

bool in_package(PyFrameObject* frame) {
  const Ref<> globals(PyObject_GetAttrString(reinterpret_cast<PyObject*>(frame), "f_globals"));
  PyObject* name =
      globals && PyDict_Check(globals.object()) ? PyDict_GetItemString(globals.object(), "__name__") : nullptr;
  PyErr_Clear();
  const std::string module = text_of(name);
  return module == kPackage || module.starts_with(std::string(kPackage) + ".");
}

// Line `number` of a file without the space around it, or "".
std::string read_line(const std::string& path, int number) {
  const std::unique_ptr<FILE, Closer> file(std::fopen(path.c_str(), "re"));
  std::string line;
  char part[512];
  for (int at = 1; file && at <= number && std::fgets(part, sizeof part, file.get());) {
    if (at == number) line += part;
    if (std::string_view(part).ends_with('\n')) ++at;
  }
  const std::size_t begin = line.find_first_not_of(" \t\r\n");
  return begin == line.npos ? "" : line.substr(begin, line.find_last_not_of(" \t\r\n") + 1 - begin);
}

// The path as short as it can be: from the working directory, and only the end of a long one.
std::string shown(const std::string& path) {
  char folder[PATH_MAX];
  std::string text = path;
  if (getcwd(folder, sizeof folder) && text.starts_with(std::string(folder) + "/"))
    text.erase(0, std::string_view(folder).size() + 1);
  if (text.size() <= kLongestPath) return text;
  const std::size_t slash = text.find('/', text.size() - kLongestPath);
  return "..." + (slash == text.npos ? text.substr(text.size() - kLongestPath) : text.substr(slash));
}

void write_line(char* text, std::size_t size) {
  Ref<PyFrameObject> frame(PyThreadState_GetFrame(PyThreadState_Get()));
  while (frame && in_package(frame.get())) frame = Ref<PyFrameObject>(PyFrame_GetBack(frame.get()));
  if (!frame) return;
  const int number = PyFrame_GetLineNumber(frame.get());
  const Ref<PyCodeObject> code(PyFrame_GetCode(frame.get()));
  const std::string path = attribute(code.object(), "co_filename");
  const std::string function = attribute(code.object(), "co_name");
  const std::string line = read_line(path, number);
  std::snprintf(text, size, "%s:%d%s%s%s%s", shown(path).c_str(), number, function == "<module>" ? "" : " in ",
                function == "<module>" ? "" : function.c_str(), line.empty() ? "" : ": ", line.c_str());
}

int other_threads() {
  int count = -1;
  for (PyThreadState* thread = PyInterpreterState_ThreadHead(PyInterpreterState_Get()); thread;
       thread = PyThreadState_Next(thread)) {
    ++count;
  }
  return count;
}

}  // namespace

int write_place(char* text, std::size_t size) {
  // While the interpreter ends, a thread that asks for the GIL never gets it, unless it is the main thread.
  if (!released || !on_main_thread()) return -1;
  PyEval_RestoreThread(std::exchange(released, nullptr));
  const bool kept = std::exchange(keeps_gil, false);
  if (size > 0) write_line(text, size);
  const int others = other_threads();
  keeps_gil = kept;
  released = PyEval_SaveThread();
  return others;
}

}  // namespace shmem::binding
