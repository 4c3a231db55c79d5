// SPDX-License-Identifier: BSD-3-Clause
//
// Lines from Streams to Sinks without blocking (output.h).
#include "launcher/output.h"

#include <errno.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <climits>
#include <cstdio>

namespace shmem::launcher {

namespace {

constexpr std::size_t kReadNbytes = 65536;
constexpr std::size_t kLongestLine = std::size_t{64} << 20;  // longer lines may be mixed, since memory is finite
constexpr int kMostFinalReads = 16;                          // a megabyte: the most that a pipe holds

bool may_block(int fd) {
  struct stat information;
  return fstat(fd, &information) == 0 && !S_ISREG(information.st_mode);
}

}  // namespace

Sink::Sink(int fd) : fd_(fd), pollable_(may_block(fd)) {}

void Sink::put(int writer, std::string_view text) {
  if (error_ != 0 || text.empty()) return;
  if (line_owner_ != kNobody && line_owner_ != writer) pending_ += '\n';
  pending_ += text;
  line_owner_ = text.back() == '\n' ? kNobody : writer;
}

void Sink::flush() {
  while (backlog() > 0 && error_ == 0) {
    std::size_t nbytes = backlog();
    if (pollable_) {
      // Other processes share the open file description, so it stays blocking. A pipe or terminal that is ready takes
      // at least this much without blocking.
      pollfd entry{fd_, POLLOUT, 0};
      if (poll(&entry, 1, 0) != 1) return;
      nbytes = std::min<std::size_t>(nbytes, PIPE_BUF);
    }
    const ssize_t written = write(fd_, pending_.data() + written_, nbytes);
    if (written >= 0) {
      written_ += static_cast<std::size_t>(written);
    } else if (errno == EAGAIN) {
      return;
    } else if (errno != EINTR) {
      error_ = errno;
    }
  }
  if (backlog() == 0 || error_ != 0) {
    pending_.clear();
    written_ = 0;
  } else if (written_ > kReadNbytes) {
    pending_.erase(0, written_);
    written_ = 0;
  }
}

Stream::Stream(int fd, int pe, Sink& sink, bool eager, bool label)
    : fd_(fd), pe_(pe), sink_(sink), eager_(eager), label_(label) {}

Stream::~Stream() {
  close();
}

ReadResult Stream::read_some() {
  if (!open()) return ReadResult::kClosed;
  // EPIPE: the reader of our output has gone, so the PE's next write fails, as it would without a launcher. After any
  // other error the PE's output is dropped while the job is ended: an error of the PE's own would hide ours.
  if (sink_.error() == EPIPE) return ReadResult::kClosed;
  char buffer[kReadNbytes];
  ssize_t nbytes;
  do {
    nbytes = read(fd_, buffer, sizeof buffer);
  } while (nbytes < 0 && errno == EINTR);
  if (nbytes > 0) {
    consume({buffer, static_cast<std::size_t>(nbytes)});
    return ReadResult::kData;
  }
  if (nbytes < 0 && errno == EAGAIN) return ReadResult::kEmpty;
  // The end of a pipe, or EIO: the last process has closed the pseudo-terminal.
  emit(partial_);
  partial_.clear();
  return ReadResult::kClosed;
}

void Stream::finish() {
  for (int i = 0; i < kMostFinalReads && read_some() == ReadResult::kData; ++i) {
  }
  emit(partial_);
  partial_.clear();
  close();
}

void Stream::consume(std::string_view text) {
  if (eager_) {
    emit(text);
    return;
  }
  const std::size_t end = text.rfind('\n');
  if (end == std::string_view::npos) {
    partial_ += text;
    if (partial_.size() > kLongestLine) {
      emit(partial_);
      partial_.clear();
    }
    return;
  }
  emit(partial_);
  emit(text.substr(0, end + 1));
  partial_.assign(text.substr(end + 1));
}

void Stream::emit(std::string_view text) {
  if (!label_) {
    sink_.put(pe_, text);
    return;
  }
  char label[16];
  std::snprintf(label, sizeof label, "[%d] ", pe_);
  while (!text.empty()) {
    const std::size_t end = text.find('\n');
    const std::string_view line = text.substr(0, end == std::string_view::npos ? end : end + 1);
    if (at_line_start_) sink_.put(pe_, label);
    sink_.put(pe_, line);
    at_line_start_ = end != std::string_view::npos;
    text.remove_prefix(line.size());
  }
}

void Stream::close() {
  if (fd_ >= 0) ::close(fd_);
  fd_ = -1;
}

}  // namespace shmem::launcher
