# SPDX-License-Identifier: BSD-3-Clause
#
# find_package(shmem) gives the target shmem::shmem. All paths are relative to this
# file, so the package may be installed anywhere.

get_filename_component(_shmem_root "${CMAKE_CURRENT_LIST_DIR}/../../.." ABSOLUTE)

if(NOT TARGET shmem::shmem)
  add_library(shmem::shmem SHARED IMPORTED)
  set_target_properties(shmem::shmem PROPERTIES
    IMPORTED_LOCATION "${_shmem_root}/lib/libshmem4py.so.1"
    IMPORTED_SONAME "libshmem4py.so.1"
    INTERFACE_INCLUDE_DIRECTORIES "${_shmem_root}/include")
endif()

set(shmem_LAUNCHER "${_shmem_root}/bin/shmem4py-launch")
unset(_shmem_root)
