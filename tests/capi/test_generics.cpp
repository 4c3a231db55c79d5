// SPDX-License-Identifier: BSD-3-Clause
//
// The same calls as in C11, by C++ overloads; and complex numbers as std::complex.
#define main main_of_generics_c
#include "test_generics.c"
#undef main

template <class Real>
static void test_std_complex() {
  using Complex = std::complex<Real>;
  static Complex a[4], b[4];
  const Complex number(1, 2);
  for (Complex& element : b) element = number;
  shmem_barrier_all();
  CHECK(shmem_sum_reduce(SHMEM_TEAM_WORLD, a, b, 3) == 0 && a[2] == number * Complex(static_cast<Real>(npes)));
  CHECK(a[3] == Complex());
  shmem_barrier_all();
  Complex product(1);
  for (int pe = 0; pe < npes; ++pe) product *= number;
  CHECK(shmem_prod_reduce(SHMEM_TEAM_WORLD, a, b, 3) == 0 && a[2] == product);
  shmem_barrier_all();
  CHECK(shmem_sum_inscan(SHMEM_TEAM_WORLD, a, b, 3) == 0 && a[2] == number * Complex(static_cast<Real>(me + 1)));
  CHECK(shmem_sum_exscan(SHMEM_TEAM_WORLD, a, b, 3) == 0 && a[2] == number * Complex(static_cast<Real>(me)));
  shmem_barrier_all();
}

static void test_std_complex_by_name() {
  static std::complex<float> f[2], f_sum[2];
  static std::complex<double> d[2], d_sum[2], work[SHMEM_REDUCE_MIN_WRKDATA_SIZE];
  static long psync[SHMEM_SYNC_SIZE];
  f[0] = d[0] = 2;
  for (long& word : psync) word = SHMEM_SYNC_VALUE;
  shmem_barrier_all();
  CHECK(shmem_complexf_sum_reduce(SHMEM_TEAM_WORLD, f_sum, f, 1) == 0 && f_sum[0] == std::complex<float>(2.0f * npes));
  shmem_complexd_sum_to_all(d_sum, d, 1, 0, 0, npes, work, psync);
  CHECK(d_sum[0] == std::complex<double>(2.0 * npes));
  shmem_barrier_all();
}

int main() {
  shmem_init();  // counts: the one in generics.c is the second, so that tests may follow it
  const int status = main_of_generics_c();
  test_std_complex<float>();
  test_std_complex<double>();
  test_std_complex_by_name();
  shmem_finalize();
  return status != 0 || failures > 0;
}
