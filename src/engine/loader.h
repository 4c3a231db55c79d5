// SPDX-License-Identifier: BSD-3-Clause
//
// loader.h: opens an engine plug-in and checks its table. The extension and the probe use it. The copy of the table
// belongs to the Plugin and changes only in `open` and `refresh`.
#pragma once

#include <string>

#include "engine.h"

namespace shmem::engine {

// An open plug-in. It stays loaded until the process ends.
class Plugin {
 public:
  // False, with a message in `error`, if the plug-in cannot be used.
  bool open(const char* path, std::string& error);

  // A copy of the plug-in's table in the layout of this package. Slots that the plug-in does not know are null.
  [[nodiscard]] const EngineTable& table() const noexcept { return table_; }

  // To be called after init_thread has returned: only then are capabilities and notes final.
  void refresh() noexcept;

 private:
  const EngineTable* theirs_ = nullptr;
  EngineTable table_{};
};

}  // namespace shmem::engine
