# SPDX-License-Identifier: BSD-3-Clause
shmem_cpp_test(test_cgroup)
shmem_cpp_test(test_job)
shmem_cpp_test(test_job_joining)
shmem_cpp_test(test_wait_text)
