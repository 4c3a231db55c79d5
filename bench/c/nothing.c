/* SPDX-License-Identifier: BSD-3-Clause
 *
 * The trivial program whose start is measured; without SHMEM, a plain process.
 */
#ifdef SHMEM
#include <shmem.h>
#endif

int main(void) {
#ifdef SHMEM
  shmem_init();
  shmem_finalize();
#endif
  return 0;
}
