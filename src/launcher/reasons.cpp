// SPDX-License-Identifier: BSD-3-Clause
//
// The texts (reasons.h). /proc and the control groups are read with the spare descriptors.
#include "launcher/reasons.h"

#include <errno.h>
#include <signal.h>

#include <cstring>

#include "launcher/descriptors.h"
#include "smp/os/process.h"

namespace shmem::launcher {

std::string describe_error(int error) {
  std::string text = std::strerror(error);
  if (error == EMFILE) text += " (the limit of `ulimit -n`)";
  if (error == ENFILE) text += " (the limit of the machine, fs.file-max)";
  return text;
}

std::string describe_signal(int signal, int sender) {
  std::string text = "signal " + std::to_string(signal) + " (" + strsignal(signal) + ")";
  if (sender == 0) return text;
  text += " from process " + std::to_string(sender);
  const SpareDescriptors free;
  smp::os::ProcessInfo info;
  if (smp::os::process_info(sender, &info)) text += " (" + info.name + ")";
  return text;
}

std::string MemoryWatch::describe_kill() const {
  const SpareDescriptors free;
  const smp::os::OomKills now = smp::os::oom_kills();
  if (now.group && before_.group && *now.group > *before_.group) {
    return ": out of memory, says its control group";
  }
  // A kill elsewhere on the machine says nothing about us, unless our group does not count.
  if (now.machine && before_.machine && *now.machine > *before_.machine) {
    return now.group ? "" : ": perhaps out of memory, as some process of this machine was";
  }
  return now.group || now.machine ? "" : ": perhaps out of memory; see the kernel's log (dmesg)";
}

}  // namespace shmem::launcher
