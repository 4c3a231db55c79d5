// SPDX-License-Identifier: BSD-3-Clause
//
// Both ends of the socket that hands out the job's file (server.h). One message carries the descriptor, and eight bytes
// with it, because a descriptor does not travel alone. Invariant: neither end goes on before the kernel has named the
// user at the other end.
#include "smp/joining/server.h"

#include <errno.h>

#include <cstdio>
#include <cstring>

#include "smp/error.h"
#include "smp/memory/layout.h"
#include "smp/os/memory.h"
#include "smp/os/process.h"
#include "smp/os/socket.h"

namespace shmem::smp {

JobServer::~JobServer() {
  os::close_file(fd_);
}

Status JobServer::listen(int job_fd, const std::string& name) noexcept {
  job_fd_ = job_fd;
  name_ = name;
  if (name_.empty()) {
    std::uint64_t part = 0;
    if (const int error = os::random_word(&part)) {
      return fail(Status::kSystem, "cannot get random bytes for the name of the job's socket: %s",
                  std::strerror(error));
    }
    char text[80];
    std::snprintf(text, sizeof text, "shmem4py-%u-%d-%016llx", os::user_id(), os::process_id(),
                  static_cast<unsigned long long>(part));
    name_ = text;
  }
  if (const int error = os::listen_abstract(name_, &fd_)) {
    return fail(Status::kSystem, "cannot listen on the abstract socket %s: %s", name_.c_str(), std::strerror(error));
  }
  return Status::kOk;
}

int JobServer::serve_one() noexcept {
  int connection = -1;
  os::SocketPeer peer;
  if (const int error = os::accept_connection(fd_, &connection, &peer)) {
    // The client has gone meanwhile, or a signal came.
    return error == EAGAIN || error == ECONNABORTED || error == EINTR ? 0 : -error;
  }
  const bool served =
      peer.uid == os::user_id() && os::send_descriptor(connection, &kJobMagic, sizeof kJobMagic, job_fd_) == 0;
  os::close_file(connection);
  return served ? peer.pid : 0;
}

Status receive_job(const std::string& name, int* fd, int* server_pid) noexcept {
  int connection = -1;
  os::SocketPeer peer;
  if (const int error = os::connect_abstract(name, &connection, &peer)) {
    return fail(Status::kUnsupported, "nobody serves the job at the abstract socket %s: %s", name.c_str(),
                std::strerror(error));
  }
  if (peer.uid != os::user_id()) {
    os::close_file(connection);
    return fail(Status::kSystem, "the abstract socket %s belongs to user %u, not to user %u", name.c_str(), peer.uid,
                os::user_id());
  }
  std::uint64_t magic = 0;
  const int error = os::receive_descriptor(connection, &magic, sizeof magic, fd);
  os::close_file(connection);
  if (error != 0) {
    return fail(Status::kUnsupported, "the launcher at %s has not sent the job's file: %s", name.c_str(),
                std::strerror(error));
  }
  *server_pid = peer.pid;
  return Status::kOk;
}

}  // namespace shmem::smp
