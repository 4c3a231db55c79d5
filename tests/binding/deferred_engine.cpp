// SPDX-License-Identifier: BSD-3-Clause
//
// An engine that is as lazy as the table allows: one PE, whose non-blocking operations happen at quiet and not
// before, whose waits cannot be interrupted, which claims no threads. Such an engine, unlike smp, shows that the
// extension keeps buffers alive, polls, serialises calls and writes messages.
//
// DEFERRED_CAPABILITIES sets the capability bits; DEFERRED_BREAK makes a table that must be refused. pcontrol(100 + s)
// makes the next take_error report status s. The library's name says how many calls were in progress at once.
#include <algorithm>
#include <atomic>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <functional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "engine/engine.h"

namespace {

constexpr size_t kHeapBytes = size_t{64} << 20;

std::unordered_map<void*, size_t> allocated;
size_t allocated_bytes = 0;
std::vector<std::function<void()>> deferred;
int pending_status = ENGINE_OK;
std::atomic<int> inside = 0;  // calls at work; more than one at a time is what THREAD_MULTIPLE would allow
std::atomic<int> most_inside = 0;

char ctx_handle;
char team_handle;

struct Inside {
  Inside() { most_inside = std::max<int>(most_inside, ++inside); }
  ~Inside() { --inside; }
};

void complete() {
  for (const auto& operation : deferred) operation();
  deferred.clear();
}

int init_thread(int, int* provided) {
  *provided = ENGINE_SINGLE;
  return ENGINE_OK;
}
int finalize() {
  return ENGINE_OK;
}
void global_exit(int status) {
  std::_Exit(status);
}
int query_thread() {
  return ENGINE_SINGLE;
}
int zero() {
  return 0;
}
int one() {
  return 1;
}
int pe_accessible(int pe) {
  return pe == 0;
}

bool in_heap(const void* address) {
  for (const auto& [base, nbytes] : allocated) {
    if (address >= base && address < static_cast<char*>(base) + nbytes) return true;
  }
  return false;
}
int addr_accessible(const void* address, int) {
  return in_heap(address);
}
void* ptr(const void* address, int) {
  return in_heap(address) ? const_cast<void*>(address) : nullptr;
}
void info_version(int* major, int* minor) {
  *major = 1, *minor = 6;
}
void info_name(char* name, size_t size) {
  std::snprintf(name, size, "at most %d at once", most_inside.load());
}
void pcontrol(int level) {
  pending_status = level >= 100 ? level - 100 : 0;
}

int take_error(const char** message) {
  *message = pending_status ? "as ordered" : "";
  return std::exchange(pending_status, ENGINE_OK);
}

int alloc(size_t nbytes, size_t alignment, long, int clear, uint64_t*, void** out) {
  nbytes = std::max<size_t>(nbytes, 1);
  if (allocated_bytes + nbytes > kHeapBytes) return ENGINE_NO_MEMORY;
  void* memory = nullptr;
  if (posix_memalign(&memory, std::max<size_t>(alignment, 16), nbytes) != 0) return ENGINE_NO_MEMORY;
  std::memset(memory, clear ? 0 : 0xa5, nbytes);
  allocated[memory] = nbytes;
  allocated_bytes += nbytes;
  return *out = memory, ENGINE_OK;
}

int free_memory(void* memory, uint64_t) {
  complete();
  const auto found = allocated.find(memory);
  if (found == allocated.end()) return ENGINE_INVALID;
  allocated_bytes -= found->second;
  std::memset(memory, 0xee, found->second);
  allocated.erase(found);  // the memory stays mapped: views of it are valid memory
  return ENGINE_OK;
}

void move(EngineCtx, void* dest, const void* source, size_t nelems, int log2_nbytes, int) {
  const Inside inside_call;
  std::memmove(dest, source, nelems << log2_nbytes);
}
void move_nbi(EngineCtx ctx, void* dest, const void* source, size_t nelems, int log2_nbytes, int pe) {
  deferred.emplace_back([=] { move(ctx, dest, source, nelems, log2_nbytes, pe); });
}

template <class T>
void p(EngineCtx, void* dest, T value, int) {
  const Inside inside_call;
  *static_cast<T*>(dest) = value;
}
template <class T>
T g(EngineCtx, const void* source, int) {
  const Inside inside_call;
  return *static_cast<const T*>(source);
}

void move_blocks(EngineCtx ctx, void* dest, const void* source, ptrdiff_t dest_stride, ptrdiff_t source_stride,
                 size_t block_nelems, size_t nblocks, int log2_nbytes, int pe) {
  // What the table promises: positive strides that do not let written blocks overlap.
  if (source_stride < 1 || dest_stride < static_cast<ptrdiff_t>(block_nelems)) std::abort();
  for (size_t b = 0; b < nblocks; ++b) {
    move(ctx, static_cast<char*>(dest) + (static_cast<ptrdiff_t>(b) * dest_stride << log2_nbytes),
         static_cast<const char*>(source) + (static_cast<ptrdiff_t>(b) * source_stride << log2_nbytes), block_nelems,
         log2_nbytes, pe);
  }
}

uint64_t fetch_add(EngineCtx, void* target, uint64_t operand, uint64_t, int) {
  return std::exchange(*static_cast<uint64_t*>(target), *static_cast<uint64_t*>(target) + operand);
}
EngineAmoFunction amo(int op, int type) {
  return op == ENGINE_AMO_FETCH_ADD && (type == ENGINE_INT64 || type == ENGINE_UINT64) ? fetch_add : nullptr;
}
EngineAmoNbiFunction amo_nbi(int op, int type) {
  if (!amo(op, type)) return nullptr;
  return [](EngineCtx ctx, void* fetch, void* target, uint64_t operand, uint64_t comparand, int pe) {
    deferred.emplace_back([=] { *static_cast<uint64_t*>(fetch) = fetch_add(ctx, target, operand, comparand, pe); });
  };
}

void put_signal(EngineCtx ctx, void* dest, const void* source, size_t nelems, int log2_nbytes, uint64_t* signal,
                uint64_t value, int signal_op, int pe) {
  move(ctx, dest, source, nelems, log2_nbytes, pe);
  *signal = signal_op == ENGINE_SIGNAL_SET ? value : *signal + value;
}
void put_signal_nbi(EngineCtx ctx, void* dest, const void* source, size_t nelems, int log2_nbytes, uint64_t* signal,
                    uint64_t value, int signal_op, int pe) {
  deferred.emplace_back([=] { put_signal(ctx, dest, source, nelems, log2_nbytes, signal, value, signal_op, pe); });
}
uint64_t signal_fetch(const uint64_t* signal) {
  return *const_cast<const volatile uint64_t*>(signal);
}
void signal_set(EngineCtx, uint64_t* signal, uint64_t value, int) {
  *signal = value;
}
void signal_add(EngineCtx, uint64_t* signal, uint64_t value, int) {
  *signal += value;
}
uint64_t signal_wait_until(uint64_t*, int, uint64_t) {
  std::abort();
}  // must not be used: it cannot be interrupted

size_t test_int64(void* ivars, size_t nelems, size_t*, const int*, int cmp, const void* values) {
  const Inside inside_call;
  if (nelems != 1 || cmp != ENGINE_EQ) std::abort();
  return *static_cast<volatile int64_t*>(ivars) == *static_cast<const int64_t*>(values);
}
EngineWaitFunction wait(int kind, int type) {
  return kind == ENGINE_TEST && type == ENGINE_INT64 ? test_int64 : nullptr;
}

void on_ctx(EngineCtx) {}
void quiet(EngineCtx) {
  complete();
}
void pe_quiet(EngineCtx, const int*, size_t) {
  complete();
}
void barrier_all() {
  complete();
}
void sync_all() {}
int team_sync(EngineTeam) {
  return ENGINE_OK;
}
int spread(EngineTeam, void* dest, const void* source, size_t nbytes) {
  return std::memmove(dest, source, nbytes), ENGINE_OK;
}
int broadcast(EngineTeam team, void* dest, const void* source, size_t nbytes, int) {
  return spread(team, dest, source, nbytes);
}
int alltoalls(EngineTeam, void*, const void*, ptrdiff_t, ptrdiff_t, size_t, size_t) {
  return ENGINE_UNSUPPORTED;
}
int reduce_words(EngineTeam, void* dest, const void* source, size_t nelems) {
  return std::memmove(dest, source, nelems * sizeof(uint64_t)), ENGINE_OK;
}
EngineReduceFunction reduce(int, int type) {
  return type == ENGINE_UINT64 || type == ENGINE_INT64 ? reduce_words : nullptr;
}

EngineTeam team_world() {
  return &team_handle;
}
int of_team(EngineTeam) {
  return 0;
}
int team_n_pes(EngineTeam) {
  return 1;
}
int team_get_config(EngineTeam, int* num_contexts) {
  return *num_contexts = 0, ENGINE_OK;
}
int team_translate_pe(EngineTeam, int pe, EngineTeam) {
  return pe;
}
int refuse_split(EngineTeam, int, int, int, int, EngineTeam*) {
  return ENGINE_FAILED;
}
void team_destroy(EngineTeam) {}
EngineCtx ctx_default() {
  return &ctx_handle;
}
int ctx_create(EngineTeam, long, EngineCtx* ctx) {
  return *ctx = &ctx_handle, ENGINE_OK;
}
int ctx_get_team(EngineCtx, EngineTeam* team) {
  return *team = &team_handle, ENGINE_OK;
}
void session_start(EngineCtx, long, size_t) {}
void set_lock(long* lock) {
  *lock = 1;
}
int test_lock(long* lock) {
  return std::exchange(*lock, 1) != 0;
}
void clear_lock(long* lock) {
  *lock = 0;
}

EngineTable make_table() {
  EngineTable table{};
  table.magic = SHMEM4PY_ENGINE_MAGIC;
  table.version = SHMEM4PY_ENGINE_VERSION;
  table.size = sizeof(EngineTable);
  const char* capabilities = std::getenv("DEFERRED_CAPABILITIES");
  table.capabilities = capabilities ? static_cast<uint32_t>(std::atoi(capabilities)) : uint32_t{ENGINE_NEEDS_PROGRESS};
  table.name = "deferred";
  table.library = "one lazy PE";
  table.notes = "";
  table.init_thread = init_thread, table.finalize = finalize, table.global_exit = global_exit;
  table.query_thread = query_thread, table.my_pe = zero, table.n_pes = one, table.pe_accessible = pe_accessible;
  table.addr_accessible = addr_accessible, table.ptr = ptr, table.info_version = info_version;
  table.info_name = info_name, table.pcontrol = pcontrol, table.take_error = take_error;
  table.alloc = alloc, table.free = free_memory;
  table.put = table.get = move, table.put_nbi = table.get_nbi = move_nbi;
  table.p1 = p<uint8_t>, table.p2 = p<uint16_t>, table.p4 = p<uint32_t>, table.p8 = p<uint64_t>;
  table.g1 = g<uint8_t>, table.g2 = g<uint16_t>, table.g4 = g<uint32_t>, table.g8 = g<uint64_t>;
  table.ibput = table.ibget = move_blocks, table.amo = amo, table.amo_nbi = amo_nbi;
  table.put_signal = put_signal, table.put_signal_nbi = put_signal_nbi, table.signal_fetch = signal_fetch;
  table.signal_set = signal_set, table.signal_add = signal_add, table.signal_wait_until = signal_wait_until;
  table.wait = wait, table.fence = on_ctx, table.quiet = quiet, table.pe_quiet = pe_quiet;
  table.barrier_all = barrier_all, table.sync_all = sync_all, table.team_sync = team_sync;
  table.broadcast = broadcast, table.collect = table.fcollect = table.alltoall = spread;
  table.alltoalls = alltoalls, table.reduce = reduce;
  table.team_world = team_world, table.team_my_pe = of_team, table.team_n_pes = team_n_pes;
  table.team_get_config = team_get_config, table.team_translate_pe = team_translate_pe;
  table.team_split_strided = refuse_split, table.team_destroy = team_destroy;
  table.ctx_default = ctx_default, table.ctx_create = ctx_create, table.ctx_destroy = quiet;
  table.ctx_get_team = ctx_get_team, table.session_start = session_start, table.session_stop = on_ctx;
  table.set_lock = set_lock, table.test_lock = test_lock, table.clear_lock = clear_lock;

  const char* broken = std::getenv("DEFERRED_BREAK");
  const std::string_view what = broken ? broken : "";
  if (what == "magic") table.magic = 1;
  if (what == "version") table.version = 999;
  if (what == "size") table.size = 8;
  if (what == "slot") table.put = nullptr;
  return table;
}

}  // namespace

extern "C" [[gnu::visibility("default")]] const EngineTable* shmem4py_engine() {
  static const EngineTable table = make_table();
  return &table;
}
