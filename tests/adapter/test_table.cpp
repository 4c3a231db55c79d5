// SPDX-License-Identifier: BSD-3-Clause
//
// test_table.cpp: opens an engine plug-in and exercises every slot of its table, with results checked.
//
//   <launcher> -n 4 test_table path/engine_name.so [--only PART | --global-exit STATUS]
//
// A hang ends after TEST_TABLE_LIMIT seconds (110) and says where each PE is. TEST_TABLE_TIMES=1 prints how long parts
// took on PE 0.
//
// The same program runs on every engine: the adapter supplies what a library lacks, so no slot is empty.

#include <signal.h>
#include <unistd.h>

#include <chrono>
#include <cstdlib>

#include "check.h"
#include "loader.h"

namespace engine_test {
namespace {

const char* volatile part = "start";
const char* only = nullptr;

void limit_reached(int) {
  char text[200];
  const int length = std::snprintf(text, sizeof text, "PE %d: time is up in %s\n", me, part);
  static_cast<void>(!write(2, text, static_cast<size_t>(length)));
  _exit(3);
}

void run(const char* name, void (*test)()) {
  if (only != nullptr && std::strcmp(only, name) != 0) return;
  const auto begin = std::chrono::steady_clock::now();
  part = name;
  test();
  part = "between parts";
  engine->barrier_all();
  if (me == 0 && std::getenv("TEST_TABLE_TIMES") != nullptr) {
    const std::chrono::duration<double> took = std::chrono::steady_clock::now() - begin;
    std::printf("%-20s %.3f s\n", name, took.count());
    std::fflush(stdout);
  }
}

void test_table() {
  CHECK_EQ(engine->magic, SHMEM4PY_ENGINE_MAGIC);
  CHECK_EQ(engine->version, SHMEM4PY_ENGINE_VERSION);
  CHECK_EQ(size_t{engine->size}, sizeof(EngineTable));
  CHECK(std::strlen(engine->name) > 0);
  CHECK(std::strlen(engine->library) > 0);
  // What only a library with shmemx.h can: all of it or nothing.
  const auto of_ours = [](const char* name) {
    return std::strcmp(name, "operation") == 0 || std::strcmp(name, "set_idle_hook") == 0 ||
           std::strcmp(name, "set_place_hook") == 0 || std::strcmp(name, "heap_info") == 0 ||
           std::strcmp(name, "tell_launcher") == 0 || std::strcmp(name, "wake") == 0 ||
           std::strcmp(name, "set_deadline") == 0 || std::strcmp(name, "team_compare") == 0 ||
           std::strcmp(name, "workspace") == 0;
  };
  CHECK_EQ(engine->operation == nullptr, engine->set_idle_hook == nullptr);
  CHECK_EQ(engine->operation == nullptr, engine->set_place_hook == nullptr);
  CHECK_EQ(engine->operation == nullptr, engine->heap_info == nullptr);
  CHECK_EQ(engine->operation == nullptr, engine->tell_launcher == nullptr);
  CHECK_EQ(engine->operation == nullptr, engine->wake == nullptr);
  CHECK_EQ(engine->operation == nullptr, engine->set_deadline == nullptr);
  CHECK_EQ(engine->operation == nullptr, engine->team_compare == nullptr);
  CHECK_EQ(engine->operation == nullptr, engine->workspace == nullptr);
#define SHMEM_ENGINE_SLOT(result, name, parameters) CHECK(engine->name != nullptr);
#define SHMEM_ENGINE_OPTIONAL(result, name, parameters) \
  if (!of_ours(#name)) CHECK(engine->name != nullptr);
#include "slots.def"
}

void test_queries() {
  CHECK(me >= 0 && me < n_pes);
  CHECK_EQ(engine->my_pe(), me);
  for (int pe = 0; pe < n_pes; ++pe) CHECK_EQ(engine->pe_accessible(pe), 1);
  CHECK_EQ(engine->pe_accessible(n_pes), 0);
  CHECK_EQ(engine->pe_accessible(-1), 0);
  auto* const words = symmetric<uint64_t>(8);
  uint64_t local = 0;
  for (int pe = 0; pe < n_pes; ++pe) {
    CHECK_EQ(engine->addr_accessible(words, pe), 1);
    CHECK_EQ(engine->addr_accessible(&local, pe), 0);
    auto* const direct = static_cast<uint64_t*>(engine->ptr(words, pe));
    if (pe == me) CHECK(direct == words);
    if ((engine->capabilities & ENGINE_DIRECT_PTR) != 0) CHECK(direct != nullptr);
    if (direct != nullptr) direct[me] = mix(static_cast<uint64_t>(me), 1, 0);  // up to 8 PEs
  }
  engine->barrier_all();
  if ((engine->capabilities & ENGINE_DIRECT_PTR) != 0) {
    for (int pe = 0; pe < n_pes; ++pe) CHECK_EQ(words[pe], mix(static_cast<uint64_t>(pe), 1, 0));
  }
  int major = 0;
  int minor = 0;
  engine->info_version(&major, &minor);
  CHECK_EQ(major, 1);
  CHECK(minor >= 4);
  char name[256] = "";
  engine->info_name(name, sizeof name);
  CHECK(std::strlen(name) > 0);
  char prefix[4] = "";
  engine->info_name(prefix, sizeof prefix);
  CHECK_EQ(std::string(prefix), std::string(name).substr(0, 3));
  engine->pcontrol(0);
  if (engine->operation != nullptr) {
    char text[80] = "";
    CHECK(engine->operation(me, text, sizeof text) >= 0);
  }
  const char* message = nullptr;
  CHECK_EQ(engine->take_error(&message), int{ENGINE_OK});
  CHECK(message != nullptr);
  release(words);
}

}  // namespace

std::vector<NamedTeam> make_test_teams() {
  std::vector<NamedTeam> teams;
  const auto range = [](int start, int stride, int size) {
    std::vector<int> members;
    for (int i = 0; i < size; ++i) members.push_back(start + i * stride);
    return members;
  };
  const auto split = [&](const char* name, const NamedTeam& parent, int start, int stride, int size) {
    NamedTeam made{name, nullptr, {}, true};
    for (int i = 0; i < size; ++i) made.members.push_back(parent.members[static_cast<size_t>(start + i * stride)]);
    if (parent.team != nullptr) {
      CHECK_OK(engine->team_split_strided(parent.team, start, stride, size, -1, &made.team));
    }
    teams.push_back(made);
  };
  teams.reserve(16);  // references into it below
  teams.push_back({"world", engine->team_world(), range(0, 1, n_pes), false});
  split("all", teams[0], 0, 1, n_pes);
  split("reversed", teams[0], n_pes - 1, -1, n_pes);
  split("evens", teams[0], 0, 2, (n_pes + 1) / 2);
  split("last alone", teams[0], n_pes - 1, 0, 1);
  if (n_pes > 1) split("all but first", teams[0], 1, 1, n_pes - 1);
  split("evens reversed, of a team", teams[3], (n_pes + 1) / 2 - 1, -1, (n_pes + 1) / 2);
  const int xrange = 2;
  const int xsize = xrange < n_pes ? xrange : n_pes;
  const int x = me % xsize;
  const int y = me / xsize;
  NamedTeam xteam{"row", nullptr, range(y * xsize, 1, y * xsize + xsize > n_pes ? n_pes - y * xsize : xsize), true};
  NamedTeam yteam{"column", nullptr, range(x, xsize, (n_pes - x + xsize - 1) / xsize), true};
  CHECK_OK(engine->team_split_2d(engine->team_world(), xrange, &xteam.team, &yteam.team));
  teams.push_back(xteam);
  teams.push_back(yteam);
  return teams;
}

void destroy_test_teams(std::vector<NamedTeam>& teams) {
  for (NamedTeam& named : teams) {
    if (named.own && named.team != nullptr) engine->team_destroy(named.team);
  }
  teams.clear();
}

}  // namespace engine_test

int main(int argc, char** argv) {
  using namespace engine_test;
  if (argc < 2) {
    std::fprintf(stderr, "usage: test_table ENGINE.so [--only PART | --global-exit STATUS]\n");
    return 2;
  }
  const char* const limit = std::getenv("TEST_TABLE_LIMIT");
  signal(SIGALRM, limit_reached);
  alarm(limit == nullptr ? 110 : static_cast<unsigned>(std::atoi(limit)));
  std::string error;
  if (!plugin.open(argv[1], error)) {
    std::fprintf(stderr, "%s\n", error.c_str());
    return 2;
  }
  test_table();
  int provided = -1;
  CHECK_OK(engine->init_thread(ENGINE_MULTIPLE, &provided));
  if (failures != 0) return 1;
  plugin.refresh();
  CHECK(provided >= ENGINE_SINGLE && provided <= ENGINE_MULTIPLE);
  CHECK_EQ(engine->query_thread(), provided);
  CHECK_EQ((engine->capabilities & ENGINE_THREAD_MULTIPLE) != 0, provided == ENGINE_MULTIPLE);
  me = engine->my_pe();
  n_pes = engine->n_pes();
  ctx = engine->ctx_default();

  if (argc == 4 && std::strcmp(argv[2], "--only") == 0) only = argv[3];
  if (argc == 4 && std::strcmp(argv[2], "--global-exit") == 0) {
    if (me == n_pes - 1) engine->global_exit(std::atoi(argv[3]));
    for (;;) engine->barrier_all();  // until the job ends
  }

#define RUN(test) run(#test, test)
  RUN(test_queries);
  RUN(test_memory);
  RUN(test_transfers);
  RUN(test_atomics);
  RUN(test_signals);
  RUN(test_waits);
  RUN(test_teams);
  RUN(test_collectives);
  RUN(test_reductions);
  RUN(test_contexts);
  RUN(test_locks);
  RUN(test_interrupts);
#undef RUN

  CHECK_EQ(take_status(), int{ENGINE_OK});
  engine->barrier_all();
  if (me == 0) {
    std::printf("%s: %s, %d PEs, capabilities %#x, supplied %#x\n", engine->name, engine->library, n_pes,
                engine->capabilities, engine->supplied);
    if (*engine->notes != 0) std::printf("%s\n", engine->notes);
  }
  part = "finalize";
  CHECK_OK(engine->finalize());
  if (failures != 0) std::fprintf(stderr, "PE %d: %d checks failed\n", me, failures);
  return failures == 0 ? 0 : 1;
}
