// SPDX-License-Identifier: BSD-3-Clause
//
// test_mpi.cpp: MPI and an engine in one process, as with mpi4py: PE numbers equal ranks, both communicate, and both
// end cleanly, whichever begins and ends first.
//
//   mpiexec -n 3 test_mpi ENGINE.so mpi-first|engine-first mpi-ends-first|engine-ends-first

#include <mpi.h>

#include <cstdio>
#include <cstring>

#include "loader.h"

namespace {

shmem::engine::Plugin plugin;
const EngineTable* const engine = &plugin.table();
int failures = 0;

void check(bool condition, const char* what) {
  if (condition) return;
  ++failures;
  const char* message = "";
  engine->take_error(&message);
  std::fprintf(stderr, "test_mpi: %s: %s\n", what, message);
}

void start_mpi() {
  int provided = 0;
  int initialised = 0;
  MPI_Initialized(&initialised);
  if (initialised == 0) MPI_Init_thread(nullptr, nullptr, MPI_THREAD_MULTIPLE, &provided);
}

void end_mpi() {
  int finalised = 0;
  MPI_Finalized(&finalised);
  if (finalised == 0) MPI_Finalize();
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 4) return 2;
  const bool mpi_first = std::strcmp(argv[2], "mpi-first") == 0;
  const bool mpi_ends_first = std::strcmp(argv[3], "mpi-ends-first") == 0;
  if (mpi_first) start_mpi();
  std::string error;
  if (!plugin.open(argv[1], error)) {
    std::fprintf(stderr, "%s\n", error.c_str());
    return 2;
  }
  int level = 0;
  check(engine->init_thread(ENGINE_MULTIPLE, &level) == ENGINE_OK, "the engine does not start");
  if (!mpi_first) start_mpi();

  int rank = -1;
  int size = 0;
  MPI_Comm_rank(MPI_COMM_WORLD, &rank);
  MPI_Comm_size(MPI_COMM_WORLD, &size);
  check(engine->my_pe() == rank, "PE and rank differ");
  check(engine->n_pes() == size, "numbers of PEs and ranks differ");
  void* pointer = nullptr;
  check(engine->alloc(sizeof(uint64_t), 0, 0, 1, nullptr, &pointer) == ENGINE_OK, "no symmetric memory");
  auto* const word = static_cast<uint64_t*>(pointer);
  engine->p8(engine->ctx_default(), word, static_cast<uint64_t>(rank) + 1, (rank + 1) % size);
  engine->barrier_all();
  uint64_t sum = 0;
  MPI_Allreduce(word, &sum, 1, MPI_UINT64_T, MPI_SUM, MPI_COMM_WORLD);
  check(sum == static_cast<uint64_t>(size) * static_cast<uint64_t>(size + 1) / 2, "the sum is wrong");
  check(engine->free(pointer, 0) == ENGINE_OK, "free fails");

  if (mpi_ends_first) end_mpi();
  check(engine->finalize() == ENGINE_OK, "finalize fails");
  end_mpi();
  return failures == 0 ? 0 : 1;
}
