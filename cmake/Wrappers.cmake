# SPDX-License-Identifier: BSD-3-Clause
#
# Finds the OpenSHMEM libraries of this machine by their compiler wrappers.

# Sets `out` to a list of NAME=WRAPPER, one for each engine that an oshcc on PATH is for; the first one of a name wins.
# A library is recognised by the macros of its shmem.h, as in shmem4py/_add_engine.py. Prints which wrappers are left
# out, and why.
function(shmem4py_find_wrappers out scratch)
  cmake_path(CONVERT "$ENV{PATH}" TO_CMAKE_PATH_LIST folders)
  list(REMOVE_DUPLICATES folders)
  file(WRITE ${scratch}/library.c "#include <shmem.h>\n")
  set(found)
  set(names)
  foreach(folder IN LISTS folders)
    # The link is not resolved, since Open MPI's wrapper acts on the name by which it is called.
    set(wrapper ${folder}/oshcc)
    if(NOT EXISTS ${wrapper} OR IS_DIRECTORY ${wrapper})
      continue()
    endif()
    execute_process(COMMAND ${wrapper} -E -dM ${scratch}/library.c
                    OUTPUT_VARIABLE macros RESULT_VARIABLE status ERROR_VARIABLE errors)
    if(NOT status EQUAL 0)
      message(STATUS "No engine for ${wrapper}, which does not compile a program with shmem.h: ${errors}")
      continue()
    endif()
    string(TOLOWER "${macros}" macros)
    if(macros MATCHES "#define oshmem_major_version ")
      set(name openmpi)
    elseif(macros MATCHES "#define shmem_vendor_string [^\n]*(sandia|oshmpi|osss|cray)")
      string(REPLACE sandia sos name ${CMAKE_MATCH_1})
    else()
      message(STATUS "No engine for ${wrapper}, whose library is not known: use shmem4py add-engine")
      continue()
    endif()
    if(name IN_LIST names)
      continue()
    endif()
    if(macros MATCHES "#define shmem_major_version 1\n" AND macros MATCHES "#define shmem_minor_version [0-3]\n")
      message(STATUS "No engine for ${wrapper}, whose library is older than OpenSHMEM 1.4")
      continue()
    endif()
    list(APPEND names ${name})
    list(APPEND found "${name}=${wrapper}")
  endforeach()
  set(${out} ${found} PARENT_SCOPE)
endfunction()
