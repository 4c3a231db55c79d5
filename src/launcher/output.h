// SPDX-License-Identifier: BSD-3-Clause
//
// The PEs' output on its way to ours: whole lines, never mixed.
//
// A Stream collects what one PE writes to stdout or stderr and hands whole lines to a Sink, one of our own outputs.
// Writing never blocks the launcher: the Sink keeps what the reader of our output has not taken yet. While it keeps too
// much, the PEs' pipes are not read, so that the PEs block in write as they would without a launcher.
//
// The text between the marks of a notice (smp/notice.h) goes to Notices instead. A Python program that fails before it
// has imported shmem writes no notice. So text that looks like the beginning of its final text is held for half a
// second, or until the process ends, which makes it a notice.
#pragma once

#include <climits>
#include <cstddef>
#include <cstdint>
#include <functional>
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

class Notices;

enum class ReadResult { kData, kEmpty, kClosed };

class Stream {
 public:
  struct Traits {
    bool eager;         // parts of lines are passed on at once (a prompt, a progress bar)
    bool label;         // the PE's number goes in front of each line
    bool takes_errors;  // standard error comes this way, and other PEs may write the same
  };
  // fd: our end, non-blocking, owned. `joined(pe)`: whether that PE has called shmem_init.
  Stream(int fd, int pe, Sink& sink, Notices& notices, Traits traits, const std::function<bool(int)>& joined);
  ~Stream();
  Stream(const Stream&) = delete;
  Stream& operator=(const Stream&) = delete;

  // After kClosed no more data come, and the owner calls `close`, which it may also do earlier. The owner must take the
  // descriptor out of the poller first: if another descriptor shares its open file description (a pseudo-terminal),
  // epoll would keep it and report it as ready for ever.
  ReadResult read_some();
  void close();
  // The PE's process has ended. Reads at most as much as a pipe holds, so that a process that the PE has left behind
  // cannot keep the launcher busy, and decides what was held.
  ReadResult process_ended(bool failed);
  // The same at the end of the job. Passes on the rest of the last line, too, and closes.
  void finish();

  [[nodiscard]] std::int64_t deadline_ns() const { return held_until_ns_; }  // when to call check; INT64_MAX: never
  void check(std::int64_t now_ns);

  [[nodiscard]] int fd() const { return fd_; }
  [[nodiscard]] int pe() const { return pe_; }
  [[nodiscard]] bool open() const { return fd_ >= 0; }
  [[nodiscard]] Sink& sink() const { return sink_; }

 private:
  enum class Holds { kNothing, kError, kPlace, kFinalText };

  ReadResult read_rest();
  void consume(std::string_view text);
  void take_mark(std::string_view text);
  void take(std::string_view text);
  void take_lines(std::string_view text);
  [[nodiscard]] std::size_t find_final_text(std::string_view text) const;
  void hold(Holds what);
  void tell_held();
  void emit_partial();
  void emit(std::string_view text);

  int fd_;
  int pe_;
  Sink& sink_;
  Notices& notices_;
  Traits traits_;
  const std::function<bool(int)>& joined_;
  bool at_line_start_ = true;  // of the text passed on
  std::string partial_;        // of a line
  std::string cut_mark_;       // may be the beginning of a mark
  Holds holds_ = Holds::kNothing;
  std::string held_;
  std::string title_;
  std::int64_t held_until_ns_ = INT64_MAX;
  bool told_ = false;  // a notice, which may be held: what follows comes after it
};

}  // namespace shmem::launcher
