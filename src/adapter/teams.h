// SPDX-License-Identifier: BSD-3-Clause
//
// teams.h: teams and contexts, either the library's own or supplied ones (supply/teams.h).
#pragma once

#include "context.h"
#include "error.h"
#include "faults.h"
#if !SHMEM4PY_HAS_TEAMS
#include "supply/split.h"
#endif

namespace shmem::adapter {

inline long library_options(long options) {
  return ((options & ENGINE_CTX_PRIVATE) != 0 ? SHMEM_CTX_PRIVATE : 0) |
         ((options & ENGINE_CTX_SERIALIZED) != 0 ? SHMEM_CTX_SERIALIZED : 0) |
         ((options & ENGINE_CTX_NOSTORE) != 0 ? SHMEM_CTX_NOSTORE : 0);
}

#if SHMEM4PY_HAS_TEAMS

inline shmem_team_t library_team(EngineTeam team) {
  return team == nullptr ? SHMEM_TEAM_INVALID : transparent<shmem_team_t>(team);
}
inline EngineTeam engine_team(shmem_team_t team) {
  return team == SHMEM_TEAM_INVALID ? nullptr : opaque(team);
}

inline EngineTeam team_world() {
  return opaque<shmem_team_t>(SHMEM_TEAM_WORLD);
}
inline EngineTeam team_shared() {
  return opaque<shmem_team_t>(SHMEM_TEAM_SHARED);
}
inline int team_my_pe(EngineTeam team) {
  return shmem_team_my_pe(library_team(team));
}
inline int team_n_pes(EngineTeam team) {
  return shmem_team_n_pes(library_team(team));
}

inline int team_get_config(EngineTeam team, int* num_contexts) {
  shmem_team_config_t config{};
  const int result = shmem_team_get_config(library_team(team), SHMEM_TEAM_NUM_CONTEXTS, &config);
  *num_contexts = config.num_contexts;
  return checked(result, "shmem_team_get_config");
}

inline int team_translate_pe(EngineTeam source, int pe, EngineTeam dest) {
  return shmem_team_translate_pe(library_team(source), pe, library_team(dest));
}

inline int team_split_strided(EngineTeam parent, int start, int stride, int size, int num_contexts, EngineTeam* team) {
  shmem_team_config_t config{};
  config.num_contexts = num_contexts;
  const bool given = num_contexts >= 0;
  shmem_team_t made = SHMEM_TEAM_INVALID;
  const int result = shmem_team_split_strided(library_team(parent), start, stride, size, given ? &config : nullptr,
                                              given ? SHMEM_TEAM_NUM_CONTEXTS : 0, &made);
  *team = engine_team(made);
  return checked(result, "shmem_team_split_strided");
}

inline int team_split_2d(EngineTeam parent, int xrange, EngineTeam* xteam, EngineTeam* yteam) {
  shmem_team_t x = SHMEM_TEAM_INVALID;
  shmem_team_t y = SHMEM_TEAM_INVALID;
  const int result = shmem_team_split_2d(library_team(parent), xrange, nullptr, 0, &x, nullptr, 0, &y);
  *xteam = engine_team(x);
  *yteam = engine_team(y);
  return checked(result, "shmem_team_split_2d");
}

inline void team_destroy(EngineTeam team) {
  shmem_team_destroy(library_team(team));
}

inline void* team_ptr(EngineTeam team, const void* address, int pe) {
#if SHMEM4PY_HAS_TEAM_PTR
  return shmem_team_ptr(library_team(team), address, pe);
#else
  const int world = team_translate_pe(team, pe, team_world());
  return world < 0 ? nullptr : shmem_ptr(address, world);
#endif
}

inline EngineCtx ctx_default() {
  return opaque<shmem_ctx_t>(SHMEM_CTX_DEFAULT);
}

inline int ctx_create(EngineTeam team, long options, EngineCtx* ctx) {
  shmem_ctx_t made{};
  const int result = team == nullptr ? shmem_ctx_create(library_options(options), &made)
                                     : shmem_team_create_ctx(library_team(team), library_options(options), &made);
  *ctx = result == 0 ? opaque(made) : nullptr;
  return checked(result, team == nullptr ? "shmem_ctx_create" : "shmem_team_create_ctx");
}

inline void ctx_destroy(EngineCtx ctx) {
  shmem_ctx_destroy(handle(ctx));
}

inline int ctx_get_team(EngineCtx ctx, EngineTeam* team) {
  shmem_team_t found = SHMEM_TEAM_INVALID;
  const int result = shmem_ctx_get_team(handle(ctx), &found);
  *team = engine_team(found);
  return checked(result, "shmem_ctx_get_team");
}

#else

inline supply::Team* supplied(EngineTeam team) {
  return static_cast<supply::Team*>(team);
}

inline EngineTeam team_world() {
  return &supply::world;
}
inline EngineTeam team_shared() {
  return &supply::shared;
}
inline int team_my_pe(EngineTeam team) {
  return team == nullptr ? -1 : supplied(team)->rank;
}
inline int team_n_pes(EngineTeam team) {
  return team == nullptr ? -1 : supplied(team)->size;
}

inline int team_get_config(EngineTeam team, int* num_contexts) {
  *num_contexts = 0;
  if (team == nullptr) return fail(ENGINE_INVALID, "shmem_team_get_config: no such team");
  *num_contexts = supplied(team)->num_contexts;
  return ENGINE_OK;
}

inline int team_translate_pe(EngineTeam source, int pe, EngineTeam dest) {
  if (source == nullptr || dest == nullptr || pe < 0 || pe >= supplied(source)->size) return -1;
  return supplied(dest)->member(supplied(source)->world(pe));
}

inline int team_split_strided(EngineTeam parent, int start, int stride, int size, int num_contexts, EngineTeam* team) {
  supply::Team* made = nullptr;
  const int status = supply::split_strided(supplied(parent), start, stride, size, num_contexts, &made);
  *team = made;
  return status;
}

inline int team_split_2d(EngineTeam parent, int xrange, EngineTeam* xteam, EngineTeam* yteam) {
  supply::Team* x = nullptr;
  supply::Team* y = nullptr;
  const int status = supply::split_2d(supplied(parent), xrange, &x, &y);
  *xteam = x;
  *yteam = y;
  return status;
}

inline void team_destroy(EngineTeam team) {
  supply::destroy(supplied(team));
}

inline void* team_ptr(EngineTeam team, const void* address, int pe) {
  if (team == nullptr || pe < 0 || pe >= supplied(team)->size) return nullptr;
  return shmem_ptr(address, supplied(team)->world(pe));
}

inline Context default_context;  // complete once the library has started

inline EngineCtx ctx_default() {
  return &default_context;
}

inline int ctx_create(EngineTeam team, long options, EngineCtx* ctx) {
  *ctx = nullptr;
  const supply::Team& members = team == nullptr ? supply::world : *supplied(team);
  shmem_ctx_t made = SHMEM_CTX_DEFAULT;
  if (!kContextsHang) {
    if (const int result = shmem_ctx_create(library_options(options), &made); result != 0) {
      return checked(result, "shmem_ctx_create");
    }
  }
  *ctx = new Context{opaque(made), members.start, members.stride, team == nullptr ? team_world() : team};
  return ENGINE_OK;
}

inline void ctx_destroy(EngineCtx ctx) {
  if (ctx == nullptr || ctx == ctx_default()) return;
  if (kContextsHang) {
    shmem_ctx_quiet(handle(ctx));
  } else {
    shmem_ctx_destroy(handle(ctx));
  }
  delete static_cast<Context*>(ctx);
}

inline int ctx_get_team(EngineCtx ctx, EngineTeam* team) {
  *team = ctx == nullptr ? nullptr : static_cast<Context*>(ctx)->team;
  return ctx == nullptr ? fail(ENGINE_INVALID, "shmem_ctx_get_team: no such context") : int{ENGINE_OK};
}

#endif

// A session is a hint. A library without the routines is not told of it.
#if SHMEM4PY_HAS_SESSIONS
inline void session_start(EngineCtx ctx, long options, size_t total_ops) {
  shmem_ctx_session_config_t config{};
  config.total_ops = total_ops;
  shmem_ctx_session_start(handle(ctx), (options & ENGINE_SESSION_BATCH) != 0 ? SHMEM_CTX_SESSION_BATCH : 0, &config,
                          total_ops != 0 ? SHMEM_CTX_SESSION_TOTAL_OPS : 0);
}
inline void session_stop(EngineCtx ctx) {
  shmem_ctx_session_stop(handle(ctx));
}
#else
inline void session_start(EngineCtx, long, size_t) {}
inline void session_stop(EngineCtx) {}
#endif

#if SHMEM4PY_HAS_SHMEMX
inline void team_compare(EngineTeam team, uint32_t value) {
  shmemx_team_compare(library_team(team), value);
}
#else
inline constexpr std::nullptr_t team_compare = nullptr;
#endif

}  // namespace shmem::adapter
