// SPDX-License-Identifier: BSD-3-Clause
#include "smp/notice.h"

#include <errno.h>
#include <poll.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>

namespace shmem::smp {

namespace {

bool launcher_reads(const Pe& pe, int fd) noexcept {
  struct stat information;
  if (pe.control == nullptr || pe.phase == Phase::kForkedChild || fstat(fd, &information) != 0) return false;
  // Relaxed: the launcher has stored them before it started this process.
  return std::any_of(std::begin(pe.control->streams), std::end(pe.control->streams), [&](const StreamFile& stream) {
    const std::uint64_t inode = stream.inode.load(std::memory_order_relaxed);
    return inode != 0 && inode == information.st_ino &&
           stream.device.load(std::memory_order_relaxed) == information.st_dev;
  });
}

bool write_all(int fd, std::string_view text) noexcept {
  while (!text.empty()) {
    const ssize_t written = write(fd, text.data(), text.size());
    if (written >= 0) {
      text.remove_prefix(static_cast<std::size_t>(written));
    } else if (errno == EAGAIN) {
      pollfd entry{fd, POLLOUT, 0};
      poll(&entry, 1, -1);
    } else if (errno != EINTR) {
      return false;
    }
  }
  return true;
}

}  // namespace

bool tell_launcher(const Pe& pe, int fd, NoticeKind kind, std::string_view title, std::string_view text) noexcept {
  if (!launcher_reads(pe, fd)) return false;
  // Whatever the first write fails with, the others and the caller's own would fail with, too: there is no reader.
  for (const std::string_view part :
       {kNoticeMark, kind == NoticeKind::kError ? kNoticeError : kNoticePlace, title.substr(0, kNoticeTitleNbytes),
        kNoticeMarkEnd, text, kNoticeMark, kNoticeOver, kNoticeMarkEnd}) {
    if (!write_all(fd, part)) break;
  }
  return true;
}

}  // namespace shmem::smp
