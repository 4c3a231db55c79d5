// SPDX-License-Identifier: BSD-3-Clause
//
// Threads that the interpreter ends.
//
// While the interpreter ends, Python up to 3.13 ends a daemon thread as soon as it asks for the GIL, by pthread_exit.
// (Python 3.14 lets it sleep for ever.) Our calls ask for the GIL when the engine has returned, and so do NumPy's
// functions that we call. pthread_exit unwinds the stack. C++ would run the destructors of each frame, which drop
// references without the GIL, and would abort the process at the first frame that is noexcept, as destructors are.
//
// So a forced unwinding passes through the frames of this module as through those of C, and runs nothing. What the
// frames hold is lost, but the process is about to end. Exceptions are caught as always.
//
// The personality routine that a frame's unwind information names decides what happens to the frame. The linker puts
// ours in the place of C++'s, in this module only (--wrap, CMakeLists.txt).
#include <unwind.h>

// NOLINTBEGIN(bugprone-reserved-identifier,cert-dcl37-c,cert-dcl51-cpp): the linker makes these names
extern "C" {

_Unwind_Reason_Code __real___gxx_personality_v0(int version, _Unwind_Action actions, _Unwind_Exception_Class kind,
                                                _Unwind_Exception* exception, _Unwind_Context* context);

_Unwind_Reason_Code __wrap___gxx_personality_v0(int version, _Unwind_Action actions, _Unwind_Exception_Class kind,
                                                _Unwind_Exception* exception, _Unwind_Context* context) {
  if ((actions & _UA_FORCE_UNWIND) != 0) return _URC_CONTINUE_UNWIND;
  return __real___gxx_personality_v0(version, actions, kind, exception, context);
}

}  // extern "C"
// NOLINTEND(bugprone-reserved-identifier,cert-dcl37-c,cert-dcl51-cpp)
