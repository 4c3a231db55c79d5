// SPDX-License-Identifier: BSD-3-Clause
//
// Pipes, pseudo-terminals and the keyboard in the launcher's poller (console.h).
#include "launcher/console.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cstdarg>
#include <cstdio>
#include <utility>

namespace shmem::launcher {

namespace {

constexpr std::size_t kBacklogHigh = std::size_t{1} << 20;
constexpr std::size_t kBacklogLow = std::size_t{1} << 18;

bool same_file(int one, int other) {
  struct stat a;
  struct stat b;
  return fstat(one, &a) == 0 && fstat(other, &b) == 0 && a.st_dev == b.st_dev && a.st_ino == b.st_ino;
}

}  // namespace

Console::Console(const Options& options, Poller& poller, std::function<bool(int)> joined)
    : options_(options),
      poller_(poller),
      joined_(std::move(joined)),
      notices_(options.npes, options.label),
      output_terminal_(isatty(STDOUT_FILENO) == 1),
      errors_terminal_(isatty(STDERR_FILENO) == 1),
      input_terminal_(isatty(STDIN_FILENO) == 1) {
  outputs_.push_back(std::make_unique<Output>(STDOUT_FILENO));
  // If stdout and stderr are the same file, one Sink serves both, so that their lines stay whole.
  if (!same_file(STDOUT_FILENO, STDERR_FILENO)) outputs_.push_back(std::make_unique<Output>(STDERR_FILENO));
}

Sink& Console::sink_of(int fd) {
  return (fd == STDERR_FILENO ? outputs_.back() : outputs_.front())->sink;
}

bool Console::connect(int pe, Start* start) {
  if (null_ < 0) {
    null_ = open("/dev/null", O_RDONLY | O_CLOEXEC);
    if (null_ < 0) return false;
  }
  start->input = pe == 0 ? STDIN_FILENO : null_;
  bool terminal = false;
  if (output_terminal_ || errors_terminal_) terminal = connect_terminal(pe, start);
  start->controlling_terminal = terminal;
  if (!(terminal && output_terminal_) && !connect_pipe(pe, sink_of(STDOUT_FILENO), &start->output, false)) return false;
  if (!(terminal && errors_terminal_) && !connect_pipe(pe, sink_of(STDERR_FILENO), &start->errors, true)) return false;
  if (pe == 0 && input_terminal_) {
    if (terminal && output_terminal_) {
      start->input = start->output;
      keyboard_.emplace(fcntl(masters_.back(), F_DUPFD_CLOEXEC, 3), true);
    } else {
      // The input is a terminal, but the output is not: PE 0 is not in the terminal's foreground, so we read the keys
      // for it.
      int ends[2];
      if (pipe2(ends, O_CLOEXEC) != 0) return false;
      fcntl(ends[1], F_SETFL, O_NONBLOCK);
      ends_.push_back(ends[0]);
      start->input = ends[0];
      keyboard_.emplace(ends[1], false);
    }
    terminal_ = fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, 3);
    if (keyboard_->target() < 0 || terminal_ < 0) return false;
    keyboard_->take();
    pass_keys();
  }
  return true;
}

bool Console::connect_terminal(int pe, Start* start) {
  PseudoTerminal terminal;
  // Without pseudo-terminals (no /dev/pts in a sandbox), pipes are used as for a file.
  if (!open_pseudo_terminal(output_terminal_ ? STDOUT_FILENO : STDERR_FILENO, &terminal)) return false;
  masters_.push_back(terminal.master);
  ends_.push_back(terminal.slave);
  if (output_terminal_) start->output = terminal.slave;
  if (errors_terminal_) start->errors = terminal.slave;
  return add_stream(fcntl(terminal.master, F_DUPFD_CLOEXEC, 3), pe,
                    sink_of(output_terminal_ ? STDOUT_FILENO : STDERR_FILENO), true, errors_terminal_);
}

bool Console::connect_pipe(int pe, Sink& sink, int* end, bool errors) {
  int ends[2];
  if (pipe2(ends, O_CLOEXEC) != 0) return false;
  fcntl(ends[0], F_SETFL, O_NONBLOCK);
  ends_.push_back(ends[1]);
  *end = ends[1];
  return add_stream(ends[0], pe, sink, false, errors);
}

bool Console::add_stream(int fd, int pe, Sink& sink, bool terminal, bool errors) {
  const Stream::Traits traits{.eager = options_.npes == 1 || (terminal && pe == 0),
                              .label = options_.label,
                              .takes_errors = errors && options_.npes > 1};
  streams_.push_back(std::make_unique<Stream>(fd, pe, sink, notices_, traits, joined_));
  return fd >= 0 && poller_.add(fd, Source::kStream, streams_.size() - 1);
}

void Console::started() {
  for (const int end : ends_) close(end);
  ends_.clear();
}

void Console::say(const char* format, ...) {
  char text[1024];
  std::va_list arguments;
  va_start(arguments, format);
  std::vsnprintf(text, sizeof text, format, arguments);
  va_end(arguments);
  sink_of(STDERR_FILENO).put(kLauncher, std::string("shmem4py: ") + text + "\n");
  drain(outputs_.size() - 1);
}

void Console::handle(Event event) {
  switch (event.source) {
    case Source::kStream:
      read_stream(event.index);
      break;
    case Source::kSink:
      drain(event.index);
      break;
    case Source::kKeys:
      if (keyboard_) keyboard_->read_keys();
      pass_keys();
      break;
    case Source::kKeyTarget:
      if (keyboard_) keyboard_->write_keys();
      pass_keys();
      break;
    case Source::kHangUp:
      hung_up_ = true;
      poller_.remove(terminal_);  // it would be reported for ever
      break;
    default:
      break;
  }
}

int Console::output_error(const char** which) const {
  int error = 0;
  for (const auto& output : outputs_) {
    if (output->sink.error() == 0 || (error != 0 && error != EPIPE)) continue;
    error = output->sink.error();
    *which = output->sink.fd() == STDERR_FILENO ? "standard error" : "standard output";
  }
  return error;
}

void Console::close_stream(Stream& stream) {
  poller_.remove(stream.fd());
  stream.close();
}

void Console::read_stream(std::size_t index) {
  Stream& stream = *streams_[index];
  if (!stream.open()) return;  // closed by an earlier event of this batch
  if (stream.read_some() == ReadResult::kClosed) close_stream(stream);
  drain_all();
}

void Console::drain_all() {
  for (std::size_t i = 0; i < outputs_.size(); ++i) drain(i);
}

void Console::process_ended(int pe, bool failed) {
  for (const auto& stream : streams_) {
    if (stream->pe() != pe) continue;
    const bool was_open = stream->open();
    if (stream->process_ended(failed) == ReadResult::kClosed && was_open) close_stream(*stream);
  }
  drain_all();
}

std::int64_t Console::deadline_ns() const {
  std::int64_t deadline = notices_.deadline_ns();
  for (const auto& stream : streams_) deadline = std::min(deadline, stream->deadline_ns());
  return deadline;
}

void Console::check(std::int64_t now_ns) {
  if (now_ns < deadline_ns()) return;
  for (const auto& stream : streams_) stream->check(now_ns);
  notices_.check(now_ns);
  drain_all();
}

// Writes, and waits for room if some is left. Above a limit the PEs' streams are not read any more.
void Console::drain(std::size_t index) {
  Output& output = *outputs_[index];
  Sink& sink = output.sink;
  sink.flush();
  const bool wait = sink.backlog() > 0;
  if (wait && !output.waiting) {
    output.waiting = poller_.add(sink.fd(), Source::kSink, index, EPOLLOUT);
  } else if (!wait && output.waiting) {
    poller_.remove(sink.fd());
    output.waiting = false;
  }
  const bool full = sink.backlog() > (output.full ? kBacklogLow : kBacklogHigh);
  if (full == output.full) return;
  output.full = full;
  for (std::size_t i = 0; i < streams_.size(); ++i) {
    if (!streams_[i]->open() || &streams_[i]->sink() != &sink) continue;
    if (full) {
      poller_.remove(streams_[i]->fd());
    } else {
      poller_.add(streams_[i]->fd(), Source::kStream, i);
    }
  }
}

void Console::pass_keys() {
  if (!keyboard_) return;
  const auto arrange = [&](bool wanted, bool* added, int fd, Source source, std::uint32_t events) {
    if (wanted && !*added) {
      *added = poller_.add(fd, source, 0, events);
    } else if (!wanted && *added) {
      poller_.remove(fd);
      *added = false;
    }
  };
  arrange(keyboard_->wants_input(), &keys_added_, STDIN_FILENO, Source::kKeys, EPOLLIN);
  arrange(keyboard_->wants_output(), &target_added_, keyboard_->target(), Source::kKeyTarget, EPOLLOUT);
  // No events: epoll always reports a hang-up.
  arrange(keyboard_->taken(), &hangup_added_, terminal_, Source::kHangUp, 0);
  if (keyboard_->ended()) keyboard_->close_target();
}

void Console::resize() {
  for (const int master : masters_) copy_window_size(output_terminal_ ? STDOUT_FILENO : STDERR_FILENO, master);
}

void Console::suspend() {
  if (!keyboard_) return;
  keyboard_->give_back();
  pass_keys();
}

void Console::resume() {
  if (!keyboard_) return;
  keyboard_->take();
  pass_keys();
  resize();
}

void Console::finish() {
  suspend();
  for (const auto& stream : streams_) {
    if (stream->open()) poller_.remove(stream->fd());
    stream->finish();
  }
  notices_.release_all();
  drain_all();
}

bool Console::idle() const {
  for (const auto& output : outputs_) {
    if (output->sink.backlog() > 0) return false;
  }
  return true;
}

}  // namespace shmem::launcher
