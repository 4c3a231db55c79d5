# SPDX-License-Identifier: BSD-3-Clause
shmem_cpp_test(test_active_set THREADS)
shmem_cpp_test(test_barrier THREADS)
shmem_cpp_test(test_collectives THREADS TIMEOUT 300)
shmem_cpp_test(test_ctx THREADS)
shmem_cpp_test(test_reduce THREADS TIMEOUT 600)
shmem_cpp_test(test_scan THREADS TIMEOUT 300)
shmem_cpp_test(test_standstill THREADS)
shmem_cpp_test(test_team THREADS TIMEOUT 300)
