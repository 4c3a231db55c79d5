// SPDX-License-Identifier: BSD-3-Clause
//
// A library's message in the terms of Python: by the names that programs call.
//
// Libraries speak of C routines. The user of Python has called something else, whose name stands in front of the
// message: so the routine's own in front goes, other routines get the names that they have in Python, and what this PE
// has called is the call. A message that has none of this stays as it is.
#pragma once

#include <string>
#include <string_view>

namespace shmem::binding {

[[gnu::cold]] std::string in_python_terms(std::string_view call, std::string_view message);

}  // namespace shmem::binding
