// SPDX-License-Identifier: BSD-3-Clause
//
// The PEs' output on its way to ours: whole lines, never mixed.
//
// A Stream collects what one PE writes to stdout or stderr and hands whole lines to a Sink, one of our own
// outputs. Writing never blocks the launcher: what the reader of our output has not taken waits in the Sink,
// and while too much waits, the PEs' pipes are left full, which makes the PEs wait as they would by themselves.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace shmem::launcher {

inline constexpr int kNobody = -1;
inline constexpr int kLauncher = -2;

class Sink {
 public:
  explicit Sink(int fd);

  // `writer` is the PE. A line that another writer has left unfinished is ended first.
  void put(int writer, std::string_view text);
  // Writes as much as can be written at once.
  void flush();

  [[nodiscard]] int fd() const { return fd_; }
  [[nodiscard]] bool pollable() const { return pollable_; }
  // errno of a write that has failed for good, or 0. EPIPE: the reader is gone, as readers may go.
  [[nodiscard]] int error() const { return error_; }
  [[nodiscard]] std::size_t backlog() const { return pending_.size() - written_; }

 private:
  int fd_;
  bool pollable_;  // a pipe, terminal or socket: may block
  int error_ = 0;
  int line_owner_ = kNobody;  // who has left a line unfinished
  std::string pending_;
  std::size_t written_ = 0;  // of pending_
};

enum class ReadResult { kData, kEmpty, kClosed };

class Stream {
 public:
  // fd: our end, non-blocking, owned. `eager`: parts of lines go out at once (a prompt, a progress bar).
  Stream(int fd, int pe, Sink& sink, bool eager, bool label);
  ~Stream();
  Stream(const Stream&) = delete;
  Stream& operator=(const Stream&) = delete;

  // After kClosed nothing more comes, and the owner calls `close`, which it may do earlier. The descriptor must have
  // left the poller before: where it shares its description with others (a pseudo-terminal), it would stay there,
  // ready for ever.
  ReadResult read_some();
  void close();
  // What the PE had written when it ended: reads at most what a pipe holds, so that a process that it has
  // left behind cannot hold us, and hands out the rest of the last line.
  void finish();

  [[nodiscard]] int fd() const { return fd_; }
  [[nodiscard]] bool open() const { return fd_ >= 0; }
  [[nodiscard]] Sink& sink() const { return sink_; }

 private:
  void consume(std::string_view text);
  void emit(std::string_view text);

  int fd_;
  int pe_;
  Sink& sink_;
  bool eager_;
  bool label_;
  bool at_line_start_ = true;
  std::string partial_;
};

}  // namespace shmem::launcher
