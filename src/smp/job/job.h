// SPDX-License-Identifier: BSD-3-Clause
//
// A job: its memory file, who hands it out, and how a PE gets in.
//
// The file is an anonymous memfd, sealed against resizing. Whoever starts the job creates it (`create_job`)
// and serves it over a Unix socket with an abstract, random name (`JobServer`) to processes of the same user;
// a PE connects (`attach`), maps it and claims its slot. The launcher does the first half; so does local rank 0
// under a foreign launcher (job/foreign.h); without any launcher a PE does both for itself.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

#include "smp/job/peers.h"
#include "smp/job/settings.h"
#include "smp/pe.h"
#include "smp/status.h"

namespace shmem::smp {

struct JobOptions {
  int npes = 1;
  std::uint64_t heap_nbytes = 0;  // budget per PE; 0: what the machine has left, divided by the PEs
  int cores = 0;                  // 0: os::usable_cores()
  bool supervised = false;
  std::int64_t stall_ns = 0;  // JobHeader::stall_ns
  std::string name{};
};

// What of the file to map: an observer, such as the launcher, needs no PE's memory.
enum class MapExtent { kAll, kControl };

// The mapping of a job file into this process; unmapped when destroyed (tests) or never (processes).
class JobMapping {
 public:
  JobMapping() = default;
  ~JobMapping();
  JobMapping(const JobMapping&) = delete;
  JobMapping& operator=(const JobMapping&) = delete;

  // Checks magic, version, layout hash and size. The descriptor is not kept.
  Status map(int fd, MapExtent extent = MapExtent::kAll) noexcept;
  [[nodiscard]] JobHeader* header() const noexcept { return header_; }
  // What follows is kept here: whatever writes astray in the job's memory can overwrite the header.
  [[nodiscard]] ControlBlock* control(int pe) const noexcept { return control_zero_ + pe; }
  [[nodiscard]] std::byte* base() const noexcept { return reinterpret_cast<std::byte*>(header_); }

  PeerWatch watch;  // who must live for this job to go on

 private:
  JobHeader* header_ = nullptr;
  ControlBlock* control_zero_ = nullptr;
  std::uint64_t nbytes_ = 0;
};

// Makes the file; *fd is close-on-exec. Sizes follow from what the machine has left; an explicit heap that
// the limits on address space forbid is an error, the default one shrinks.
Status create_job(const JobOptions& options, int* fd) noexcept;

// Environment between launcher and PE; taken out of the environment when the PE has attached.
inline constexpr char kEnvSocket[] = "SHMEM4PY_JOB_SOCKET";  // abstract name, without the leading NUL
inline constexpr char kEnvPe[] = "SHMEM4PY_JOB_PE";

// Listens on an abstract socket and sends the file to each process of the same user that connects: a PE, or
// an observer that wants to look at the control blocks. Nothing is read from the other side, so nobody can
// make the server wait.
class JobServer {
 public:
  JobServer() = default;
  ~JobServer();
  JobServer(const JobServer&) = delete;
  JobServer& operator=(const JobServer&) = delete;

  Status listen(int job_fd, const std::string& name = {}) noexcept;  // "" makes a random name
  [[nodiscard]] const std::string& name() const noexcept { return name_; }
  [[nodiscard]] int fd() const noexcept { return fd_; }  // readable: call serve_one
  // Serves one connection; the process that has got the file, or 0 if none has, or -errno if the connection could not
  // be taken: it waits, and the descriptor stays readable.
  int serve_one() noexcept;

 private:
  int fd_ = -1;
  int job_fd_ = -1;
  std::string name_;
};

// The other side of JobServer: *fd is the job's file and *server_pid who served it. kUnsupported if nobody
// serves under that name (any more).
Status receive_job(const std::string& name, int* fd, int* server_pid) noexcept;

// Finds this process's place from the environment, maps the job, claims the slot and fills in the transfer
// fields of `pe`. For tests: attach_slot with an fd and a slot. kInvalid where the slot is taken.
Status attach(Pe& pe) noexcept;
Status attach_slot(Pe& pe, int job_fd, int slot) noexcept;

}  // namespace shmem::smp
