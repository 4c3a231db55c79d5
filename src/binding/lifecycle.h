// SPDX-License-Identifier: BSD-3-Clause
//
// The life of the engine in this process: it is loaded, initialised and finalised.
#pragma once

#include "binding/python.h"

namespace shmem::binding {

// Installed in the engine, which calls it on a thread that has waited for long. Writes the line of the program that
// waits into `text`, or nothing if `size` is 0. Returns the number of Python's other threads, or -1 if it cannot tell.
int write_place(char* text, std::size_t size);
// This PE calls global_exit. Its exit handler, which runs then, must not finalise.
void note_job_ended() noexcept;

[[nodiscard]] bool on_main_thread() noexcept;

bool add_lifecycle(PyObject* module, const char* shown_module);

}  // namespace shmem::binding
