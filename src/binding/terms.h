// SPDX-License-Identifier: BSD-3-Clause
//
// Messages of a library in the names of Python.
//
// A library's message names C routines. The user has called a function of Python, whose name stands in front of the
// message. So the C routine in front is removed, and every other routine gets its name in Python. The routine that this
// PE has called gets the name of the call. A message without C routines is left as it is.
#pragma once

#include <string>
#include <string_view>

namespace shmem::binding {

// The message as it follows "call: ".
[[gnu::cold]] std::string in_python_terms(std::string_view call, std::string_view message);

}  // namespace shmem::binding
