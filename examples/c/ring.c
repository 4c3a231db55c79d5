// SPDX-License-Identifier: BSD-3-Clause
//
// A token goes round: each PE adds its number and passes it on.
//
//     shmem4py cc -O2 ring.c -o ring && shmem4py run -n 4 ./ring
//
// `token` is a plain global variable: in OpenSHMEM global variables are symmetric.

#include <shmem.h>
#include <stdio.h>

static long token = -1;

int main(void) {
  shmem_init();
  const int me = shmem_my_pe(), npes = shmem_n_pes(), after = (me + 1) % npes;

  if (me == 0) shmem_long_p(&token, 0, after);
  shmem_long_wait_until(&token, SHMEM_CMP_GE, 0);
  if (me == 0) {
    printf("the token came back as %ld\n", token);
    if (token != (long)npes * (npes - 1) / 2) shmem_global_exit(1);
  } else {
    shmem_long_p(&token, token + me, after);
  }

  shmem_finalize();
}
