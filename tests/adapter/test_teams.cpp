// SPDX-License-Identifier: BSD-3-Clause
//
// Slots of teams, collectives on them, and contexts.

#include <complex>
#include <type_traits>

#include "check.h"

namespace engine_test {

namespace {

int rank_in(const NamedTeam& named) {
  for (size_t i = 0; i < named.members.size(); ++i) {
    if (named.members[i] == me) return static_cast<int>(i);
  }
  return -1;
}

void test_membership(const std::vector<NamedTeam>& teams) {
  for (const NamedTeam& named : teams) {
    const int rank = rank_in(named);
    CHECK_EQ(named.team != nullptr, rank >= 0);
    if (named.team == nullptr) continue;
    CHECK_EQ(engine->team_my_pe(named.team), rank);
    CHECK_EQ(engine->team_n_pes(named.team), static_cast<int>(named.members.size()));
    for (size_t i = 0; i < named.members.size(); ++i) {
      const int member = static_cast<int>(i);
      CHECK_EQ(engine->team_translate_pe(named.team, member, engine->team_world()), named.members[i]);
      CHECK_EQ(engine->team_translate_pe(engine->team_world(), named.members[i], named.team), member);
    }
    for (const NamedTeam& other : teams) {
      if (other.team == nullptr) continue;
      for (size_t i = 0; i < named.members.size(); ++i) {
        int expected = -1;
        for (size_t k = 0; k < other.members.size(); ++k) {
          if (other.members[k] == named.members[i]) expected = static_cast<int>(k);
        }
        CHECK_EQ(engine->team_translate_pe(named.team, static_cast<int>(i), other.team), expected);
      }
    }
    CHECK_EQ(engine->team_translate_pe(named.team, -1, named.team), -1);
    CHECK_EQ(engine->team_translate_pe(named.team, static_cast<int>(named.members.size()), named.team), -1);
  }
}

}  // namespace

void test_teams() {
  std::vector<NamedTeam> teams = make_test_teams();
  test_membership(teams);

  // Configurations.
  EngineTeam team = nullptr;
  CHECK_OK(engine->team_split_strided(engine->team_world(), 0, 1, n_pes, 3, &team));
  int num_contexts = -1;
  CHECK_OK(engine->team_get_config(team, &num_contexts));
  CHECK_EQ(num_contexts, 3);
  engine->team_destroy(team);
  CHECK_EQ(engine->team_my_pe(nullptr), -1);
  CHECK_EQ(engine->team_n_pes(nullptr), -1);

  // Triplets that do not fit: nonzero and no team, on all PEs; the parent goes on working.
  const int wrong[][3] = {{0, 1, n_pes + 1}, {-1, 1, 1}, {n_pes, 1, 1}, {0, -1, 2}, {0, 1, 0}, {0, 0, 2}};
  for (const auto& triplet : wrong) {
    if (triplet[1] == 0 && engine->supplied == 0) continue;  // undefined in the standard, refused by ours
    CHECK(engine->team_split_strided(engine->team_world(), triplet[0], triplet[1], triplet[2], -1, &team) != ENGINE_OK);
    CHECK(team == nullptr);
    CHECK(take_status() != ENGINE_OK);
  }

  // Shared memory and pointers.
  auto* const words = symmetric<uint64_t>(4);
  const EngineTeam shared = engine->team_shared();
  CHECK(shared != nullptr);
  CHECK(engine->team_my_pe(shared) >= 0);
  words[0] = static_cast<uint64_t>(me);
  engine->barrier_all();
  for (int pe = 0; pe < engine->team_n_pes(shared); ++pe) {
    const auto* const direct = static_cast<const uint64_t*>(engine->team_ptr(shared, words, pe));
    CHECK(direct != nullptr);
    const int world = engine->team_translate_pe(shared, pe, engine->team_world());
    if (direct != nullptr) CHECK_EQ(*direct, static_cast<uint64_t>(world));
  }
  CHECK_OK(engine->team_sync(shared));
  release(words);

  // Many in a row, and many at a time; parents of different PEs split at the same time.
  for (int round = 0; round < 600; ++round) {
    EngineTeam made = nullptr;
    const int start = round % n_pes;
    CHECK_OK(engine->team_split_strided(engine->team_world(), start, 1, n_pes - start, -1, &made));
    CHECK_EQ(made != nullptr, me >= start);
    if (made != nullptr) {
      CHECK_OK(engine->team_sync(made));
      engine->team_destroy(made);
    }
  }
  std::vector<EngineTeam> many;
  const EngineTeam row = teams[teams.size() - 2].team;
  for (int i = 0; i < 40; ++i) {
    EngineTeam made = nullptr;
    const int size = engine->team_n_pes(row);
    CHECK_OK(engine->team_split_strided(row, size - 1, -1, size, -1, &made));
    many.push_back(made);
  }
  for (int round = 0; round < 3; ++round) {
    for (EngineTeam each : many) CHECK_OK(engine->team_sync(each));
  }
  for (EngineTeam each : many) engine->team_destroy(each);
  engine->barrier_all();
  destroy_test_teams(teams);
}

namespace {

constexpr size_t kMost = 200000;

unsigned char byte_of(int pe, uint64_t salt, size_t i) {
  return static_cast<unsigned char>(mix(static_cast<uint64_t>(pe), salt, i / 8) >> (8 * (i % 8)));
}

struct Buffers {
  unsigned char* dest;
  unsigned char* source;
};

void fill_source(const Buffers& buffers, uint64_t salt, size_t nbytes) {
  for (size_t i = 0; i < nbytes; ++i) buffers.source[i] = byte_of(me, salt, i);
}

void try_broadcast(const NamedTeam& named, const Buffers& buffers, size_t nbytes) {
  for (size_t root = 0; root < named.members.size(); ++root) {
    const uint64_t salt = nbytes + root;
    fill_source(buffers, salt, nbytes);
    buffers.dest[nbytes] = 0xaa;
    CHECK_OK(engine->broadcast(named.team, buffers.dest, buffers.source, nbytes, static_cast<int>(root)));
    bool right = buffers.dest[nbytes] == 0xaa;
    for (size_t i = 0; i < nbytes; ++i) right = right && buffers.dest[i] == byte_of(named.members[root], salt, i);
    CHECK(right);
  }
}

void try_fcollect(const NamedTeam& named, const Buffers& buffers, size_t nbytes) {
  const size_t size = named.members.size();
  fill_source(buffers, nbytes, nbytes);
  buffers.dest[size * nbytes] = 0xaa;
  CHECK_OK(engine->fcollect(named.team, buffers.dest, buffers.source, nbytes));
  bool right = buffers.dest[size * nbytes] == 0xaa;
  for (size_t k = 0; k < size; ++k) {
    for (size_t i = 0; i < nbytes; ++i) {
      right = right && buffers.dest[k * nbytes + i] == byte_of(named.members[k], nbytes, i);
    }
  }
  CHECK(right);
}

void try_collect(const NamedTeam& named, const Buffers& buffers, size_t nbytes) {
  const auto share = [&](size_t member) { return member % 3 == 1 ? 0 : nbytes + member; };
  const auto rank = static_cast<size_t>(rank_in(named));
  fill_source(buffers, nbytes, share(rank));
  CHECK_OK(engine->collect(named.team, buffers.dest, buffers.source, share(rank)));
  bool right = true;
  size_t at = 0;
  for (size_t k = 0; k < named.members.size(); ++k) {
    for (size_t i = 0; i < share(k); ++i) right = right && buffers.dest[at++] == byte_of(named.members[k], nbytes, i);
  }
  CHECK(right);
}

void try_alltoall(const NamedTeam& named, const Buffers& buffers, size_t nbytes) {
  const size_t size = named.members.size();
  const auto rank = static_cast<size_t>(rank_in(named));
  fill_source(buffers, nbytes + 1, size * nbytes);
  CHECK_OK(engine->alltoall(named.team, buffers.dest, buffers.source, nbytes));
  bool right = true;
  for (size_t k = 0; k < size; ++k) {
    for (size_t i = 0; i < nbytes; ++i) {
      right = right && buffers.dest[k * nbytes + i] == byte_of(named.members[k], nbytes + 1, rank * nbytes + i);
    }
  }
  CHECK(right);
}

void try_alltoalls(const NamedTeam& named, const Buffers& buffers, size_t nelems, size_t each, size_t dest_stride,
                   size_t source_stride) {
  const size_t size = named.members.size();
  const auto rank = static_cast<size_t>(rank_in(named));
  const size_t dest_nbytes = size * nelems * dest_stride * each;
  fill_source(buffers, each, size * nelems * source_stride * each);
  std::memset(buffers.dest, 0xaa, dest_nbytes);
  engine->team_sync(named.team);  // the standard: dest must be ready
  CHECK_OK(engine->alltoalls(named.team, buffers.dest, buffers.source, static_cast<ptrdiff_t>(dest_stride),
                             static_cast<ptrdiff_t>(source_stride), nelems, each));
  bool right = true;
  for (size_t k = 0; k < size; ++k) {
    for (size_t element = 0; element < nelems * dest_stride; ++element) {
      for (size_t i = 0; i < each; ++i) {
        const unsigned char found = buffers.dest[(k * nelems * dest_stride + element) * each + i];
        const size_t source_at = (rank * nelems + element / dest_stride) * source_stride * each + i;
        const unsigned char expected = element % dest_stride == 0 ? byte_of(named.members[k], each, source_at) : 0xaa;
        right = right && found == expected;
      }
    }
  }
  CHECK(right);
}

}  // namespace

void test_collectives() {
  std::vector<NamedTeam> teams = make_test_teams();
  const auto pes = static_cast<size_t>(n_pes);
  const Buffers buffers{symmetric<unsigned char>(pes * (kMost + pes) + 1),
                        symmetric<unsigned char>(pes * (kMost + pes) + 1)};
  // The destination must be ready before anybody calls (the standard): one sync per team and collective.
  for (const size_t nbytes : {size_t{0}, size_t{1}, size_t{8}, size_t{37}, size_t{1000}, size_t{5000}, kMost}) {
    for (const NamedTeam& named : teams) {
      if (named.team == nullptr) continue;
      CHECK_OK(engine->team_sync(named.team));
      for (const auto attempt : {try_broadcast, try_fcollect, try_collect, try_alltoall}) {
        attempt(named, buffers, nbytes);
        CHECK_OK(engine->team_sync(named.team));
      }
    }
    engine->barrier_all();
  }
  for (const NamedTeam& named : teams) {
    if (named.team == nullptr) continue;
    for (const size_t each : {size_t{1}, size_t{2}, size_t{4}, size_t{8}, size_t{16}, size_t{12}}) {
      try_alltoalls(named, buffers, 5, each, 1, 1);
      try_alltoalls(named, buffers, 7, each, 3, 2);
      try_alltoalls(named, buffers, 300, each, 2, 5);
    }
    CHECK_OK(engine->team_sync(named.team));
  }
  // Back to back on overlapping teams, without anything between them but the calls: each has its own memory.
  engine->barrier_all();
  constexpr size_t kEach = 24;
  for (uint64_t round = 0; round < 300; ++round) {
    for (size_t t = 0; t < teams.size(); ++t) {
      const NamedTeam& named = teams[t];
      if (named.team == nullptr) continue;
      const size_t slot = ((round % 2) * teams.size() + t) * pes * kEach;
      const Buffers here{buffers.dest + slot, buffers.source + slot};
      fill_source(here, round, kEach);
      CHECK_OK(engine->fcollect(named.team, here.dest, here.source, kEach));
      bool right = true;
      for (size_t k = 0; k < named.members.size(); ++k) {
        for (size_t i = 0; i < kEach; ++i) {
          right = right && here.dest[k * kEach + i] == byte_of(named.members[k], round, i);
        }
      }
      CHECK(right);
    }
  }
  engine->barrier_all();
  release(buffers.source);
  release(buffers.dest);
  destroy_test_teams(teams);
}

namespace {

template <class T>
T value_of(int pe, uint64_t salt, size_t i) {
  const uint64_t bits = mix(static_cast<uint64_t>(pe), salt, i);
  if constexpr (std::is_integral_v<T>) {
    return static_cast<T>(bits);
  } else if constexpr (std::is_floating_point_v<T>) {
    return static_cast<T>(static_cast<int>(bits % 9) - 4);  // sums and products of these are exact
  } else {
    return T(static_cast<typename T::value_type>(bits % 5), static_cast<typename T::value_type>(bits % 3));
  }
}

template <class T>
T combined(int op, T a, T b) {
  if (op == ENGINE_SUM) return static_cast<T>(a + b);
  if (op == ENGINE_PROD) return static_cast<T>(a * b);
  if constexpr (!std::is_same_v<T, std::complex<float>> && !std::is_same_v<T, std::complex<double>>) {
    if (op == ENGINE_MAX) return a > b ? a : b;
    if (op == ENGINE_MIN) return a < b ? a : b;
  }
  if constexpr (std::is_integral_v<T>) {
    return static_cast<T>(op == ENGINE_AND ? a & b : op == ENGINE_OR ? a | b : a ^ b);
  }
  return a;
}

template <class T>
bool has_reduction(int op) {
  return op == ENGINE_SUM || op == ENGINE_PROD ||
         ((op == ENGINE_MAX || op == ENGINE_MIN) && (std::is_integral_v<T> || std::is_floating_point_v<T>)) ||
         (op <= ENGINE_XOR && std::is_integral_v<T>);
}

// Integers are summed unsigned, so that overflow is defined.
template <class T>
void try_reductions(int type, const std::vector<NamedTeam>& teams, unsigned char* dest_bytes,
                    unsigned char* source_bytes) {
  auto* const dest = reinterpret_cast<T*>(dest_bytes);
  auto* const source = reinterpret_cast<T*>(source_bytes);
  const auto expected = [](int op, const NamedTeam& named, size_t count, uint64_t salt, size_t i) {
    if constexpr (std::is_integral_v<T>) {
      using U = std::make_unsigned_t<T>;
      if (op == ENGINE_SUM || op == ENGINE_PROD) {
        uint64_t total = static_cast<U>(value_of<T>(named.members[0], salt, i));
        for (size_t k = 1; k < count; ++k) {
          const uint64_t value = static_cast<U>(value_of<T>(named.members[k], salt, i));
          total = op == ENGINE_SUM ? total + value : total * value;
        }
        return static_cast<T>(total);
      }
    }
    T total = value_of<T>(named.members[0], salt, i);
    for (size_t k = 1; k < count; ++k) total = combined<T>(op, total, value_of<T>(named.members[k], salt, i));
    return total;
  };
  for (const NamedTeam& named : teams) {
    if (named.team == nullptr) continue;
    const auto rank = static_cast<size_t>(rank_in(named));
    for (const size_t nelems : {size_t{0}, size_t{1}, size_t{7}, size_t{100}, size_t{3001}}) {
      for (int op = 0; op < ENGINE_OP_COUNT; ++op) {
        const EngineReduceFunction reduce = engine->reduce(op, type);
        CHECK_EQ(reduce != nullptr, has_reduction<T>(op));
        if (reduce == nullptr) continue;
        for (const bool in_place : {false, true}) {
          T* const to = in_place ? source : dest;
          CHECK_OK(engine->team_sync(named.team));
          for (size_t i = 0; i < nelems; ++i) source[i] = value_of<T>(me, static_cast<uint64_t>(op), i);
          CHECK_OK(reduce(named.team, to, source, nelems));
          bool right = true;
          for (size_t i = 0; i < nelems; ++i) {
            right = right && to[i] == expected(op, named, named.members.size(), static_cast<uint64_t>(op), i);
          }
          CHECK(right);
          if (!in_place) {
            for (size_t i = 0; i < nelems; ++i) CHECK(source[i] == value_of<T>(me, static_cast<uint64_t>(op), i));
          }
        }
      }
      for (const int inclusive : {0, 1}) {
        const EngineReduceFunction scan = engine->scan(inclusive, type);
        CHECK(scan != nullptr);
        for (const bool in_place : {false, true}) {
          T* const to = in_place ? source : dest;
          CHECK_OK(engine->team_sync(named.team));
          for (size_t i = 0; i < nelems; ++i) source[i] = value_of<T>(me, 50, i);
          CHECK_OK(scan(named.team, to, source, nelems));
          const size_t count = rank + (inclusive != 0 ? 1 : 0);
          bool right = true;
          for (size_t i = 0; i < nelems; ++i) {
            right = right && to[i] == (count == 0 ? T{} : expected(ENGINE_SUM, named, count, 50, i));
          }
          CHECK(right);
        }
      }
    }
    CHECK_OK(engine->team_sync(named.team));
  }
  engine->barrier_all();
}

// Floating sums of large arrays: the same bits on all members.
void try_large_sum(unsigned char* dest_bytes, unsigned char* source_bytes) {
  constexpr size_t kNelems = 100003;
  auto* const dest = reinterpret_cast<double*>(dest_bytes);
  auto* const source = reinterpret_cast<double*>(source_bytes);
  const auto value = [](int pe, size_t i) {
    return 1.0 / static_cast<double>(1 + mix(static_cast<uint64_t>(pe), 9, i) % 1000);
  };
  for (size_t i = 0; i < kNelems; ++i) source[i] = value(me, i);
  CHECK_OK(engine->reduce(ENGINE_SUM, ENGINE_DOUBLE)(engine->team_world(), dest, source, kNelems));
  bool close = true;
  uint64_t digest = 0;
  for (size_t i = 0; i < kNelems; ++i) {
    double total = 0;
    for (int pe = 0; pe < n_pes; ++pe) total += value(pe, i);
    close = close && std::abs(dest[i] - total) <= 1e-12 * total;
    uint64_t bits = 0;
    std::memcpy(&bits, dest + i, sizeof bits);
    digest = digest * 31 + bits;
  }
  CHECK(close);
  auto* const digests = symmetric<uint64_t>(static_cast<size_t>(n_pes) + 1);
  digests[n_pes] = digest;
  CHECK_OK(engine->fcollect(engine->team_world(), digests, digests + n_pes, sizeof digest));
  for (int pe = 0; pe < n_pes; ++pe) CHECK_EQ(digests[pe], digest);
  engine->barrier_all();
  release(digests);
}

}  // namespace

void test_reductions() {
  std::vector<NamedTeam> teams = make_test_teams();
  auto* const dest = symmetric<unsigned char>(1 << 20);
  auto* const source = symmetric<unsigned char>(1 << 20);
  try_reductions<int8_t>(ENGINE_INT8, teams, dest, source);
  try_reductions<int16_t>(ENGINE_INT16, teams, dest, source);
  try_reductions<int32_t>(ENGINE_INT32, teams, dest, source);
  try_reductions<int64_t>(ENGINE_INT64, teams, dest, source);
  try_reductions<uint8_t>(ENGINE_UINT8, teams, dest, source);
  try_reductions<uint16_t>(ENGINE_UINT16, teams, dest, source);
  try_reductions<uint32_t>(ENGINE_UINT32, teams, dest, source);
  try_reductions<uint64_t>(ENGINE_UINT64, teams, dest, source);
  try_reductions<float>(ENGINE_FLOAT, teams, dest, source);
  try_reductions<double>(ENGINE_DOUBLE, teams, dest, source);
  try_reductions<long double>(ENGINE_LONG_DOUBLE, teams, dest, source);
  try_reductions<std::complex<float>>(ENGINE_COMPLEX_FLOAT, teams, dest, source);
  try_reductions<std::complex<double>>(ENGINE_COMPLEX_DOUBLE, teams, dest, source);
  try_large_sum(dest, source);
  CHECK(engine->reduce(ENGINE_OP_COUNT, ENGINE_INT32) == nullptr);
  CHECK(engine->reduce(ENGINE_SUM, ENGINE_TYPE_COUNT) == nullptr);
  CHECK(engine->scan(1, ENGINE_TYPE_COUNT) == nullptr);
  release(source);
  release(dest);
  destroy_test_teams(teams);
}

void test_contexts() {
  std::vector<NamedTeam> teams = make_test_teams();
  auto* const words = symmetric<uint64_t>(static_cast<size_t>(n_pes) * 2);
  EngineTeam found = nullptr;
  CHECK_OK(engine->ctx_get_team(engine->ctx_default(), &found));
  CHECK_EQ(engine->team_n_pes(found), n_pes);
  for (const long options : {0L, long{ENGINE_CTX_PRIVATE}, long{ENGINE_CTX_SERIALIZED}, long{ENGINE_CTX_NOSTORE}}) {
    EngineCtx made = nullptr;
    CHECK_OK(engine->ctx_create(nullptr, options, &made));
    CHECK(made != nullptr);
    const int to = (me + 1) % n_pes;
    engine->session_start(made, ENGINE_SESSION_BATCH, 2);
    engine->p8(made, words + me, static_cast<uint64_t>(options) + 1, to);
    engine->amo(ENGINE_AMO_ADD, ENGINE_UINT64)(made, words + me, 10, 0, to);
    engine->quiet(made);
    engine->session_stop(made);
    engine->fence(made);
    engine->pe_quiet(made, &to, 1);
    CHECK_EQ(engine->g8(made, words + me, to), static_cast<uint64_t>(options) + 11);
    engine->ctx_destroy(made);
    engine->barrier_all();
  }
  // PE numbers are those of the team, for every kind of operation.
  for (const NamedTeam& named : teams) {
    if (named.team == nullptr) continue;
    EngineCtx made = nullptr;
    CHECK_OK(engine->ctx_create(named.team, 0, &made));
    if (made == nullptr) continue;
    CHECK_OK(engine->ctx_get_team(made, &found));
    CHECK_EQ(engine->team_my_pe(found), rank_in(named));
    CHECK_EQ(engine->team_n_pes(found), static_cast<int>(named.members.size()));
    const int size = static_cast<int>(named.members.size());
    for (int pe = 0; pe < size; ++pe) {
      uint64_t* const mine = words + 2 * me;
      const int world = named.members[static_cast<size_t>(pe)];
      const uint64_t value = mix(static_cast<uint64_t>(me), 3, static_cast<uint64_t>(world));
      const auto expect = [&](uint64_t expected) { CHECK_EQ(engine->g8(ctx, mine, world), expected); };
      engine->put(made, mine, &value, 1, 3, pe);
      engine->quiet(made);
      expect(value);
      engine->p8(made, mine, 5, pe);
      engine->quiet(made);
      expect(5);
      CHECK_EQ(engine->g8(made, mine, pe), uint64_t{5});
      CHECK_EQ(engine->amo(ENGINE_AMO_FETCH_XOR, ENGINE_UINT64)(made, mine, 6, 0, pe), uint64_t{5});
      expect(3);
      uint64_t fetched = 0;
      engine->amo_nbi(ENGINE_AMO_FETCH_ADD, ENGINE_UINT64)(made, &fetched, mine, 4, 0, pe);
      engine->quiet(made);
      CHECK_EQ(fetched, uint64_t{3});
      expect(7);
      const uint64_t pair[2] = {11, 12};
      engine->ibput(made, mine, pair, 1, 1, 1, 2, 3, pe);
      engine->quiet(made);
      expect(11);
      engine->put_signal(made, mine, pair + 1, 1, 3, mine + 1, 9, ENGINE_SIGNAL_SET, pe);
      engine->quiet(made);
      expect(12);
      CHECK_EQ(engine->g8(ctx, mine + 1, world), uint64_t{9});
      fetched = 0;
      engine->get_nbi(made, &fetched, mine, 1, 3, pe);
      engine->quiet(made);
      CHECK_EQ(fetched, uint64_t{12});
    }
    engine->ctx_destroy(made);
  }
  // Many at a time.
  std::vector<EngineCtx> many(8);
  for (EngineCtx& each : many) CHECK_OK(engine->ctx_create(engine->team_world(), 0, &each));
  engine->barrier_all();
  for (size_t i = 0; i < many.size(); ++i) engine->p8(many[i], words, i, me);
  for (EngineCtx each : many) engine->quiet(each);
  for (EngineCtx each : many) engine->ctx_destroy(each);
  engine->barrier_all();
  release(words);
  destroy_test_teams(teams);
}

}  // namespace engine_test
