// SPDX-License-Identifier: BSD-3-Clause
//
// loader.h: opens an engine plug-in and checks that its table fits. Used by the extension and by the probe.
#pragma once

#include <string>

#include "engine.h"

namespace shmem::engine {

// The plug-in's table, checked; null with words in `error`. The plug-in stays loaded until the process ends.
const EngineTable* open_plugin(const char* path, std::string& error);

}  // namespace shmem::engine
