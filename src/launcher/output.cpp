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
#include <cctype>
#include <climits>
#include <cstdio>
#include <utility>

#include "launcher/notices.h"
#include "smp/notice.h"
#include "smp/os/prim.h"

namespace shmem::launcher {

namespace {

constexpr std::size_t kReadNbytes = 65536;
constexpr std::size_t kLongestLine = std::size_t{64} << 20;  // longer lines may be mixed, since memory is finite
constexpr int kMostFinalReads = 16;                          // a megabyte: the most that a pipe holds

constexpr std::int64_t kFinalTextNs = 500'000'000;  // the time in which a process must end after its final text
constexpr std::int64_t kNoticeNs = 2'000'000'000;   // the time that a PE has to write a notice
constexpr std::size_t kLongestMark =
    smp::kNoticeMark.size() + smp::kNoticeError.size() + smp::kNoticeTitleNbytes + smp::kNoticeMarkEnd.size();

// The beginnings of Python's final text in programs where no hook of ours prints them.
struct FinalText {
  std::string_view text;
  bool also_later;  // after shmem_init, too
};
constexpr FinalText kFinalText[] = {
    {"Traceback (most recent call last):", false},
    {"  File \"", false},  // a SyntaxError in the program itself
    {"usage: ", true},     // argparse
};

// The number of bytes at the end that may be the beginning of a mark.
std::size_t begun_mark(std::string_view text) {
  for (std::size_t n = std::min(text.size(), smp::kNoticeMark.size() - 1); n > 0; --n) {
    if (text.substr(text.size() - n) == smp::kNoticeMark.substr(0, n)) return n;
  }
  return 0;
}

// The exception's name in a traceback: "ValueError" if the last line is "ValueError: x" or "package.ValueError"; "" if
// it is no name.
std::string title_of(std::string_view text) {
  while (!text.empty() && (text.back() == '\n' || text.back() == '\r')) text.remove_suffix(1);
  std::string_view name = text.substr(text.rfind('\n') + 1);
  name = name.substr(0, name.find(':'));
  name = name.substr(name.rfind('.') + 1);
  const bool good = !name.empty() && name.size() < smp::kNoticeTitleNbytes &&
                    std::all_of(name.begin(), name.end(), [](unsigned char c) { return std::isalnum(c) || c == '_'; });
  return good ? std::string(name) : "";
}

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

Stream::Stream(int fd, int pe, Sink& sink, Notices& notices, Traits traits, const std::function<bool(int)>& joined)
    : fd_(fd), pe_(pe), sink_(sink), notices_(notices), traits_(traits), joined_(joined) {}

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
  take(std::exchange(cut_mark_, {}));
  if (holds_ == Holds::kError || holds_ == Holds::kPlace) tell_held();
  emit_partial();
  return ReadResult::kClosed;
}

ReadResult Stream::read_rest() {
  ReadResult result = ReadResult::kData;
  for (int i = 0; i < kMostFinalReads && result == ReadResult::kData; ++i) result = read_some();
  return result;
}

ReadResult Stream::process_ended(bool failed) {
  const ReadResult result = read_rest();
  if (holds_ == Holds::kFinalText && !failed) {
    hold(Holds::kNothing);
  } else if (holds_ != Holds::kNothing) {
    tell_held();
  }
  traits_.takes_errors = false;
  return result;
}

void Stream::finish() {
  read_rest();
  take(std::exchange(cut_mark_, {}));
  if (holds_ != Holds::kNothing) tell_held();
  emit_partial();
  close();
}

void Stream::check(std::int64_t now_ns) {
  if (now_ns < held_until_ns_) return;
  if (holds_ == Holds::kFinalText) {
    hold(Holds::kNothing);
  } else {
    tell_held();
  }
}

// A mark may begin in one piece and end in the next, at any place in a line.
void Stream::consume(std::string_view text) {
  std::string joined;
  if (!cut_mark_.empty()) {
    joined = std::exchange(cut_mark_, {});
    joined += text;
    text = joined;
  }
  while (!text.empty()) {
    const std::size_t begin = text.find(smp::kNoticeMark);
    if (begin == std::string_view::npos) {
      const std::size_t kept = begun_mark(text);
      take(text.substr(0, text.size() - kept));
      cut_mark_ = text.substr(text.size() - kept);
      return;
    }
    take(text.substr(0, begin));
    text.remove_prefix(begin);
    const std::size_t end = text.substr(0, kLongestMark).find(smp::kNoticeMarkEnd, smp::kNoticeMark.size());
    if (end != std::string_view::npos) {
      take_mark(text.substr(smp::kNoticeMark.size(), end - smp::kNoticeMark.size()));
      text.remove_prefix(end + smp::kNoticeMarkEnd.size());
    } else if (text.size() < kLongestMark) {
      cut_mark_ = text;
      return;
    } else {
      take(text.substr(0, smp::kNoticeMark.size()));  // not a mark of ours
      text.remove_prefix(smp::kNoticeMark.size());
    }
  }
}

void Stream::take_mark(std::string_view text) {
  const auto begins = [&](std::string_view kind) { return text.substr(0, kind.size()) == kind; };
  if (holds_ == Holds::kFinalText) {
    hold(Holds::kNothing);  // the program goes on
  } else if (holds_ != Holds::kNothing) {
    tell_held();
  }
  if (begins(smp::kNoticeError)) {
    title_ = text.substr(smp::kNoticeError.size());
    hold(Holds::kError);
  } else if (begins(smp::kNoticePlace)) {
    title_.clear();
    hold(Holds::kPlace);
  }
}

// Takes ordinary text or the text of a notice.
void Stream::take(std::string_view text) {
  if (text.empty()) return;
  if (holds_ != Holds::kNothing) {
    held_ += text;
    if (held_.size() > kLongestLine) check(INT64_MAX);
    return;
  }
  std::string joined;
  if (traits_.takes_errors && !partial_.empty()) {
    joined = std::exchange(partial_, {});
    joined += text;
    text = joined;
  }
  const std::size_t final_text = find_final_text(text);
  take_lines(text.substr(0, final_text));
  if (final_text != std::string_view::npos) {
    hold(Holds::kFinalText);
    held_ = text.substr(final_text);
  }
}

void Stream::take_lines(std::string_view text) {
  if (traits_.eager) {
    emit(text);
    return;
  }
  const std::size_t end = text.rfind('\n');
  if (end == std::string_view::npos) {
    partial_ += text;
    if (partial_.size() > kLongestLine) emit_partial();
    return;
  }
  emit_partial();
  emit(text.substr(0, end + 1));
  partial_.assign(text.substr(end + 1));
}

// The position of a line that begins as a program's final text does, or npos.
std::size_t Stream::find_final_text(std::string_view text) const {
  if (!traits_.takes_errors) return std::string_view::npos;
  // After shmem_init exceptions are notices. A traceback then is one that the program prints and survives.
  int joined = -1;
  for (std::size_t line = at_line_start_ ? 0 : text.find('\n') + 1; line < text.size();) {
    const std::string_view rest = text.substr(line);
    for (const FinalText& known : kFinalText) {
      if (rest.substr(0, known.text.size()) != known.text) continue;
      if (joined < 0) joined = joined_(pe_) ? 1 : 0;
      if (joined == 0 || known.also_later) return line;
    }
    const std::size_t end = rest.find('\n');
    if (end == std::string_view::npos) break;
    line += end + 1;
  }
  return std::string_view::npos;
}

// Begins to hold text. What was held before is passed on as ordinary text.
void Stream::hold(Holds what) {
  holds_ = Holds::kNothing;
  held_until_ns_ = INT64_MAX;
  const std::string text = std::exchange(held_, {});
  if (!text.empty()) take_lines(text);
  if (what == Holds::kNothing) return;
  emit_partial();
  at_line_start_ = true;  // the notice ends a line that was not finished
  holds_ = what;
  held_until_ns_ = smp::os::monotonic_ns() + (what == Holds::kFinalText ? kFinalTextNs : kNoticeNs);
}

void Stream::tell_held() {
  const Holds what = std::exchange(holds_, Holds::kNothing);
  told_ = true;
  held_until_ns_ = INT64_MAX;
  const std::string title = what == Holds::kFinalText ? title_of(held_) : std::exchange(title_, {});
  notices_.add(pe_, what == Holds::kPlace ? Notices::Kind::kPlace : Notices::Kind::kError, title,
               std::exchange(held_, {}), sink_);
}

void Stream::emit_partial() {
  emit(std::exchange(partial_, {}));
}

void Stream::emit(std::string_view text) {
  if (text.empty()) return;
  if (std::exchange(told_, false)) notices_.goes_on(pe_);
  if (!traits_.label) {
    sink_.put(pe_, text);
    at_line_start_ = text.back() == '\n';
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
