// SPDX-License-Identifier: BSD-3-Clause
//
// Pseudo-terminals and the keyboard (terminal.h).
#include "launcher/terminal.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <unistd.h>

namespace shmem::launcher {

bool open_pseudo_terminal(int like, PseudoTerminal* terminal) {
  const int master = posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC | O_NONBLOCK);
  if (master < 0) return false;
  char path[64];
  int slave = -1;
  if (grantpt(master) == 0 && unlockpt(master) == 0 && ptsname_r(master, path, sizeof path) == 0) {
    slave = open(path, O_RDWR | O_NOCTTY | O_CLOEXEC);
  }
  if (slave < 0) {
    close(master);
    return false;
  }
  termios settings;
  if (tcgetattr(like, &settings) == 0 || tcgetattr(slave, &settings) == 0) {
    // Our own terminal translates line feeds, and they must be translated once only.
    settings.c_oflag &= ~static_cast<tcflag_t>(ONLCR);
    tcsetattr(slave, TCSANOW, &settings);
  }
  copy_window_size(like, master);
  *terminal = {master, slave};
  return true;
}

void copy_window_size(int from, int to) {
  winsize size;
  if (ioctl(from, TIOCGWINSZ, &size) == 0) ioctl(to, TIOCSWINSZ, &size);
}

Keyboard::Keyboard(int target, bool raw) : target_(target), raw_(raw) {}

Keyboard::~Keyboard() {
  give_back();
  close_target();
}

void Keyboard::take() {
  // The kernel stops a background process that changes or reads the terminal.
  if (taken_ || tcgetpgrp(STDIN_FILENO) != getpgrp()) return;
  taken_ = true;
  if (!raw_ || tcgetattr(STDIN_FILENO, &before_) != 0) return;
  termios settings = before_;
  settings.c_lflag &= ~static_cast<tcflag_t>(ICANON | ECHO | IEXTEN);
  settings.c_iflag &= ~static_cast<tcflag_t>(ICRNL | INLCR | IGNCR | IXON);
  settings.c_cc[VMIN] = 1;
  settings.c_cc[VTIME] = 0;
  changed_ = tcsetattr(STDIN_FILENO, TCSADRAIN, &settings) == 0;
}

void Keyboard::give_back() {
  if (changed_) tcsetattr(STDIN_FILENO, TCSADRAIN, &before_);
  changed_ = false;
  taken_ = false;
}

void Keyboard::read_keys() {
  char keys[1024];
  const ssize_t nbytes = read(STDIN_FILENO, keys, sizeof keys);
  if (nbytes > 0) {
    pending_.assign(keys, static_cast<std::size_t>(nbytes));
    write_keys();
  } else if (nbytes == 0 || errno != EINTR) {
    end();  // the end of input, or the terminal is gone
  }
}

void Keyboard::write_keys() {
  while (!pending_.empty()) {
    const ssize_t nbytes = write(target_, pending_.data(), pending_.size());
    if (nbytes > 0) {
      pending_.erase(0, static_cast<std::size_t>(nbytes));
    } else if (nbytes < 0 && errno == EAGAIN) {
      return;
    } else if (nbytes < 0 && errno != EINTR) {
      end();
    }
  }
}

void Keyboard::end() {
  ended_ = true;
  pending_.clear();
}

void Keyboard::close_target() {
  if (target_ >= 0) close(target_);
  target_ = -1;
}

}  // namespace shmem::launcher
