// SPDX-License-Identifier: BSD-3-Clause
//
// Terminals: a pseudo-terminal for each PE where our output is a terminal, and the keyboard's way to PE 0.
//
// PE 0's pseudo-terminal edits lines, echoes, and has whatever mode the program chooses. Our own terminal only passes
// keys on as they come. It still makes the keyboard's signals (Ctrl-C, Ctrl-Z), so that they reach the launcher and,
// through it, all PEs.
#pragma once

#include <termios.h>

#include <string>

namespace shmem::launcher {

struct PseudoTerminal {
  int master = -1;  // non-blocking
  int slave = -1;
};

// A new pseudo-terminal with the size of our terminal `like` and, where they can be read, its settings. False if the
// system has none.
bool open_pseudo_terminal(int like, PseudoTerminal* terminal);

// Copies the window size. The kernel signals the programs in the terminal `to`.
void copy_window_size(int from, int to);

// Takes the keyboard from our terminal to PE 0.
class Keyboard {
 public:
  // `target`: where keys go, non-blocking, owned. `raw`: the target is a pseudo-terminal, which edits lines itself.
  Keyboard(int target, bool raw);
  ~Keyboard();
  Keyboard(const Keyboard&) = delete;
  Keyboard& operator=(const Keyboard&) = delete;

  // Sets our terminal up if it is ours: a job in the background leaves it to the shell.
  void take();
  void give_back();

  // True while keys are wanted: the terminal is ours and PE 0 has taken what was typed before.
  [[nodiscard]] bool wants_input() const { return taken_ && !ended_ && pending_.empty(); }
  [[nodiscard]] bool wants_output() const { return !ended_ && !pending_.empty(); }
  [[nodiscard]] bool taken() const { return taken_; }
  // No more keys will come, or PE 0 takes none. The owner calls close_target after taking the descriptor out of the
  // poller.
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
