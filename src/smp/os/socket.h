// SPDX-License-Identifier: BSD-3-Clause
//
// Unix sockets with abstract names. Such a name vanishes with the process and leaves nothing in a file system. All
// functions return 0 or a positive errno. Descriptors are close-on-exec.
#pragma once

#include <cstddef>
#include <string>

namespace shmem::smp::os {

// The process at the other end, as the kernel reports it.
struct SocketPeer {
  int pid = 0;  // 0 if it is in a namespace that we cannot see
  unsigned uid = 0;
};

int listen_abstract(const std::string& name, int* fd) noexcept;  // accept does not block
int connect_abstract(const std::string& name, int* fd, SocketPeer* peer) noexcept;
int accept_connection(int listening, int* fd, SocketPeer* peer) noexcept;

// Sends or receives one message of exactly `nbytes`, with a descriptor.
int send_descriptor(int socket, const void* message, std::size_t nbytes, int passed) noexcept;
int receive_descriptor(int socket, void* message, std::size_t nbytes, int* passed) noexcept;

[[nodiscard]] unsigned user_id() noexcept;

}  // namespace shmem::smp::os
