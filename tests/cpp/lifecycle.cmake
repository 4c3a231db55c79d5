# SPDX-License-Identifier: BSD-3-Clause
shmem_cpp_test(test_settings)
shmem_cpp_test(test_globals)
