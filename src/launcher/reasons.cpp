// SPDX-License-Identifier: BSD-3-Clause
#include "launcher/reasons.h"

#include <errno.h>
#include <signal.h>

#include <cstring>

#include "launcher/descriptors.h"
#include "smp/os/process.h"

namespace shmem::launcher {

std::string describe_error(int error) {
  std::string words = std::strerror(error);
  if (error == EMFILE) words += " (the limit of `ulimit -n`)";
  if (error == ENFILE) words += " (the limit of the machine, fs.file-max)";
  return words;
}

std::string describe_signal(int signal, int sender) {
  std::string words = "signal " + std::to_string(signal) + " (" + strsignal(signal) + ")";
  if (sender == 0) return words;
  words += " from process " + std::to_string(sender);
  const SpareDescriptors free;
  smp::os::ProcessInfo info;
  if (smp::os::process_info(sender, &info)) words += " (" + info.name + ")";
  return words;
}

std::string MemoryWatch::describe_kill() const {
  const SpareDescriptors free;
  const smp::os::OomKills now = smp::os::oom_kills();
  if (now.group && before_.group && *now.group > *before_.group) {
    return ": out of memory, says its control group";
  }
  // Others of the machine are not us; but where the group does not count, they may be.
  if (now.machine && before_.machine && *now.machine > *before_.machine) {
    return now.group ? "" : ": perhaps out of memory, as some process of this machine was";
  }
  return now.group || now.machine ? "" : ": perhaps out of memory; the kernel's log (dmesg) says";
}

}  // namespace shmem::launcher
