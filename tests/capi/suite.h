// SPDX-License-Identifier: BSD-3-Clause
//
// What the programs of the conformance suite share: checks that count and say where and on which PE, the names of the
// routines that were called, and test data.
//
// Every program is run with different numbers of PEs, all of which run all tests in the same order. A check that fails
// prints and goes on; the PE's exit status is 1 then. A program that hangs is ended by ctest's time limit.
//
// ROUTINE(shmem_long_put) is the function, and notes that it was called: with SHMEM_SUITE_COVERAGE=<file> in the
// environment, PE 0 appends the names to that file at the end (tools/coverage_report.py).
#pragma once

#include <shmem.h>
#include <unistd.h>

#include <complex>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <limits>
#include <set>
#include <string>
#include <type_traits>

namespace suite {

inline int failures = 0;
inline int me = 0;
inline int npes = 1;
inline std::string context;  // what is being tested, for messages

// The routines named since the last check: what the coming checks are about.
inline std::set<std::string>& subjects() {
  static std::set<std::string> names;
  return names;
}
inline bool checked = false;  // a check has been made since

// With SHMEM_SUITE_FAILURES=<file> in the environment, PEs append to it the routines whose checks failed, at once,
// since the next may hang (tools/mutation.py).
inline void note_failure() {
  static const char* const path = std::getenv("SHMEM_SUITE_FAILURES");
  static std::set<std::string> noted;
  if (path == nullptr || !noted.insert(*subjects().begin()).second) return;
  if (std::FILE* file = std::fopen(path, "a")) {
    for (const std::string& name : subjects()) std::fprintf(file, "%s\n", name.c_str());
    std::fclose(file);
  }
}

inline void fail(const char* file, int line, const char* what) {
  ++failures;
  checked = true;
  if (!subjects().empty()) note_failure();
  if (failures <= 20) std::fprintf(stderr, "PE %d: %s:%d: %s: %s\n", me, file, line, context.c_str(), what);
}

#define CHECK(CONDITION) ((CONDITION) ? (void)(::suite::checked = true) : ::suite::fail(__FILE__, __LINE__, #CONDITION))

// --- coverage ---

inline std::set<std::string>& called_routines() {
  static std::set<std::string> names;
  return names;
}

template <class Function>
Function* note_routine(const char* name, Function* function) {
  called_routines().insert(name);
  if (checked) subjects().clear();
  checked = false;
  subjects().insert(name);
  context = name;
  return function;
}

#define ROUTINE(NAME) ::suite::note_routine(#NAME, &NAME)

inline void write_coverage() {
  const char* path = std::getenv("SHMEM_SUITE_COVERAGE");
  if (path == nullptr || me != 0) return;
  if (std::FILE* file = std::fopen(path, "a")) {
    for (const std::string& name : called_routines()) std::fprintf(file, "%s\n", name.c_str());
    std::fclose(file);
  }
}

// --- test data ---

template <class T>
inline constexpr bool is_complex = std::is_same_v<T, shmem4py_complexf> || std::is_same_v<T, shmem4py_complexd>;

template <class T>
T make_complex(int real, int imaginary) {
  using Real = std::conditional_t<std::is_same_v<T, shmem4py_complexf>, float, double>;
  const Real parts[2] = {static_cast<Real>(real), static_cast<Real>(imaginary)};
  T number;
  std::memcpy(&number, parts, sizeof number);
  return number;
}

// The i-th value of a stream; different streams differ at every i, in every type, high bytes and signs included.
template <class T>
T value(int stream, std::size_t i) {
  const std::uint64_t mixed =
      (static_cast<std::uint64_t>(stream) + 1) * 0x9e3779b97f4a7c15u ^ (i + 1) * 0xc2b2ae3d27d4eb4fu;
  if constexpr (is_complex<T>) {
    return make_complex<T>(stream + 1, static_cast<int>(i % 1000));
  } else if constexpr (std::is_floating_point_v<T>) {
    return static_cast<T>(stream + 1) * static_cast<T>(1024) + static_cast<T>(i % 1000) + static_cast<T>(0.5);
  } else if constexpr (sizeof(T) == 1) {
    // A byte has no room for a hash that never collides.
    return static_cast<T>((stream * 37 + static_cast<int>(i) * 3 + 129) & 0xff);
  } else {
    return static_cast<T>(static_cast<T>(mixed >> 13) & static_cast<T>(~T{0xff})) +
           static_cast<T>((stream * 37 + static_cast<int>(i % 64) * 3 + 1) & 0xff);
  }
}

template <class T>
void fill(T* array, std::size_t nelems, int stream) {
  for (std::size_t i = 0; i < nelems; ++i) array[i] = value<T>(stream, i);
}

// The padding of long double is undefined, so values are compared, not bytes.
template <class T>
bool is_filled(const T* array, std::size_t nelems, int stream) {
  for (std::size_t i = 0; i < nelems; ++i) {
    if (!(array[i] == value<T>(stream, i))) return false;
  }
  return true;
}

template <class T>
T* allocate(std::size_t nelems) {
  T* const array = static_cast<T*>(shmem_calloc(nelems, sizeof(T)));
  if (array == nullptr) {
    std::fprintf(stderr, "PE %d: no memory for %zu bytes\n", me, nelems * sizeof(T));
    shmem_global_exit(2);
  }
  return array;
}

// A symmetric array for the length of a scope.
template <class T>
class Array {
 public:
  explicit Array(std::size_t nelems) : data_(allocate<T>(nelems)), nelems_(nelems) {}
  ~Array() { shmem_free(data_); }
  Array(const Array&) = delete;
  Array& operator=(const Array&) = delete;
  operator T*() { return data_; }  // NOLINT: stands for the array in calls
  T* data() { return data_; }
  std::size_t size() const { return nelems_; }

 private:
  T* data_;
  std::size_t nelems_;
};

// The PEs before and after me on the ring.
inline int next_pe() {
  return (me + 1) % npes;
}
inline int previous_pe() {
  return (me + npes - 1) % npes;
}

}  // namespace suite

void run_tests();

#ifndef SUITE_OWN_MAIN
int main() {
  shmem_init();
  suite::me = shmem_my_pe();
  suite::npes = shmem_n_pes();
  run_tests();
  suite::write_coverage();
  shmem_finalize();
  if (suite::failures > 0) std::fprintf(stderr, "PE %d: %d checks failed\n", suite::me, suite::failures);
  return suite::failures > 0 ? 1 : 0;
}
#endif
