// SPDX-License-Identifier: BSD-3-Clause
//
// Handing out the job's memory file: both sides of the socket.
//
// The server listens on an abstract, random name. Both sides ask the kernel for the user at the other end and deal with
// their own user only, since anybody can take an abstract name or connect to it.
#pragma once

#include <string>

#include "smp/status.h"

namespace shmem::smp {

// The environment between launcher and PE. It is removed when the PE has attached.
inline constexpr char kEnvSocket[] = "SHMEM4PY_JOB_SOCKET";  // abstract name, without the leading NUL
inline constexpr char kEnvPe[] = "SHMEM4PY_JOB_PE";

// Sends the file to each process of the same user that connects: a PE, or an observer that wants to look at the control
// blocks. It reads nothing from the other side, so nobody can make it wait.
class JobServer {
 public:
  JobServer() = default;
  ~JobServer();
  JobServer(const JobServer&) = delete;
  JobServer& operator=(const JobServer&) = delete;

  Status listen(int job_fd, const std::string& name = {}) noexcept;  // "" makes a random name
  [[nodiscard]] const std::string& name() const noexcept { return name_; }
  [[nodiscard]] int fd() const noexcept { return fd_; }  // readable: call serve_one
  // Serves one connection. Returns the process that has got the file, 0 if none has, or -errno if the connection could
  // not be accepted. In the last case the connection is still pending, and the descriptor stays readable.
  int serve_one() noexcept;

 private:
  int fd_ = -1;
  int job_fd_ = -1;
  std::string name_;
};

// The other side: *fd is the job's file and *server_pid the process that served it. kUnsupported if no process serves
// under that name.
Status receive_job(const std::string& name, int* fd, int* server_pid) noexcept;

}  // namespace shmem::smp
