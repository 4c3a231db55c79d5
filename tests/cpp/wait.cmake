# SPDX-License-Identifier: BSD-3-Clause
shmem_cpp_test(test_wait THREADS)
shmem_cpp_test(test_order THREADS)
shmem_cpp_test(test_copy)
