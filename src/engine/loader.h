// SPDX-License-Identifier: BSD-3-Clause
//
// loader.h: opens an engine plug-in and checks that its table fits. Used by the extension and by the probe.
#pragma once

#include <string>

#include "engine.h"

namespace shmem::engine {

// An open plug-in. It stays loaded until the process ends.
class Plugin {
 public:
  // False with a message in `error`.
  bool open(const char* path, std::string& error);

  // A copy of the plug-in's table in the layout of this package. Slots that the plug-in does not know are empty.
  [[nodiscard]] const EngineTable& table() const noexcept { return table_; }

  // To be called when init_thread has returned: only then are capabilities and notes final.
  void refresh() noexcept;

 private:
  const EngineTable* theirs_ = nullptr;
  EngineTable table_{};
};

}  // namespace shmem::engine
