// SPDX-License-Identifier: BSD-3-Clause
//
// From importing the module to the end of the process: loading an engine, initialising, finalising.
#pragma once

#include "binding/python.h"

namespace shmem::binding {

// Installed in the engine: writes the line of the program that waits, on a thread whose wait has become a long one;
// with a size of 0 nothing. Returns how many other threads Python has, or -1 where it cannot be asked.
int write_place(char* text, std::size_t size);
// The job ends by global_exit of this PE: its exit handler, which runs then, has nothing to finalise.
void note_job_ended() noexcept;

[[nodiscard]] bool on_main_thread() noexcept;

bool add_lifecycle(PyObject* module, const char* shown_module);

}  // namespace shmem::binding
