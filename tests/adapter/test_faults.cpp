// SPDX-License-Identifier: BSD-3-Clause
//
// test_faults.cpp: what known faults of libraries (src/adapter/faults.h) would do to a program, one fault a run.
//
//   <launcher> -n 2 test_faults path/engine_name.so FAULT
//
// Each test fails, by a wrong result, a crash or a hang, on Open MPI 4.1.4 without what the adapter does about the
// fault. On an engine without faults all tests pass too.

#include <dlfcn.h>
#include <signal.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cstdlib>

#include "check.h"
#include "loader.h"

using namespace engine_test;

// --- the library's 64-bit transfers, counted ---

// The program exports these, so the plug-in calls them in place of the library's (RTLD_LOCAL still looks here first).
namespace {

int library_transfers = 0;

template <class... Arguments>
void pass_on(const char* routine, Arguments... arguments) {
  ++library_transfers;
  // The profiling interface's name, which no library shadows; of any library that the plug-in has brought.
  static void* const library = dlopen("liboshmem.so.40", RTLD_NOW | RTLD_NOLOAD);
  const auto function =
      library == nullptr ? nullptr : reinterpret_cast<void (*)(Arguments...)>(dlsym(library, routine));
  if (function == nullptr) std::abort();
  function(arguments...);
}

}  // namespace

// shmem_ctx_t is a pointer in Open MPI.
extern "C" __attribute__((visibility("default"))) void shmem_ctx_put64(void* context, void* dest, const void* source,
                                                                       size_t nelems, int pe) {
  pass_on("pshmem_ctx_put64", context, dest, source, nelems, pe);
}
extern "C" __attribute__((visibility("default"))) void shmem_ctx_get64(void* context, void* dest, const void* source,
                                                                       size_t nelems, int pe) {
  pass_on("pshmem_ctx_get64", context, dest, source, nelems, pe);
}

namespace {

int next() {
  return (me + 1) % n_pes;
}

// shmem_broadcast is declared but missing; shmem_pcontrol and shmem_uint64_atomic_fetch are not even declared. All
// functions that a plug-in refers to are looked up when it is opened, so that opening is the first half of this test.
void test_missing_functions() {
  engine->pcontrol(1);
  auto* const words = symmetric<uint64_t>(2);
  words[0] = static_cast<uint64_t>(me) + 5;
  CHECK_EQ(engine->amo(ENGINE_AMO_FETCH, ENGINE_UINT64)(ctx, words, 0, 0, me), words[0]);
  CHECK_OK(engine->broadcast(engine->team_world(), words + 1, words, sizeof *words, n_pes - 1));
  CHECK_EQ(words[1], static_cast<uint64_t>(n_pes) + 4);
  release(words);
}

void test_fetching_bitwise() {
  auto* const words = symmetric<uint64_t>(static_cast<size_t>(n_pes));
  uint64_t* const mine = words + me;
  constexpr uint64_t kOld = 0xf0f;
  constexpr uint64_t kOperand = 0x0ff;
  const struct {
    int op;
    uint64_t result;
  } rows[] = {{ENGINE_AMO_FETCH_AND, kOld & kOperand},
              {ENGINE_AMO_FETCH_OR, kOld | kOperand},
              {ENGINE_AMO_FETCH_XOR, kOld ^ kOperand}};
  for (const auto& row : rows) {
    for (const int type : {ENGINE_UINT32, ENGINE_UINT64}) {
      about = "operation " + std::to_string(row.op) + " type " + std::to_string(type);
      engine->p8(ctx, mine, kOld, next());
      CHECK_EQ(engine->amo(row.op, type)(ctx, mine, kOperand, 0, next()), kOld);
      CHECK_EQ(engine->g8(ctx, mine, next()), row.result);
      engine->p8(ctx, mine, kOld, next());
      uint64_t fetched = 0;
      engine->amo_nbi(row.op, type)(ctx, &fetched, mine, kOperand, 0, next());
      engine->quiet(ctx);
      CHECK_EQ(fetched, kOld);
      CHECK_EQ(engine->g8(ctx, mine, next()), row.result);
    }
  }
  engine->barrier_all();
  release(words);
}

// The library ends the process here. Each half of a word is swapped without the other.
void test_compare_swap_of_32_bits() {
  auto* const words = symmetric<uint32_t>(2 * static_cast<size_t>(n_pes));
  const EngineAmoFunction swap = engine->amo(ENGINE_AMO_COMPARE_SWAP, ENGINE_INT32);
  for (const int half : {0, 1}) {
    uint32_t* const word = words + 2 * me;
    engine->p8(ctx, word, 0x1111111122222222u, next());
    const uint32_t old = half == 0 ? 0x22222222u : 0x11111111u;
    CHECK_EQ(swap(ctx, word + half, 7, old + 1, next()), uint64_t{old});
    CHECK_EQ(engine->g4(ctx, word + half, next()), old);
    CHECK_EQ(swap(ctx, word + half, 0xffffffff, old, next()), uint64_t{old});
    CHECK_EQ(engine->g4(ctx, word + half, next()), 0xffffffffu);
    CHECK_EQ(engine->g4(ctx, word + 1 - half, next()), 0x33333333u - old);
  }
  engine->barrier_all();
  release(words);
}

template <class T>
void compare_unsigned(int type) {
  auto* const word = symmetric<T>(1);
  *word = static_cast<T>(-1);
  const T one = 1;
  const auto holds = [&](int kind, int cmp) {
    return engine->wait(kind, type)(word, 1, nullptr, nullptr, cmp, &one) != 0;
  };
  CHECK(holds(ENGINE_TEST, ENGINE_GT));
  CHECK(!holds(ENGINE_TEST, ENGINE_LT));
  if (holds(ENGINE_TEST, ENGINE_GE)) engine->wait(ENGINE_WAIT_UNTIL, type)(word, 1, nullptr, nullptr, ENGINE_GT, &one);
  release(word);
}

void test_unsigned_comparison() {
  compare_unsigned<uint16_t>(ENGINE_UINT16);
  compare_unsigned<uint32_t>(ENGINE_UINT32);
  compare_unsigned<uint64_t>(ENGINE_UINT64);
}

// Gets and puts of some KB at these places run at a tenth of their speed in the library, so it is not asked.
void test_slow_copies() {
  constexpr size_t kMost = size_t{1} << 18;
  constexpr size_t kPage = 4096;
  auto* const block = symmetric<char>(kMost + 2 * kPage);
  const auto at_page = [](char* memory) {
    return memory + (kPage - reinterpret_cast<uintptr_t>(memory) % kPage) % kPage;
  };
  char* const heap = at_page(block);
  std::vector<char> memory(kMost + 3 * kPage);
  char* const local = at_page(memory.data());
  const bool mapped = engine->ptr(heap, next()) != nullptr;
  for (const size_t nbytes : {size_t{4096}, size_t{65536} + 8, kMost}) {
    for (const size_t ahead : {size_t{0}, size_t{16}}) {
      about = std::to_string(nbytes) + " bytes, " + std::to_string(ahead) + " ahead";
      const bool by_library = ahead == 0 || !mapped;
      for (size_t i = 0; i < nbytes; ++i) local[i] = static_cast<char>(mix(static_cast<uint64_t>(me), nbytes, i));
      library_transfers = 0;
      engine->put(ctx, heap + ahead, local, nbytes / 8, 3, next());
      CHECK_EQ(library_transfers != 0, by_library);
      engine->barrier_all();
      std::vector<char> expected(local, local + nbytes);
      std::memset(local, 0, nbytes + kPage);
      library_transfers = 0;
      engine->get(ctx, local + 2 * ahead, heap + ahead, nbytes / 8, 3, next());
      CHECK_EQ(library_transfers != 0, by_library);
      CHECK(std::memcmp(local + 2 * ahead, expected.data(), nbytes) == 0);
      CHECK_EQ(int{local[2 * ahead + nbytes]}, 0);
      engine->barrier_all();
    }
  }
  release(block);
}

// The library's natural alignment places arrays so that copies between them are slow.
void test_alignment() {
  for (const size_t nbytes : {size_t{8}, size_t{4096}, size_t{1} << 20}) {
    auto* const block = symmetric<char>(nbytes);
    CHECK_EQ(reinterpret_cast<uintptr_t>(block) % 64, uintptr_t{0});
    release(block);
  }
}

// Over TCP a put arrives only where the target drives the library; a test alone does not, there.
void test_progress_of_tests() {
  auto* const words = symmetric<uint64_t>(4);
  auto* const lock = symmetric<long>(1);
  const EngineAmoFunction add = engine->amo(ENGINE_AMO_ADD, ENGINE_UINT64);
  const EngineWaitFunction test = engine->wait(ENGINE_TEST, ENGINE_UINT64);
  const uint64_t one = 1;
  if (me == 0) engine->set_lock(lock);
  engine->barrier_all();
  if (me == 0) {
    for (int i = 0; i < 2; ++i) add(ctx, words + i, 1, 0, 1);
    engine->quiet(ctx);
    engine->clear_lock(lock);
  } else if (me == 1) {
    while (test(words, 1, nullptr, nullptr, ENGINE_EQ, &one) == 0) {
    }
    while (engine->signal_fetch(words + 1) == 0) {
    }
    while (engine->test_lock(lock) != 0) {
    }
    engine->clear_lock(lock);
  }
  engine->barrier_all();
  release(lock);
  release(words);
}

// Over TCP quiet of the default context hangs at the target of an atomic on another context, as does finalize.
void test_contexts() {
  auto* const word = symmetric<uint64_t>(1);
  EngineCtx other = nullptr;
  CHECK_OK(engine->ctx_create(engine->team_world(), 0, &other));
  for (int pe = 0; pe < n_pes; ++pe) engine->amo(ENGINE_AMO_FETCH_ADD, ENGINE_UINT64)(other, word, 1, 0, pe);
  engine->quiet(other);
  engine->ctx_destroy(other);
  engine->quiet(ctx);
  engine->barrier_all();
  CHECK_EQ(*word, static_cast<uint64_t>(n_pes));
  release(word);
}

// What shmem_init takes for static variables is at most 32 areas, below a symbol _end that this program has not.
void make_areas() {
  constexpr size_t kPage = 4096;
  for (int i = 0; i < 100; ++i) {
    auto* const pages =
        static_cast<char*>(mmap(nullptr, 2 * kPage, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0));
    CHECK(pages != MAP_FAILED && mprotect(pages, kPage, PROT_NONE) == 0);  // no area joins its neighbour
    pages[kPage] = 1;
  }
}

// That the library starts, and ends without a crash, is all.
void test_nothing() {}

const struct {
  const char* name;
  void (*before)();
  void (*test)();
} kFaults[] = {{"missing_functions", nullptr, test_missing_functions},
               {"fetching_bitwise", nullptr, test_fetching_bitwise},
               {"compare_swap_of_32_bits", nullptr, test_compare_swap_of_32_bits},
               {"unsigned_comparison", nullptr, test_unsigned_comparison},
               {"slow_copies", nullptr, test_slow_copies},
               {"alignment", nullptr, test_alignment},
               {"progress_of_tests", nullptr, test_progress_of_tests},
               {"contexts", nullptr, test_contexts},
               {"areas_of_memory", make_areas, test_nothing},
               {"finalize", nullptr, test_nothing}};

}  // namespace

int main(int argc, char** argv) {
  for (const auto& fault : kFaults) {
    if (argc != 3 || std::strcmp(fault.name, argv[2]) != 0) continue;
    alarm(40);
    std::string error;
    if (!plugin.open(argv[1], error)) {
      std::fprintf(stderr, "%s\n", error.c_str());
      return 1;
    }
    if (fault.before != nullptr) fault.before();
    int provided = -1;
    CHECK_OK(engine->init_thread(ENGINE_SINGLE, &provided));
    plugin.refresh();
    if (failures != 0) return 1;
    me = engine->my_pe();
    n_pes = engine->n_pes();
    ctx = engine->ctx_default();
    fault.test();
    about.clear();
    engine->barrier_all();
    CHECK_OK(engine->finalize());
    return failures == 0 ? 0 : 1;
  }
  std::fprintf(stderr, "usage: test_faults ENGINE.so FAULT\n");
  return 2;
}
