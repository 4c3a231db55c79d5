// SPDX-License-Identifier: BSD-3-Clause
//
// Contexts: options, teams, PE numbers relative to the team, many at once, sessions, and SHMEM_CTX_INVALID.
#include <vector>

#include "suite.h"

using namespace suite;

namespace {

struct Triplet {
  int start, stride, size;
};

// Puts to the next PE of the context's team and gets from it; numbers are the team's.
void check_works(shmem_ctx_t ctx, shmem_team_t team) {
  static long word;
  const int mine = shmem_team_my_pe(team), size = shmem_team_n_pes(team);
  const int next = (mine + 1) % size;
  const int next_world = shmem_team_translate_pe(team, next, SHMEM_TEAM_WORLD);
  word = -1;
  shmem_team_sync(team);
  shmem_ctx_long_p(ctx, &word, 100 + next_world, next);
  ROUTINE(shmem_ctx_fence)(ctx);
  ROUTINE(shmem_ctx_quiet)(ctx);
  CHECK(shmem_ctx_long_g(ctx, &word, next) == 100 + next_world);
  CHECK(shmem_ctx_long_atomic_fetch_add(ctx, &word, 1, next) == 100 + next_world);
  ROUTINE(shmem_ctx_pe_quiet)(ctx, &next, 1);
  shmem_team_sync(team);
  CHECK(word == 101 + me);
  shmem_team_sync(team);
}

void check_options() {
  for (long options : {0L, SHMEM_CTX_PRIVATE, SHMEM_CTX_SERIALIZED, SHMEM_CTX_NOSTORE,
                       SHMEM_CTX_PRIVATE | SHMEM_CTX_SERIALIZED | SHMEM_CTX_NOSTORE}) {
    shmem_ctx_t ctx = SHMEM_CTX_INVALID;
    CHECK(ROUTINE(shmem_ctx_create)(options, &ctx) == 0);
    CHECK(ctx != SHMEM_CTX_INVALID && ctx != SHMEM_CTX_DEFAULT);
    check_works(ctx, SHMEM_TEAM_WORLD);
    shmem_team_t team = SHMEM_TEAM_INVALID;
    CHECK(ROUTINE(shmem_ctx_get_team)(ctx, &team) == 0 && team == SHMEM_TEAM_WORLD);
    ROUTINE(shmem_ctx_destroy)(ctx);
  }
  check_works(SHMEM_CTX_DEFAULT, SHMEM_TEAM_WORLD);
  shmem_team_t team = SHMEM_TEAM_INVALID;
  CHECK(shmem_ctx_get_team(SHMEM_CTX_DEFAULT, &team) == 0 && team == SHMEM_TEAM_WORLD);
}

void check_teams() {
  for (const auto& [start, stride, size] :
       {Triplet{npes - 1, -1, npes}, {0, 2, (npes + 1) / 2}, {npes / 2, 1, npes - npes / 2}}) {
    shmem_team_t team;
    CHECK(shmem_team_split_strided(SHMEM_TEAM_WORLD, start, stride, size, nullptr, 0, &team) == 0);
    if (team != SHMEM_TEAM_INVALID) {
      shmem_ctx_t ctx;
      CHECK(ROUTINE(shmem_team_create_ctx)(team, 0, &ctx) == 0);
      check_works(ctx, team);
      shmem_team_t seen = SHMEM_TEAM_INVALID;
      CHECK(shmem_ctx_get_team(ctx, &seen) == 0 && seen == team);
      shmem_ctx_destroy(ctx);
      // The team may go with a shareable context still there.
      CHECK(shmem_team_create_ctx(team, 0, &ctx) == 0);
      shmem_team_destroy(team);
    }
    shmem_barrier_all();
  }
}

void check_invalid() {
  shmem_ctx_t ctx = SHMEM_CTX_DEFAULT;
  CHECK(shmem_team_create_ctx(SHMEM_TEAM_INVALID, 0, &ctx) != 0 && ctx == SHMEM_CTX_INVALID);
  shmem_team_t team = SHMEM_TEAM_WORLD;
  CHECK(shmem_ctx_get_team(SHMEM_CTX_INVALID, &team) != 0 && team == SHMEM_TEAM_INVALID);
  const int pe = 0;
  shmem_ctx_fence(SHMEM_CTX_INVALID);
  shmem_ctx_quiet(SHMEM_CTX_INVALID);
  shmem_ctx_pe_quiet(SHMEM_CTX_INVALID, &pe, 1);
  shmem_ctx_destroy(SHMEM_CTX_INVALID);
}

void check_many() {
  std::vector<shmem_ctx_t> all(500);
  for (shmem_ctx_t& ctx : all) CHECK(shmem_ctx_create(SHMEM_CTX_SERIALIZED, &ctx) == 0);
  static long count;
  for (std::size_t i = 0; i < all.size(); ++i) {
    for (std::size_t j = 0; j < i && i < 20; ++j) CHECK(all[i] != all[j]);
    shmem_ctx_long_atomic_inc(all[i], &count, next_pe());
  }
  for (std::size_t i = 0; i < all.size(); i += 2) shmem_ctx_destroy(all[i]);
  for (std::size_t i = 1; i < all.size(); i += 2) {
    shmem_ctx_long_atomic_inc(all[i], &count, next_pe());
    shmem_ctx_destroy(all[i]);
  }
  shmem_barrier_all();
  CHECK(count == 750);
  // More over a run than may live at a time: destroyed ones are used again.
  int made = 0;
  for (int round = 0; round < 70'000; ++round) {
    shmem_ctx_t ctx;
    made += shmem_ctx_create(0, &ctx) == 0;
    shmem_ctx_destroy(ctx);
  }
  CHECK(made == 70'000);
}

void check_sessions() {
  static long word;
  shmem_ctx_t ctx;
  CHECK(shmem_ctx_create(0, &ctx) == 0);
  shmem_ctx_session_config_t config{10};
  word = 0;
  shmem_barrier_all();
  for (const shmem_ctx_t one : {ctx, SHMEM_CTX_DEFAULT}) {
    ROUTINE(shmem_ctx_session_start)(one, SHMEM_CTX_SESSION_BATCH, &config, SHMEM_CTX_SESSION_TOTAL_OPS);
    for (int i = 0; i < 10; ++i) shmem_ctx_long_atomic_add(one, &word, 1, next_pe());
    ROUTINE(shmem_ctx_session_stop)(one);
    shmem_ctx_session_start(one, 0, nullptr, 0);
    shmem_ctx_session_stop(one);
  }
  shmem_barrier_all();
  CHECK(word == 20);
  shmem_ctx_session_start(SHMEM_CTX_INVALID, 0, nullptr, 0);
  shmem_ctx_session_stop(SHMEM_CTX_INVALID);
  shmem_ctx_destroy(ctx);
}

}  // namespace

void run_tests() {
  check_options();
  check_teams();
  check_invalid();
  check_many();
  check_sessions();
}
