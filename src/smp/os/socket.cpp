// SPDX-License-Identifier: BSD-3-Clause
//
// Abstract addresses, peer credentials and descriptors in messages (socket.h).
#include "smp/os/socket.h"

#include <errno.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cstring>

namespace shmem::smp::os {

namespace {

// An abstract name begins with a zero byte. Its length is the address's length.
int abstract_address(const std::string& name, sockaddr_un* address, socklen_t* length) noexcept {
  if (name.empty() || name.size() >= sizeof address->sun_path) return ENAMETOOLONG;
  *address = {};
  address->sun_family = AF_UNIX;
  std::memcpy(address->sun_path + 1, name.data(), name.size());
  *length = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + 1 + name.size());
  return 0;
}

int peer_of(int socket, SocketPeer* peer) noexcept {
  ucred credentials;
  socklen_t length = sizeof credentials;
  if (getsockopt(socket, SOL_SOCKET, SO_PEERCRED, &credentials, &length) != 0) return errno;
  *peer = {credentials.pid, credentials.uid};
  return 0;
}

}  // namespace

int listen_abstract(const std::string& name, int* fd) noexcept {
  sockaddr_un address;
  socklen_t length;
  if (const int error = abstract_address(name, &address, &length)) return error;
  const int listening = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  if (listening < 0) return errno;
  if (bind(listening, reinterpret_cast<sockaddr*>(&address), length) != 0 || listen(listening, SOMAXCONN) != 0) {
    const int error = errno;
    close(listening);
    return error;
  }
  *fd = listening;
  return 0;
}

int connect_abstract(const std::string& name, int* fd, SocketPeer* peer) noexcept {
  sockaddr_un address;
  socklen_t length;
  if (const int error = abstract_address(name, &address, &length)) return error;
  const int connected = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);
  if (connected < 0) return errno;
  int result;
  do {
    result = connect(connected, reinterpret_cast<sockaddr*>(&address), length);
  } while (result != 0 && errno == EINTR);
  int error = result != 0 ? errno : peer_of(connected, peer);
  if (error != 0) {
    close(connected);
    return error;
  }
  *fd = connected;
  return 0;
}

int accept_connection(int listening, int* fd, SocketPeer* peer) noexcept {
  const int accepted = accept4(listening, nullptr, nullptr, SOCK_CLOEXEC);
  if (accepted < 0) return errno;
  if (const int error = peer_of(accepted, peer)) {
    close(accepted);
    return error;
  }
  *fd = accepted;
  return 0;
}

int send_descriptor(int socket, const void* message, std::size_t nbytes, int passed) noexcept {
  iovec part{const_cast<void*>(message), nbytes};
  alignas(cmsghdr) char control[CMSG_SPACE(sizeof(int))] = {};
  msghdr header{};
  header.msg_iov = &part;
  header.msg_iovlen = 1;
  header.msg_control = control;
  header.msg_controllen = sizeof control;
  cmsghdr* rights = CMSG_FIRSTHDR(&header);
  rights->cmsg_level = SOL_SOCKET;
  rights->cmsg_type = SCM_RIGHTS;
  rights->cmsg_len = CMSG_LEN(sizeof(int));
  std::memcpy(CMSG_DATA(rights), &passed, sizeof passed);
  const ssize_t sent = sendmsg(socket, &header, MSG_NOSIGNAL | MSG_DONTWAIT);
  return sent == static_cast<ssize_t>(nbytes) ? 0 : sent < 0 ? errno : EMSGSIZE;
}

int receive_descriptor(int socket, void* message, std::size_t nbytes, int* passed) noexcept {
  iovec part{message, nbytes};
  alignas(cmsghdr) char control[CMSG_SPACE(sizeof(int))];
  msghdr header{};
  header.msg_iov = &part;
  header.msg_iovlen = 1;
  header.msg_control = control;
  header.msg_controllen = sizeof control;
  ssize_t received;
  do {
    received = recvmsg(socket, &header, MSG_CMSG_CLOEXEC);
  } while (received < 0 && errno == EINTR);
  if (received < 0) return errno;
  int fd = -1;
  const cmsghdr* rights = CMSG_FIRSTHDR(&header);
  if (rights != nullptr && rights->cmsg_level == SOL_SOCKET && rights->cmsg_type == SCM_RIGHTS &&
      rights->cmsg_len == CMSG_LEN(sizeof(int))) {
    std::memcpy(&fd, CMSG_DATA(rights), sizeof fd);
  }
  if (received != static_cast<ssize_t>(nbytes) || fd < 0) {
    if (fd >= 0) close(fd);
    return received == 0 ? ECONNRESET : EPROTO;
  }
  *passed = fd;
  return 0;
}

unsigned user_id() noexcept {
  return geteuid();
}

}  // namespace shmem::smp::os
