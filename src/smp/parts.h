// SPDX-License-Identifier: BSD-3-Clause
//
// The parts of a PE's private state (pe.h), which it owns without knowing them.
//
// Each part's own room defines the function that deletes it. So Pe can hold parts of rooms above it, and this header
// includes none of them.
#pragma once

#include <memory>

namespace shmem::smp {

class JobMapping;  // memory/mapping.h
class PeerWatch;   // ending/peers.h
class Heap;        // heap/heap.h
class TeamTable;   // team/team.h
class CtxTable;    // team/ctx.h

struct DeletePart {
  DeletePart() = default;
  template <class Part>
  DeletePart(std::default_delete<Part>) noexcept {}  // so that std::make_unique can make a part
  void operator()(JobMapping* mapping) const noexcept;
  void operator()(PeerWatch* peers) const noexcept;
  void operator()(Heap* heap) const noexcept;
  void operator()(TeamTable* teams) const noexcept;
  void operator()(CtxTable* contexts) const noexcept;
};

template <class Part>
using OwnedPart = std::unique_ptr<Part, DeletePart>;

}  // namespace shmem::smp
