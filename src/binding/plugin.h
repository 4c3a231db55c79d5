// SPDX-License-Identifier: BSD-3-Clause
//
// Opening an engine plug-in.
#pragma once

#include <string>

#include "engine/engine.h"

namespace shmem::binding {

// The plug-in's table, checked; null with words in `error`. The plug-in stays loaded until the process ends.
const EngineTable* open_plugin(const char* path, std::string& error);

}  // namespace shmem::binding
