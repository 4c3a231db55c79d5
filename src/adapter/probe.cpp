// SPDX-License-Identifier: BSD-3-Clause
//
// probe.cpp: starts an engine and tries it: what it is, which features it has itself, which are supplied, and whether
// its results are right.
//
//   <the library's launcher> -n 2 shmem4py-probe path/engine_name.so
//
// PE 0 prints one JSON object, and nothing else goes to standard output. `notes` lists faults of the library that the
// adapter found and works around, `wrong` the features whose results are wrong in spite of it. The status is 0 if
// nothing is wrong, 1 if something is, and 2 if the plug-in cannot be used at all; the object then has `error`. A hang
// counts as an error.
#include <signal.h>
#include <unistd.h>

#include <cstdio>
#include <cstring>
#include <string>
#include <vector>

#include "loader.h"

namespace {

constexpr unsigned kLimitSeconds = 60;

shmem::engine::Plugin plugin;
const EngineTable* const engine = &plugin.table();
int me = 0;
int n_pes = 1;
const char* volatile trying = "loading";

// --- JSON ---

std::string quoted(const std::string& text) {
  std::string out = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') {
      out += '\\';
      out += c;
    } else if (static_cast<unsigned char>(c) < 0x20) {
      char code[8];
      std::snprintf(code, sizeof code, "\\u%04x", static_cast<unsigned>(c));
      out += code;
    } else {
      out += c;
    }
  }
  return out + '"';
}

std::string listed(const std::vector<std::string>& texts) {
  std::string out = "[";
  for (const std::string& text : texts) out += (out.size() > 1 ? ", " : "") + quoted(text);
  return out + "]";
}

std::vector<std::string> lines(const char* text) {
  std::vector<std::string> out;
  for (const char* begin = text; *begin != 0;) {
    const char* const end = std::strchr(begin, '\n');
    out.emplace_back(begin, end == nullptr ? std::strlen(begin) : static_cast<size_t>(end - begin));
    if (end == nullptr) break;
    begin = end + 1;
  }
  return out;
}

struct BitName {
  uint32_t bit;
  const char* name;
};

constexpr BitName kCapabilities[] = {
#define SHMEM_ENGINE_CAPABILITY(constant, bit, name, promise) {constant, name},
#include "capabilities.def"
#undef SHMEM_ENGINE_CAPABILITY
};
constexpr BitName kFeatures[] = {
#define SHMEM_ENGINE_FEATURE(constant, bit, name, slot) {constant, name},
#include "features.def"
#undef SHMEM_ENGINE_FEATURE
};

template <size_t kCount>
std::vector<std::string> names(uint32_t bits, const BitName (&table)[kCount]) {
  std::vector<std::string> out;
  for (const BitName& row : table) {
    if ((bits & row.bit) != 0) out.emplace_back(row.name);
  }
  return out;
}

// --- what is tried; each function returns whether the results are right on this PE ---

struct Heap {
  unsigned char* bytes;
  uint64_t* words;
  long* total;  // two elements
};

constexpr size_t kNbytes = 100000;

unsigned char pattern(int pe, size_t i) {
  return static_cast<unsigned char>(31 * pe + static_cast<int>(i % 251));
}

bool try_put_and_get(const Heap& heap, EngineCtx ctx, int to, int from) {
  std::vector<unsigned char> source(kNbytes);
  for (size_t i = 0; i < kNbytes; ++i) source[i] = pattern(me, i);
  engine->put(ctx, heap.bytes, source.data(), kNbytes, 0, to);
  engine->barrier_all();
  bool right = true;
  for (size_t i = 0; i < kNbytes; ++i) right = right && heap.bytes[i] == pattern(from, i);
  std::vector<unsigned char> found(kNbytes);
  engine->get(ctx, found.data(), heap.bytes, kNbytes, 0, to);
  return right && found == source;
}

uint64_t combined(int op, uint64_t old, uint64_t operand, uint64_t comparand) {
  switch (op) {
    case ENGINE_AMO_SET:
    case ENGINE_AMO_SWAP:
      return operand;
    case ENGINE_AMO_INC:
    case ENGINE_AMO_FETCH_INC:
      return old + 1;
    case ENGINE_AMO_ADD:
    case ENGINE_AMO_FETCH_ADD:
      return old + operand;
    case ENGINE_AMO_AND:
    case ENGINE_AMO_FETCH_AND:
      return old & operand;
    case ENGINE_AMO_OR:
    case ENGINE_AMO_FETCH_OR:
      return old | operand;
    case ENGINE_AMO_XOR:
    case ENGINE_AMO_FETCH_XOR:
      return old ^ operand;
    case ENGINE_AMO_COMPARE_SWAP:
      return old == comparand ? operand : old;
    default:
      return old;
  }
}

bool try_atomic(const Heap& heap, EngineCtx ctx, int op, int type, uint64_t mask, int to) {
  const EngineAmoFunction amo = engine->amo(op, type);
  if (amo == nullptr) return false;
  const uint64_t old = 0x123456789abcdef0u & mask;
  const uint64_t operand = 0xff00f0f00f0fff00u & mask;
  uint64_t* const word = heap.words + me;
  engine->p8(ctx, word, old, to);
  engine->quiet(ctx);
  const uint64_t fetched = amo(ctx, word, operand, old, to);
  engine->quiet(ctx);
  return (op < ENGINE_AMO_FETCH || fetched == old) &&
         engine->g8(ctx, word, to) == (combined(op, old, operand, old) & mask);
}

bool try_signal(const Heap& heap, EngineCtx ctx, int to) {
  if (engine->put_signal == nullptr || engine->signal_wait_until == nullptr) return false;
  uint64_t* const signal = heap.words + n_pes;
  uint64_t* const data = heap.words + n_pes + 1;
  const uint64_t value = 42;
  engine->put_signal(ctx, data, &value, 1, 3, signal, 7, ENGINE_SIGNAL_SET, to);
  return engine->signal_wait_until(signal, ENGINE_EQ, 7) == 7 && *data == value;
}

bool try_collectives(const Heap& heap, EngineTeam team, long expected) {
  heap.total[0] = me + 1;
  const EngineReduceFunction sum = engine->reduce(ENGINE_SUM, ENGINE_INT64);
  if (sum == nullptr || sum(team, heap.total + 1, heap.total, 1) != ENGINE_OK) return false;
  return heap.total[1] == expected;
}

// Tries a team of PEs 1 to N - 1, in reverse order.
bool try_team(const Heap& heap) {
  if (engine->team_split_strided == nullptr) return false;
  if (n_pes == 1) return true;
  EngineTeam team = nullptr;
  if (engine->team_split_strided(engine->team_world(), n_pes - 1, -1, n_pes - 1, -1, &team) != ENGINE_OK) return false;
  if (me == 0) return team == nullptr;
  if (team == nullptr) return false;
  const long all = static_cast<long>(n_pes) * (n_pes + 1) / 2;
  const bool right = engine->team_my_pe(team) == n_pes - 1 - me && try_collectives(heap, team, all - 1);
  engine->team_destroy(team);
  return right;
}

constexpr const char* kAmoNames[ENGINE_AMO_COUNT] = {
    "atomic_set",       "atomic_inc",       "atomic_add",      "atomic_and",          "atomic_or",
    "atomic_xor",       "atomic_fetch",     "atomic_swap",     "atomic_compare_swap", "atomic_fetch_inc",
    "atomic_fetch_add", "atomic_fetch_and", "atomic_fetch_or", "atomic_fetch_xor"};

// Collects on PE 0 what is wrong on any PE: there each fault has a word, which is 1 once some PE has found it.
class Findings {
 public:
  Findings(uint64_t* words, EngineCtx ctx) : words_(words), ctx_(ctx) {}

  void add(const std::string& name, bool right) {
    names_.push_back(name);
    if (!right) engine->p8(ctx_, words_ + (names_.size() - 1), 1, 0);
    engine->barrier_all();
  }

  std::vector<std::string> wrong() const {
    std::vector<std::string> out;
    for (size_t i = 0; i < names_.size(); ++i) {
      if (words_[i] != 0) out.push_back(names_[i]);
    }
    return out;
  }

  static constexpr size_t kMost = 64;

 private:
  uint64_t* words_;
  EngineCtx ctx_;
  std::vector<std::string> names_;
};

[[noreturn]] void give_up(const std::string& message) {
  if (me == 0) std::printf("{\"error\": %s}\n", quoted(message).c_str());
  std::fflush(stdout);
  _exit(2);
}

void limit_reached(int) {
  char text[160];
  const int length =
      std::snprintf(text, sizeof text, "{\"error\": \"no answer after %u s: %s\"}\n", kLimitSeconds, trying);
  if (me == 0) static_cast<void>(!write(1, text, static_cast<size_t>(length)));
  _exit(2);
}

template <class T>
T* symmetric(size_t nelems) {
  void* pointer = nullptr;
  if (engine->alloc(nelems * sizeof(T), 0, 0, 1, nullptr, &pointer) != ENGINE_OK)
    give_up("the library gives no symmetric memory");
  return static_cast<T*>(pointer);
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 2) {
    std::fprintf(stderr, "usage: shmem4py-probe ENGINE.so, started by the library's launcher\n");
    return 2;
  }
  signal(SIGALRM, limit_reached);
  alarm(kLimitSeconds);
  std::string error;
  if (!plugin.open(argv[1], error)) give_up(error);
  trying = "init";
  int provided = ENGINE_SINGLE;
  if (engine->init_thread(ENGINE_MULTIPLE, &provided) != ENGINE_OK) {
    const char* message = "";
    engine->take_error(&message);
    give_up(message);
  }
  plugin.refresh();
  me = engine->my_pe();
  n_pes = engine->n_pes();
  const int to = (me + 1) % n_pes;
  const int from = (me + n_pes - 1) % n_pes;
  const EngineCtx ctx = engine->ctx_default();

  trying = "alloc";
  const Heap heap{symmetric<unsigned char>(kNbytes), symmetric<uint64_t>(static_cast<size_t>(n_pes) + 2),
                  symmetric<long>(2)};
  Findings findings(symmetric<uint64_t>(Findings::kMost), ctx);
  const auto attempt = [&](const std::string& name, auto test) {
    trying = name.c_str();
    findings.add(name, test());
    trying = "between two";
  };
  attempt("put_get", [&] { return try_put_and_get(heap, ctx, to, from); });
  for (int op = 0; op < ENGINE_AMO_COUNT; ++op) {
    attempt(std::string(kAmoNames[op]) + " of 32 bits",
            [&] { return try_atomic(heap, ctx, op, ENGINE_UINT32, 0xffffffffu, to); });
    attempt(std::string(kAmoNames[op]) + " of 64 bits",
            [&] { return try_atomic(heap, ctx, op, ENGINE_UINT64, ~uint64_t{0}, to); });
  }
  attempt("put_signal", [&] { return try_signal(heap, ctx, to); });
  attempt("reduction",
          [&] { return try_collectives(heap, engine->team_world(), static_cast<long>(n_pes) * (n_pes + 1) / 2); });
  attempt("team", [&] { return try_team(heap); });

  const std::vector<std::string> wrong = findings.wrong();
  int major = 0;
  int minor = 0;
  engine->info_version(&major, &minor);
  std::string json;
  if (me == 0) {
    json = "{\"name\": " + quoted(engine->name) + ", \"library\": " + quoted(engine->library) + ", \"interface\": [" +
           std::to_string(major) + ", " + std::to_string(minor) + "], \"pes\": " + std::to_string(n_pes) +
           ", \"thread_level\": " + std::to_string(provided) +
           ", \"capabilities\": " + listed(names(engine->capabilities, kCapabilities)) +
           ", \"native\": " + listed(names(~engine->supplied, kFeatures)) +
           ", \"supplied\": " + listed(names(engine->supplied, kFeatures)) +
           ", \"notes\": " + listed(lines(engine->notes)) + ", \"wrong\": " + listed(wrong);
  }
  trying = "finalize";
  if (engine->finalize() != ENGINE_OK) give_up("finalize reports a failure");
  if (me == 0) std::printf("%s}\n", json.c_str());
  return wrong.empty() || me != 0 ? 0 : 1;
}
