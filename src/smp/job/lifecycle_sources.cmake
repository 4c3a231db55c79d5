# SPDX-License-Identifier: BSD-3-Clause
set(SHMEM_LIFECYCLE_SOURCES job/globals.cpp job/lifecycle.cpp job/settings.cpp)
