// SPDX-License-Identifier: BSD-3-Clause
//
// write, poll and fstat on descriptors (output.h).
#include "smp/os/output.h"

#include <errno.h>
#include <poll.h>
#include <sys/stat.h>
#include <unistd.h>

namespace shmem::smp::os {

void write_once(int fd, std::string_view text) noexcept {
  if (write(fd, text.data(), text.size()) < 0) return;
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

bool file_identity(int fd, FileIdentity* identity) noexcept {
  struct stat information;
  if (fstat(fd, &information) != 0) return false;
  *identity = {information.st_dev, information.st_ino};
  return true;
}

}  // namespace shmem::smp::os
