// SPDX-License-Identifier: BSD-3-Clause
//
// The pause between two rounds of a wait that is a loop of tests; waits with a timeout.
#include "binding/waiting.h"

#include <sched.h>

#include <cmath>
#include <ctime>

namespace shmem::binding {

namespace {

std::int64_t now_ns() {
  timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return now.tv_sec * std::int64_t{1'000'000'000} + now.tv_nsec;
}

constexpr std::int64_t kForEver = INT64_MAX;

// The time of CLOCK_MONOTONIC at which a timeout in seconds is over.
bool deadline_of(const Signature& call, PyObject* timeout, std::int64_t* deadline_ns) {
  const double seconds = PyFloat_AsDouble(timeout);
  if (seconds == -1.0 && PyErr_Occurred()) {
    if (PyErr_ExceptionMatches(PyExc_TypeError)) {
      PyErr_Format(PyExc_TypeError, "%s: timeout must be a number of seconds or None, not %s", call.name,
                   Py_TYPE(timeout)->tp_name);
    }
    return false;
  }
  if (!(seconds >= 0)) {
    PyErr_Format(PyExc_ValueError, "%s: timeout is %S, must be a number of seconds, not negative", call.name, timeout);
    return false;
  }
  constexpr double kLongest = 3e9;  // seconds, some hundred years: what is longer is for ever
  *deadline_ns = seconds < kLongest ? now_ns() + static_cast<std::int64_t>(std::ceil(seconds * 1e9)) : kForEver;
  return true;
}

// While it lives, waits of this thread end at the deadline.
class DeadlineScope {
 public:
  explicit DeadlineScope(std::int64_t deadline_ns) : before_(state.engine->set_deadline(deadline_ns)) {}
  ~DeadlineScope() { state.engine->set_deadline(before_); }
  DeadlineScope(const DeadlineScope&) = delete;
  DeadlineScope& operator=(const DeadlineScope&) = delete;

 private:
  std::int64_t before_;  // of the wait inside which a handler of a signal runs
};

enum class End { kHolds, kTimeout, kFailed };

End poll_at_most(const char* call, std::int64_t deadline_ns, const TimedWait& timed) {
  bool late = false;
  const bool well = poll_until(call, [&] {
    if (timed.holds()) return true;
    late = Poller::passed(deadline_ns);
    return late;
  });
  return !well ? End::kFailed : late ? End::kTimeout : End::kHolds;
}

End sleep_at_most(const char* call, std::int64_t deadline_ns, const TimedWait& timed) {
  if (!timed.has_wait) return not_implemented(call), End::kFailed;
  {
    const DeadlineScope scope(deadline_ns);
    prompt([&] { timed.wait(); });
  }
  if (interrupted) return give_up(), End::kFailed;
  const char* message = nullptr;
  const int status = state.engine->take_error(&message);
  if (status == ENGINE_OK) return End::kHolds;
  if (status == ENGINE_TIMEOUT) return End::kTimeout;
  return raise_status(call, status, message), End::kFailed;
}

}  // namespace

bool wait_at_most(const Signature& call, PyObject* timeout, const TimedWait& timed) {
  std::int64_t deadline_ns;
  if (!deadline_of(call, timeout, &deadline_ns)) return false;
  const bool held = quick([&] { return timed.holds(); });
  if (!succeeded(call.name)) return false;
  if (held) return true;
  End end = End::kTimeout;
  if (!Poller::passed(deadline_ns)) {
    const bool poll = state.poll || !state.engine->set_deadline;
    end = (poll ? poll_at_most : sleep_at_most)(call.name, deadline_ns, timed);
  }
  if (end != End::kTimeout) return end == End::kHolds;
  // A store may have come since the last look.
  const bool late = quick([&] { return timed.holds(); });
  if (!succeeded(call.name)) return false;
  if (!late) timed.tell();
  return late;
}

bool Poller::passed(std::int64_t deadline_ns) {
  return now_ns() >= deadline_ns;
}

bool Poller::pause(const char* call) {
  constexpr unsigned kSpinRounds = 16;
  constexpr std::int64_t kLookEveryNs = 5'000'000;
  if (++rounds_ > kSpinRounds) without_gil([] { sched_yield(); });
  timespec now;
  clock_gettime(CLOCK_MONOTONIC_COARSE, &now);
  const std::int64_t now_ns = now.tv_sec * std::int64_t{1'000'000'000} + now.tv_nsec;
  if (now_ns - looked_ns_ < kLookEveryNs) return true;
  looked_ns_ = now_ns;
  if (PyErr_CheckSignals() != 0) return false;
  return state.phase.load(std::memory_order_acquire) == Phase::kReady || not_ready(call);
}

}  // namespace shmem::binding
