// SPDX-License-Identifier: BSD-3-Clause
//
// The ring of a queue (shmem4py/_queue.py): items of bytes in the symmetric memory of one PE, put and taken by any PE,
// and by any number of threads.
//
// All PEs and threads that put or take share the owner's memory, which is
//   a header: tail, head, items, threads that wait to put, threads that wait to take, closed; a cache line each,
//   nslots slots: a word with the sequence, the item's size, then data.
// Tickets count slots: ticket t is slot t % nslots. An item takes as many slots in a row as its data need. Invariant:
// the sequence of ticket t's slot is
//   2 t            free for ticket t,
//   2 t + 1        published: it and, if it is an item's first, all slots of the item,
//   2 (t + nslots) taken, and free for the next round.
// Tail and head only grow, so the compare-swap of tail or head fails if the look before it was out of date.
//
// A PE that puts looks for free slots from tail on and claims them by a compare-swap of tail. Then it writes the data,
// completes them with quiet, and publishes the slots, the first one last. The quiet orders the data, and all that this
// PE has stored on any PE before, before the sequences. Its partner is
// the look of a PE that takes: an atomic fetch of the first slot's sequence, and after it a get of the data. That PE
// claims the item by a compare-swap of head, copies it, and frees the slots by atomic sets of their sequences. Its gets
// block, so they are complete before the sets. The partner of such a set is the look of the PE that puts there next.
//
// Nothing here waits; _queue.py does. A PE that finds the ring full or empty counts itself as waiting, completes that
// with quiet, and looks again before it sleeps. A PE that has published or freed slots completes that with quiet, too,
// and then looks for waiting PEs. So each side stores, fences and looks, and at least one of the two looks sees the
// other side's store: either the second look finds the item or the room, or the other side is told to ring.
#include <algorithm>
#include <cstring>

#include "binding/areas.h"
#include "binding/calling.h"
#include "binding/errors.h"
#include "binding/operands.h"
#include "binding/stub.h"
#include "binding/types.h"

namespace shmem::binding {

namespace {

constexpr std::size_t kLine = 64;
enum Word : std::size_t { kTail, kHead, kItems, kPutWaiters, kGetWaiters, kClosed, kHeaderLines = 8 };
constexpr std::size_t kSlotHeader = 16;  // the sequence and the item's size

class Ring {
 public:
  bool open(const Signature& call, PyObject* object, PyObject* slots, PyObject* owner) {
    PyArrayObject* array = array_of(call, "ring", object);
    CtxRecord* ctx;
    if (!array || !without_gaps(call, "ring", array) || !symmetric(call, "ring", array) ||
        !count(call, "nslots", slots, &nslots_) || !remote_pe(call, nullptr, owner, &ctx, &pe_)) {
      return false;
    }
    const auto extent = static_cast<std::size_t>(PyArray_NBYTES(array));
    const std::size_t room = extent > kHeaderLines * kLine ? extent - kHeaderLines * kLine : 0;
    slot_nbytes_ = nslots_ ? room / nslots_ / kLine * kLine : 0;
    if (slot_nbytes_ == 0) return refuse(call, "ring", "has no room for its slots");
    base_ = PyArray_BYTES(array);
    ctx_ = ctx->handle;
    fetch_ = state.engine->amo(ENGINE_AMO_FETCH, ENGINE_UINT64);
    set_ = state.engine->amo(ENGINE_AMO_SET, ENGINE_UINT64);
    add_ = state.engine->amo(ENGINE_AMO_ADD, ENGINE_UINT64);
    compare_swap_ = state.engine->amo(ENGINE_AMO_COMPARE_SWAP, ENGINE_UINT64);
    return (fetch_ && set_ && add_ && compare_swap_) || not_implemented(call.name);
  }

  [[nodiscard]] std::size_t capacity() const { return nslots_ * payload(); }
  [[nodiscard]] std::size_t slots_of(std::size_t nbytes) const {
    return std::max<std::size_t>((nbytes + payload() - 1) / payload(), 1);
  }

  std::uint64_t fetch(Word which) const { return fetch_at(base_ + which * kLine); }
  void add(Word which, std::uint64_t value) const { add_(ctx_, base_ + which * kLine, value, 0, pe_); }
  bool claim(Word which, std::uint64_t ticket, std::size_t n) const {
    return compare_swap_(ctx_, base_ + which * kLine, ticket + n, ticket, pe_) == ticket;
  }

  std::uint64_t sequence(std::uint64_t ticket) const { return fetch_at(slot(ticket)); }
  void set_sequence(std::uint64_t ticket, std::uint64_t value) const { set_(ctx_, slot(ticket), value, 0, pe_); }
  std::uint64_t nbytes_at(std::uint64_t ticket) const { return state.engine->g8(ctx_, slot(ticket) + 8, pe_); }

  // Whether `n` slots from `ticket` on are free: 1 yes, 0 not yet, -1 if the ticket is out of date.
  int are_free(std::uint64_t ticket, std::size_t n) const {
    for (std::size_t i = 0; i < n; ++i) {
      const auto distance = static_cast<std::int64_t>(sequence(ticket + i) - 2 * (ticket + i));
      if (distance != 0) return distance < 0 ? 0 : -1;
    }
    return 1;
  }

  void write(std::uint64_t ticket, const char* data, std::size_t nbytes) const {
    state.engine->p8(ctx_, slot(ticket) + 8, nbytes, pe_);
    for (std::size_t at = 0; at < nbytes; at += payload(), ++ticket) {
      state.engine->put(ctx_, slot(ticket) + kSlotHeader, data + at, std::min(payload(), nbytes - at), 0, pe_);
    }
  }

  void read(std::uint64_t ticket, char* data, std::size_t nbytes) const {
    for (std::size_t at = 0; at < nbytes; at += payload(), ++ticket) {
      state.engine->get(ctx_, data + at, slot(ticket) + kSlotHeader, std::min(payload(), nbytes - at), 0, pe_);
    }
  }

  void publish(std::uint64_t ticket, std::size_t n) const {
    state.engine->quiet(ctx_);
    for (std::size_t i = n; i-- > 1;) set_sequence(ticket + i, 2 * (ticket + i) + 1);
    if (n > 1) state.engine->fence(ctx_);
    set_sequence(ticket, 2 * ticket + 1);
  }

  void free(std::uint64_t ticket, std::size_t n) const {
    for (std::size_t i = 0; i < n; ++i) set_sequence(ticket + i, 2 * (ticket + i + nslots_));
  }

  // Completes a store that PEs may wait for. Returns whether any PE waits.
  bool waited_for(Word waiters) const {
    state.engine->quiet(ctx_);
    return fetch(waiters) != 0;
  }

 private:
  [[nodiscard]] std::size_t payload() const { return slot_nbytes_ - kSlotHeader; }
  [[nodiscard]] char* slot(std::uint64_t ticket) const {
    return base_ + kHeaderLines * kLine + ticket % nslots_ * slot_nbytes_;
  }
  std::uint64_t fetch_at(char* word) const { return fetch_(ctx_, word, 0, 0, pe_); }

  char* base_ = nullptr;
  std::size_t nslots_ = 0;
  std::size_t slot_nbytes_ = 0;
  EngineCtx ctx_ = nullptr;
  EngineAmoFunction fetch_ = nullptr;
  EngineAmoFunction set_ = nullptr;
  EngineAmoFunction add_ = nullptr;
  EngineAmoFunction compare_swap_ = nullptr;
  int pe_ = 0;
};

enum Put { kFull, kDone, kDoneAndWaitedFor, kIsClosed };

Put put(const Ring& ring, const char* data, std::size_t nbytes) {
  const std::size_t n = ring.slots_of(nbytes);
  if (ring.fetch(kClosed) != 0) return kIsClosed;
  std::uint64_t ticket;
  for (;;) {
    ticket = ring.fetch(kTail);
    const int free = ring.are_free(ticket, n);
    if (free == 0) return kFull;
    if (free > 0 && ring.claim(kTail, ticket, n)) break;
  }
  ring.write(ticket, data, nbytes);
  ring.add(kItems, 1);
  ring.publish(ticket, n);
  return ring.waited_for(kGetWaiters) ? kDoneAndWaitedFor : kDone;
}

PyObject* ring_put(const Signature& call, const stub::ring_put& args) {
  Ring ring;
  if (!ready(call) || !ring.open(call, args.ring, args.nslots, args.pe)) return nullptr;
  Py_buffer data;
  if (PyObject_GetBuffer(args.data, &data, PyBUF_SIMPLE) < 0) return nullptr;
  const auto nbytes = static_cast<std::size_t>(data.len);
  Put result = kFull;
  const bool fits = nbytes <= ring.capacity();
  if (fits) {
    copying(nbytes, [&] { result = put(ring, static_cast<const char*>(data.buf), nbytes); });
  } else {
    PyErr_Format(PyExc_ValueError,
                 "%s: the item has %zu bytes when pickled, but the queue holds %zu; give it more nbytes", call.name,
                 nbytes, ring.capacity());
  }
  PyBuffer_Release(&data);
  return fits && succeeded(call.name) ? PyLong_FromLong(result) : nullptr;
}

PyObject* ring_get(const Signature& call, const stub::ring_get& args) {
  Ring ring;
  if (!ready(call) || !ring.open(call, args.ring, args.nslots, args.pe)) return nullptr;
  for (;;) {
    std::uint64_t ticket = 0;
    std::uint64_t nbytes = 0;
    std::int64_t distance = 0;
    quick([&] {
      ticket = ring.fetch(kHead);
      distance = static_cast<std::int64_t>(ring.sequence(ticket) - (2 * ticket + 1));
      if (distance == 0) nbytes = ring.nbytes_at(ticket);
    });
    if (!succeeded(call.name)) return nullptr;
    if (distance < 0) Py_RETURN_NONE;
    if (distance > 0 || nbytes > ring.capacity()) continue;  // another PE has taken the item since
    // Allocated before the claim, since a claim cannot be given back.
    const Ref<> data(PyBytes_FromStringAndSize(nullptr, static_cast<Py_ssize_t>(nbytes)));
    if (!data) return nullptr;
    const std::size_t n = ring.slots_of(nbytes);
    bool taken = false;
    bool waited_for = false;
    copying(nbytes, [&] {
      taken = ring.claim(kHead, ticket, n);
      if (!taken) return;
      ring.read(ticket, PyBytes_AS_STRING(data.object()), nbytes);
      ring.add(kItems, ~std::uint64_t{0});
      ring.free(ticket, n);
      waited_for = ring.waited_for(kPutWaiters);
    });
    if (!succeeded(call.name)) return nullptr;
    if (taken) return PyTuple_Pack(2, data.object(), waited_for ? Py_True : Py_False);
  }
}

PyMethodDef hooks[] = {
    function<stub::ring_put, ring_put>(),
    function<stub::ring_get, ring_get>(),
};

}  // namespace

bool add_rings(PyObject* module, const char*) {
  return add_functions(module, "shmem4py._core", hooks);
}

}  // namespace shmem::binding
