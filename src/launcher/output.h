// SPDX-License-Identifier: BSD-3-Clause
//
// The PEs' output on its way to ours: whole lines, never mixed.
//
// A Stream collects what one PE writes to stdout or stderr and hands whole lines to a Sink, one of our own outputs.
// Writing never blocks the launcher: the Sink keeps what the reader of our output has not taken yet. While it keeps too
// much, the PEs' pipes are not read, so that the PEs block in write as they would without a launcher.
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

  // `writer` is a PE or kLauncher. If another writer has left a line unfinished, that line is ended first.
  void put(int writer, std::string_view text);
  // Writes as much as can be written at once.
  void flush();

  [[nodiscard]] int fd() const { return fd_; }
  [[nodiscard]] bool pollable() const { return pollable_; }
  // The errno of a write that failed for good, or 0. EPIPE: the reader has gone, which is no fault.
  [[nodiscard]] int error() const { return error_; }
  [[nodiscard]] std::size_t backlog() const { return pending_.size() - written_; }

 private:
  int fd_;
  bool pollable_;  // a pipe, terminal or socket: may block
  int error_ = 0;
  int line_owner_ = kNobody;  // the writer of the unfinished line
  std::string pending_;
  std::size_t written_ = 0;  // bytes of pending_ that are written
};

enum class ReadResult { kData, kEmpty, kClosed };

class Stream {
 public:
  // fd: our end, non-blocking, owned. `eager`: parts of lines are passed on at once (a prompt, a progress bar).
  Stream(int fd, int pe, Sink& sink, bool eager, bool label);
  ~Stream();
  Stream(const Stream&) = delete;
  Stream& operator=(const Stream&) = delete;

  // After kClosed no more data come, and the owner calls `close`, which it may also do earlier. The owner must take the
  // descriptor out of the poller first: if another descriptor shares its open file description (a pseudo-terminal),
  // epoll would keep it and report it as ready for ever.
  ReadResult read_some();
  void close();
  // Passes on what the PE had written when it ended, and the rest of its last line. Reads at most as much as a pipe
  // holds, so that a process that the PE has left behind cannot keep the launcher busy.
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
