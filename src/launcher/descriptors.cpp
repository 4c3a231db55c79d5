// SPDX-License-Identifier: BSD-3-Clause
//
// The spare descriptors are /dev/null, opened twice (descriptors.h).
#include "launcher/descriptors.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

namespace shmem::launcher {

namespace {

int spare[] = {-1, -1};  // for a folder and for a file in it
int scopes = 0;

int keep() {
  for (int& fd : spare) {
    if (fd < 0) fd = open("/dev/null", O_RDONLY | O_CLOEXEC);
    if (fd < 0) return errno;
  }
  return 0;
}

}  // namespace

int prepare_descriptors(rlimit* before) {
  if (getrlimit(RLIMIT_NOFILE, before) != 0) return errno;
  rlimit raised = *before;
  raised.rlim_cur = raised.rlim_max;
  setrlimit(RLIMIT_NOFILE, &raised);
  return keep();
}

SpareDescriptors::SpareDescriptors() {
  if (scopes++ > 0) return;
  for (int& fd : spare) {
    if (fd >= 0) close(fd);
    fd = -1;
  }
}

SpareDescriptors::~SpareDescriptors() {
  const int error = errno;  // of the caller's own call
  if (--scopes == 0) keep();
  errno = error;
}

}  // namespace shmem::launcher
