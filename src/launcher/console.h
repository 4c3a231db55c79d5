// SPDX-License-Identifier: BSD-3-Clause
//
// Everything that passes between the PEs' standard streams and the launcher's.
//
// Owns the launcher's ends of the streams. Only the launcher's one thread uses it. What the PEs write is never lost
// while the reader of our output takes it, and writing never blocks the launcher.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string_view>
#include <utility>
#include <vector>

#include "launcher/events.h"
#include "launcher/notices.h"
#include "launcher/options.h"
#include "launcher/output.h"
#include "launcher/spawn.h"
#include "launcher/terminal.h"

namespace shmem::launcher {

class Console {
 public:
  // `joined`: whether a PE has come to shmem_init.
  Console(const Options& options, Poller& poller, std::function<bool(int)> joined);

  // Makes the PE's streams and stores them in *start; false with errno if that fails. `started` closes the PE's ends
  // once the PE's process has them.
  bool connect(int pe, Start* start);
  void started();

  [[nodiscard]] bool output_is_terminal() const { return output_terminal_; }

  // Writes a line of the launcher's own to stderr.
  [[gnu::format(printf, 2, 3)]] void say(const char* format, ...);

  void handle(Event event);
  // Whether the terminal in whose foreground we run is gone. Reported once.
  [[nodiscard]] bool take_hangup() { return std::exchange(hung_up_, false); }
  // The errno of the write error that stops our output, with the name of the stream in *which. 0 if there is none,
  // EPIPE if the reader has gone.
  [[nodiscard]] int output_error(const char** which) const;
  void resize();   // our window has changed
  void suspend();  // give our terminal back
  void resume();
  // The process of a PE has ended.
  void process_ended(int pe, bool failed);
  [[nodiscard]] Notices& notices() { return notices_; }
  [[nodiscard]] std::int64_t deadline_ns() const;  // when to call check; INT64_MAX: not by itself
  void check(std::int64_t now_ns);
  // All PEs have ended: hands out the rest.
  void finish();
  [[nodiscard]] bool idle() const;  // nothing is left to write

 private:
  Sink& sink_of(int fd);
  bool connect_terminal(int pe, Start* start);
  bool connect_pipe(int pe, Sink& sink, int* end, bool errors);
  bool add_stream(int fd, int pe, Sink& sink, bool terminal, bool errors);
  void read_stream(std::size_t index);
  void close_stream(Stream& stream);
  void drain(std::size_t index);
  void drain_all();
  void pass_keys();

  const Options& options_;
  Poller& poller_;
  std::function<bool(int)> joined_;
  Notices notices_;
  bool output_terminal_;
  bool errors_terminal_;
  bool input_terminal_;
  struct Output {
    explicit Output(int fd) : sink(fd) {}
    Sink sink;
    bool waiting = false;  // for room
    bool full = false;     // its streams are not read
  };
  std::vector<std::unique_ptr<Output>> outputs_;  // one, or two where stdout and stderr differ
  std::vector<std::unique_ptr<Stream>> streams_;
  std::vector<int> masters_;  // of pseudo-terminals
  std::vector<int> ends_;     // the PE's, to be closed
  std::optional<Keyboard> keyboard_;
  bool keys_added_ = false;
  bool target_added_ = false;
  bool hangup_added_ = false;
  bool hung_up_ = false;
  int terminal_ = -1;  // our terminal once more: the poller waits for its end alone
  int null_ = -1;
};

}  // namespace shmem::launcher
