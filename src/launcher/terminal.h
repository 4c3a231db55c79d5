// SPDX-License-Identifier: BSD-3-Clause
//
// Terminals: a pseudo-terminal for each PE where our output is a terminal, and the way of the keyboard to PE 0.
//
// Line editing, echo and whatever mode the program chooses happen in PE 0's pseudo-terminal; ours only passes
// keys on as they come. Signals of the keyboard (Ctrl-C, Ctrl-Z) stay with our terminal, so that they reach
// the launcher, and through it all PEs.
#pragma once

#include <termios.h>

#include <string>

namespace shmem::launcher {

struct PseudoTerminal {
  int master = -1;  // non-blocking
  int slave = -1;
};

// A new one with the size and, as far as there is one, the settings of our terminal `like`.
// False where the system has none.
bool open_pseudo_terminal(int like, PseudoTerminal* terminal);

// Passes the window size on; the kernel tells the programs in it.
void copy_window_size(int from, int to);

// Takes the keyboard from our terminal to PE 0.
class Keyboard {
 public:
  // `target`: where keys go, non-blocking, owned. `raw`: it is a pseudo-terminal, which edits lines itself.
  Keyboard(int target, bool raw);
  ~Keyboard();
  Keyboard(const Keyboard&) = delete;
  Keyboard& operator=(const Keyboard&) = delete;

  // Sets our terminal up, where it is ours: a job in the background leaves it to the shell.
  void take();
  void give_back();

  // True while keys are wanted: the terminal is ours and PE 0 has taken what was typed before.
  [[nodiscard]] bool wants_input() const { return taken_ && !ended_ && pending_.empty(); }
  [[nodiscard]] bool wants_output() const { return !ended_ && !pending_.empty(); }
  [[nodiscard]] bool taken() const { return taken_; }
  // No more keys will come, or PE 0 takes none. The owner calls close_target once the descriptor has left the poller.
  [[nodiscard]] bool ended() const { return ended_; }
  void read_keys();
  void write_keys();
  [[nodiscard]] int target() const { return target_; }
  void close_target();

 private:
  void end();

  int target_;  // -1 once closed
  bool raw_;
  bool taken_ = false;
  bool ended_ = false;
  bool changed_ = false;  // our terminal's settings
  termios before_{};
  std::string pending_;
};

}  // namespace shmem::launcher
