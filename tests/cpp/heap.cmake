# SPDX-License-Identifier: BSD-3-Clause
shmem_cpp_test(test_heap_allocator)
shmem_cpp_test(test_heap THREADS)
