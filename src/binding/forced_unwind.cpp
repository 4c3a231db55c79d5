// SPDX-License-Identifier: BSD-3-Clause
//
// Threads that the interpreter ends.
//
// When the interpreter is ending, Python up to 3.13 takes a daemon thread off as soon as it asks for the GIL, with
// pthread_exit (3.14 lets it sleep for ever instead). Our calls ask for the GIL when they have done their work without
// it, and so does NumPy below them. pthread_exit unwinds the stack. C++ would run the destructors of each frame on the
// way, which drop references without the GIL, and would abort the process at the first frame that is noexcept, as
// destructors are. So this unwinding passes through the frames of this module as through those of C: nothing of theirs
// is run. What they hold is lost, but the process is about to end. Exceptions are caught as ever.
//
// What happens to a frame is up to the personality routine that its unwind information names. The linker puts ours in
// the place of C++'s, in this module alone (--wrap, CMakeLists.txt).
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
