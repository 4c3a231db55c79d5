// SPDX-License-Identifier: BSD-3-Clause
//
// Byte strings of any length among all members, for shmem4py/_values.py: from each to all, from the root to all, from
// each to each. The first message holds lengths and as many bytes as fit beside them, so short strings need one
// collective. The rest follows in pieces. Invariant: all members know the number of pieces from the lengths.
#include <algorithm>
#include <cstdint>
#include <cstring>
#include <vector>

#include "binding/calling.h"
#include "binding/stub.h"
#include "binding/values.h"

namespace shmem::binding {

namespace {

// A string that arrives in pieces.
class Incoming {
 public:
  bool open(std::size_t nbytes) {
    bytes_ = Ref<>(PyByteArray_FromStringAndSize(nullptr, static_cast<Py_ssize_t>(nbytes)));
    return static_cast<bool>(bytes_);
  }
  void take(const char* data, std::size_t most) noexcept {
    const std::size_t n = std::min(most, left());
    std::memcpy(PyByteArray_AS_STRING(bytes_.object()) + filled_, data, n);
    filled_ += n;
  }
  [[nodiscard]] std::size_t left() const noexcept {
    return static_cast<std::size_t>(PyByteArray_GET_SIZE(bytes_.object())) - filled_;
  }
  [[nodiscard]] PyObject* release() noexcept { return bytes_.release(); }

 private:
  Ref<> bytes_;
  std::size_t filled_ = 0;
};

// A string that is sent in pieces. It holds the buffer of its object.
class Outgoing {
 public:
  Outgoing() = default;
  ~Outgoing() {
    if (view_.obj) PyBuffer_Release(&view_);
  }
  Outgoing(const Outgoing&) = delete;
  Outgoing& operator=(const Outgoing&) = delete;

  bool open(PyObject* object) { return PyObject_GetBuffer(object, &view_, PyBUF_SIMPLE) == 0; }
  [[nodiscard]] std::size_t nbytes() const noexcept { return static_cast<std::size_t>(view_.len); }
  void give(char* data, std::size_t most) noexcept {
    const std::size_t n = std::min(most, nbytes() - given_);
    std::memcpy(data, static_cast<const char*>(view_.buf) + given_, n);
    given_ += n;
  }

 private:
  Py_buffer view_{};
  std::size_t given_ = 0;
};

constexpr std::size_t kFirst = 256;  // bytes of a first message, lengths included
constexpr std::size_t kLength = sizeof(std::uint64_t);

// A list of the strings that have arrived. Null with an exception.
PyObject* list_of(std::vector<Incoming>& incoming) {
  Ref<> list(PyList_New(static_cast<Py_ssize_t>(incoming.size())));
  for (std::size_t i = 0; list && i < incoming.size(); ++i) {
    PyList_SET_ITEM(list.object(), static_cast<Py_ssize_t>(i), incoming[i].release());
  }
  return list.release();
}

std::uint64_t number_at(const char* data) {
  std::uint64_t number;
  std::memcpy(&number, data, sizeof number);
  return number;
}

void put_number(char* data, std::uint64_t number) {
  std::memcpy(data, &number, sizeof number);
}

// Ends a call that this member leaves while the others go on: its region is not used again.
PyObject* leave(ValuesCall& call) {
  call.claimed().after(ENGINE_NO_MEMORY);
  return nullptr;
}

PyObject* share_bytes(const Signature& signature, const stub::share_bytes& args) {
  ValuesCall call(signature);
  Outgoing mine;
  Cuts cuts;
  if (!values_call(nullptr, args.team, &call) || !has(call.name(), state.engine->fcollect) || !mine.open(args.data) ||
      !claim_region(&call, call.n_pes() + 1, &cuts) || !begin_values(call)) {
    return nullptr;
  }
  const std::size_t n = call.n_pes();
  std::size_t turn = 0;
  const char* all = nullptr;
  const auto gather = [&](std::size_t nbytes) {
    char* const from = cuts.half[turn];
    all = from + cuts.part;
    turn ^= 1;
    return run_values(call, nbytes * n,
                      [&] { return state.engine->fcollect(call.members->handle, from + cuts.part, from, nbytes); });
  };
  const std::size_t first = std::min(kFirst, cuts.part);
  put_number(cuts.half[turn], mine.nbytes());
  mine.give(cuts.half[turn] + kLength, first - kLength);
  if (!gather(first)) return nullptr;
  std::vector<Incoming> incoming(n);
  std::size_t left = 0;
  for (std::size_t i = 0; i < n; ++i) {
    const char* const message = all + i * first;
    if (!incoming[i].open(number_at(message))) return leave(call);
    incoming[i].take(message + kLength, first - kLength);
    left = std::max(left, incoming[i].left());
  }
  while (left > 0) {
    const std::size_t piece = std::min(left, cuts.part);
    mine.give(cuts.half[turn], piece);
    if (!gather(piece)) return nullptr;
    for (std::size_t i = 0; i < n; ++i) incoming[i].take(all + i * piece, piece);
    left -= piece;
  }
  return list_of(incoming);
}

// In a broadcast a member that has taken a piece sends nothing, so the root does not learn of it. On engines that store
// into a member that has yet to come, all members therefore meet after each pair of pieces.
PyObject* broadcast_bytes(const Signature& signature, const stub::broadcast_bytes& args) {
  ValuesCall call(signature);
  Outgoing mine;
  Cuts cuts;
  if (!values_call(args.root, args.team, &call) || !has(call.name(), state.engine->broadcast)) return nullptr;
  const bool is_root = call.result_is_mine();
  if ((is_root && !mine.open(args.data)) || !claim_region(&call, 1, &cuts) || !begin_values(call)) return nullptr;
  std::size_t turn = 0;
  char* data = cuts.half[turn];
  const auto broadcast = [&](std::size_t nbytes) {
    return run_values(call, nbytes,
                      [&] { return state.engine->broadcast(call.members->handle, data, data, nbytes, call.root); });
  };
  const std::size_t first = std::min(kFirst, cuts.part);
  if (is_root) {
    put_number(data, mine.nbytes());
    mine.give(data + kLength, first - kLength);
  }
  Incoming incoming;
  if (!broadcast(first)) return nullptr;
  if (!incoming.open(number_at(data))) return leave(call);
  incoming.take(data + kLength, first - kLength);
  while (incoming.left() > 0) {
    turn ^= 1;
    data = cuts.half[turn];
    if (turn == 0 && !begin_values(call)) return nullptr;
    const std::size_t piece = std::min(incoming.left(), cuts.part);
    if (is_root) mine.give(data, piece);
    if (!broadcast(piece)) return nullptr;
    incoming.take(data, piece);
  }
  return incoming.release();
}

PyObject* exchange_bytes(const Signature& signature, const stub::exchange_bytes& args) {
  ValuesCall call(signature);
  if (!values_call(nullptr, args.team, &call) || !has(call.name(), state.engine->alltoall)) return nullptr;
  const std::size_t n = call.n_pes();
  const Ref<> parts(PySequence_Fast(args.parts, "exchange_bytes: parts must be a sequence"));
  if (!parts) return nullptr;
  if (static_cast<std::size_t>(PySequence_Fast_GET_SIZE(parts.object())) != n) {
    PyErr_Format(PyExc_ValueError, "%s: parts must have one entry for each of %zu PEs", call.name(), n);
    return nullptr;
  }
  std::vector<Outgoing> outgoing(n);
  std::uint64_t longest = 0;
  for (std::size_t i = 0; i < n; ++i) {
    if (!outgoing[i].open(PySequence_Fast_GET_ITEM(parts.object(), static_cast<Py_ssize_t>(i)))) return nullptr;
    longest = std::max<std::uint64_t>(longest, outgoing[i].nbytes());
  }
  Cuts cuts;
  if (!claim_region(&call, 2 * n, &cuts) || !begin_values(call)) return nullptr;
  std::size_t turn = 0;
  const char* received = nullptr;
  const auto exchange = [&](std::size_t nbytes) {
    char* const from = cuts.half[turn];
    char* const to = from + n * cuts.part;
    received = to;
    turn ^= 1;
    return run_values(call, nbytes * n, [&] { return state.engine->alltoall(call.members->handle, to, from, nbytes); });
  };
  // Each member gets the length of its string and of this member's longest one, so all find the longest of all.
  const std::size_t first = std::min(kFirst, cuts.part);
  constexpr std::size_t kHead = 2 * kLength;
  for (std::size_t i = 0; i < n; ++i) {
    char* const message = cuts.half[turn] + i * first;
    put_number(message, outgoing[i].nbytes());
    put_number(message + kLength, longest);
    outgoing[i].give(message + kHead, first - kHead);
  }
  if (!exchange(first)) return nullptr;
  std::vector<Incoming> incoming(n);
  for (std::size_t i = 0; i < n; ++i) {
    const char* const message = received + i * first;
    if (!incoming[i].open(number_at(message))) return leave(call);
    longest = std::max(longest, number_at(message + kLength));
    incoming[i].take(message + kHead, first - kHead);
  }
  for (std::size_t done = first - kHead; done < longest; done += cuts.part) {
    const std::size_t piece = std::min<std::size_t>(cuts.part, longest - done);
    for (std::size_t i = 0; i < n; ++i) outgoing[i].give(cuts.half[turn] + i * piece, piece);
    if (!exchange(piece)) return nullptr;
    for (std::size_t i = 0; i < n; ++i) incoming[i].take(received + i * piece, piece);
  }
  return list_of(incoming);
}

PyMethodDef callables[] = {
    function<stub::share_bytes, share_bytes>(),
    function<stub::broadcast_bytes, broadcast_bytes>(),
    function<stub::exchange_bytes, exchange_bytes>(),
};

}  // namespace

bool add_value_bytes(PyObject* module, const char* shown_module) {
  return add_functions(module, shown_module, callables);
}

}  // namespace shmem::binding
