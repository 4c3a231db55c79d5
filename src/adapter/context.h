// SPDX-License-Identifier: BSD-3-Clause
//
// context.h: the extension's context handle and the library's.
//
// If the library has team contexts, the handle is the library's own, and all hot calls are tail calls into it. If it
// has none, the handle points to a Context of ours, which maps PE numbers of the team to those of the world: one load
// and one multiplication.
#pragma once

#include "engine.h"
#include "library.h"

namespace shmem::adapter {

#if SHMEM4PY_HAS_TEAMS

inline shmem_ctx_t handle(EngineCtx ctx) {
  return transparent<shmem_ctx_t>(ctx);
}
inline int peer(EngineCtx, int pe) {
  return pe;
}

#else

struct Context {
  void* library = nullptr;  // a shmem_ctx_t
  int start = 0;            // PE p of the context is start + p * stride of the world
  int stride = 1;
  EngineTeam team = nullptr;
};

inline shmem_ctx_t handle(EngineCtx ctx) {
  return transparent<shmem_ctx_t>(static_cast<const Context*>(ctx)->library);
}
inline int peer(EngineCtx ctx, int pe) {
  const auto* context = static_cast<const Context*>(ctx);
  return context->start + pe * context->stride;
}

#endif

}  // namespace shmem::adapter
