// SPDX-License-Identifier: BSD-3-Clause
//
// Writes a notice, its marks around it (notice.h). Nothing here allocates memory or takes a lock, because handlers of
// signals call it. Shared: `streams` of the control block, which the launcher stores before it starts the PE.
#include "smp/notice.h"

#include <algorithm>

#include "smp/os/output.h"

namespace shmem::smp {

namespace {

bool launcher_reads(const Pe& pe, int fd) noexcept {
  os::FileIdentity file;
  if (pe.control == nullptr || pe.phase == Phase::kForkedChild || !os::file_identity(fd, &file)) return false;
  // Relaxed: the launcher has stored them before it started this process.
  return std::any_of(std::begin(pe.control->streams), std::end(pe.control->streams), [&](const StreamFile& stream) {
    const std::uint64_t inode = stream.inode.load(std::memory_order_relaxed);
    return inode != 0 && inode == file.inode && stream.device.load(std::memory_order_relaxed) == file.device;
  });
}

}  // namespace

bool tell_launcher(const Pe& pe, int fd, NoticeKind kind, std::string_view title, std::string_view text) noexcept {
  if (!launcher_reads(pe, fd)) return false;
  // Whatever the first write fails with, the others and the caller's own would fail with, too: there is no reader.
  for (const std::string_view part :
       {kNoticeMark, kind == NoticeKind::kError ? kNoticeError : kNoticePlace, title.substr(0, kNoticeTitleNbytes),
        kNoticeMarkEnd, text, kNoticeMark, kNoticeOver, kNoticeMarkEnd}) {
    if (!os::write_all(fd, part)) break;
  }
  return true;
}

}  // namespace shmem::smp
