// SPDX-License-Identifier: BSD-3-Clause
//
// check.h: checks for programs that run as several PEs, and what the parts of one share.
//
// A failed check prints PE, place and values and is counted; the program ends with 1 if any PE counted one. No gtest
// here: PEs come from launchers of other libraries, and a check must not end a PE that others wait for.
#pragma once

#include <cstdint>
#include <cstdio>
#include <cstring>
#include <string>
#include <vector>

#include "loader.h"

namespace engine_test {

inline shmem::engine::Plugin plugin;
inline const EngineTable* const engine = &plugin.table();
inline int me = 0;  // PE of the world
inline int n_pes = 0;
inline int failures = 0;
inline EngineCtx ctx = nullptr;  // the default context

template <class T>
inline std::string shown(const T& value) {
  if constexpr (requires { std::to_string(value); }) {
    return std::to_string(value);
  } else {
    return "…";
  }
}
inline std::string shown(const void* pointer) {
  return pointer == nullptr ? "null" : "not null";
}
inline std::string shown(void* pointer) {
  return shown(static_cast<const void*>(pointer));
}

// What the checks are about at the moment, for their messages.
inline std::string about;

inline void failed(const char* file, int line, const std::string& text) {
  if (++failures > 20) return;
  std::fprintf(stderr, "PE %d: %s:%d: %s%s%s\n", me, file, line, text.c_str(), about.empty() ? "" : ", ",
               about.c_str());
}

#define CHECK(condition)                                                     \
  do {                                                                       \
    if (!(condition)) ::engine_test::failed(__FILE__, __LINE__, #condition); \
  } while (0)
#define CHECK_EQ(a, b)                                                                                     \
  do {                                                                                                     \
    const auto a_ = (a);                                                                                   \
    const auto b_ = (b);                                                                                   \
    if (!(a_ == b_)) {                                                                                     \
      ::engine_test::failed(                                                                               \
          __FILE__, __LINE__,                                                                              \
          std::string(#a " == " #b ": ") + ::engine_test::shown(a_) + " and " + ::engine_test::shown(b_)); \
    }                                                                                                      \
  } while (0)
// The call succeeded and left no error.
#define CHECK_OK(call)                                                                                   \
  do {                                                                                                   \
    const int status_ = (call);                                                                          \
    if (status_ != ENGINE_OK) {                                                                          \
      const char* message_ = "";                                                                         \
      ::engine_test::engine->take_error(&message_);                                                      \
      ::engine_test::failed(__FILE__, __LINE__,                                                          \
                            std::string(#call ": status ") + std::to_string(status_) + ": " + message_); \
    }                                                                                                    \
  } while (0)

inline int take_status() {
  const char* message = nullptr;
  return engine->take_error(&message);
}

// Symmetric memory, zeroed; freed by release().
template <class T>
T* symmetric(size_t nelems) {
  void* pointer = nullptr;
  CHECK_OK(engine->alloc(nelems * sizeof(T), 0, 0, 1, nullptr, &pointer));
  return static_cast<T*>(pointer);
}
inline void release(void* pointer) {
  CHECK_OK(engine->free(pointer, 0));
}

// Different on every PE, salt and index; reproducible.
inline uint64_t mix(uint64_t pe, uint64_t salt, uint64_t index) {
  uint64_t x = pe * 0x9e3779b97f4a7c15u + salt * 0xbf58476d1ce4e5b9u + index * 0x94d049bb133111ebu + 0x1234567;
  x ^= x >> 31;
  x *= 0xd6e8feb86659fd93u;
  return x ^ (x >> 29);
}

// The teams that collectives are tried on: made together by all PEs, null where this PE is no member.
struct NamedTeam {
  const char* name;
  EngineTeam team;
  std::vector<int> members;  // PEs of the world
  bool own;                  // to be destroyed
};
std::vector<NamedTeam> make_test_teams();
void destroy_test_teams(std::vector<NamedTeam>& teams);

void test_memory();
void test_transfers();
void test_atomics();
void test_signals();
void test_waits();
void test_collectives();
void test_reductions();
void test_teams();
void test_contexts();
void test_locks();
void test_interrupts();

}  // namespace engine_test
