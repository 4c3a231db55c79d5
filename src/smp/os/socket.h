// SPDX-License-Identifier: BSD-3-Clause
//
// Unix sockets with abstract names: they vanish with the process, and leave nothing in a file system.
// All return 0 or a positive errno. Descriptors are close-on-exec.
#pragma once

#include <cstddef>
#include <string>

namespace shmem::smp::os {

// Who is at the other end, as the kernel says.
struct SocketPeer {
  int pid = 0;  // 0 where it lies in a namespace that we do not see
  unsigned uid = 0;
};

int listen_abstract(const std::string& name, int* fd) noexcept;  // does not block in accept
int connect_abstract(const std::string& name, int* fd, SocketPeer* peer) noexcept;
int accept_connection(int listening, int* fd, SocketPeer* peer) noexcept;

// One message of exactly `nbytes`, with a descriptor.
int send_descriptor(int socket, const void* message, std::size_t nbytes, int passed) noexcept;
int receive_descriptor(int socket, void* message, std::size_t nbytes, int* passed) noexcept;

[[nodiscard]] unsigned user_id() noexcept;

}  // namespace shmem::smp::os
