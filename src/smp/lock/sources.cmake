# SPDX-License-Identifier: BSD-3-Clause
set(SHMEM_LOCK_SOURCES lock/lock.cpp)
