# SPDX-License-Identifier: BSD-3-Clause
#
# What is installed, and where. Everything is under one root: the package folder `shmem4py/` in a wheel, otherwise the
# prefix itself. All paths inside are relative to each other (rpath, pkg-config, CMake package), so the root can be
# anywhere.
#
#   _core*.so, _core.pyi      the Python extension, and its stub with docstrings written out
#   lib/libshmem4py.so.1      the smp engine; lib/libshmem.so is the name to link with
#   include/                  shmem.h, shmemx.h, pshmem.h
#   engines/engine_*.so       one plug-in for each OpenSHMEM library
#   bin/shmem4py-launch       starts and supervises PEs
#   bin/shmem4py-probe        tries an engine
#   share/adapter/            what `shmem4py add-engine` compiles
#   lib/cmake/shmem, lib/pkgconfig
#   compat/                   oshcc, oshrun, -loshmem, …: what Makefiles call; in a wheel only, and not on PATH

if(DEFINED SKBUILD)
  set(root shmem4py)
else()
  set(root .)
endif()

if(TARGET shmem)
  # A wheel cannot hold symbolic links. So the library is one file, named like its soname, and the name for the linker
  # is a linker script.
  set_target_properties(shmem PROPERTIES VERSION 1 SOVERSION 1)
  install(TARGETS shmem LIBRARY DESTINATION ${root}/lib NAMELINK_SKIP)
  install(FILES ${CMAKE_CURRENT_LIST_DIR}/libshmem.so.in RENAME libshmem.so
          DESTINATION ${root}/lib)
  install(DIRECTORY ${PROJECT_SOURCE_DIR}/include/ DESTINATION ${root}/include
          FILES_MATCHING PATTERN "*.h")

  set(name shmem)
  set(to_prefix ../..)
  configure_file(${CMAKE_CURRENT_LIST_DIR}/shmem.pc.in shmem.pc @ONLY)
  configure_file(${CMAKE_CURRENT_LIST_DIR}/shmemConfigVersion.cmake.in
                 shmemConfigVersion.cmake @ONLY)
  install(FILES ${PROJECT_BINARY_DIR}/shmem.pc DESTINATION ${root}/lib/pkgconfig)
  install(FILES ${CMAKE_CURRENT_LIST_DIR}/shmemConfig.cmake
                ${PROJECT_BINARY_DIR}/shmemConfigVersion.cmake
          DESTINATION ${root}/lib/cmake/shmem)
endif()

if(TARGET shmem AND DEFINED SKBUILD)
  foreach(name IN ITEMS oshcc oshc++ oshCC oshcxx oshrun)
    install(PROGRAMS ${CMAKE_CURRENT_LIST_DIR}/compat/command.sh RENAME ${name} DESTINATION ${root}/compat)
  endforeach()
  foreach(name IN ITEMS shmem oshmem sma)
    install(FILES ${CMAKE_CURRENT_LIST_DIR}/compat/library.so.in RENAME lib${name}.so DESTINATION ${root}/compat)
  endforeach()
  set(to_prefix ..)
  foreach(name IN ITEMS openshmem oshmem sma)
    configure_file(${CMAKE_CURRENT_LIST_DIR}/shmem.pc.in ${name}.pc @ONLY)
    install(FILES ${PROJECT_BINARY_DIR}/${name}.pc DESTINATION ${root}/compat)
  endforeach()
endif()

foreach(program IN ITEMS shmem4py-launch shmem4py-probe)
  if(TARGET ${program})
    install(TARGETS ${program} RUNTIME DESTINATION ${root}/bin)
  endif()
endforeach()

if(TARGET engine_smp)
  set_target_properties(engine_smp PROPERTIES INSTALL_RPATH "$ORIGIN/../lib")
endif()
foreach(engine IN ITEMS engine_smp engine_openmpi)
  if(TARGET ${engine})
    install(TARGETS ${engine} LIBRARY DESTINATION ${root}/engines)
  endif()
endforeach()

get_property(plugins GLOBAL PROPERTY SHMEM4PY_PLUGINS)
install(PROGRAMS ${plugins} DESTINATION ${root}/engines)

if(TARGET _core)
  install(TARGETS _core LIBRARY DESTINATION ${root})
  configure_file(${CMAKE_CURRENT_LIST_DIR}/_version.py.in _version.py @ONLY)
  install(FILES ${PROJECT_BINARY_DIR}/_version.py ${PROJECT_BINARY_DIR}/src/binding/generated/_core.pyi
          DESTINATION ${root})
endif()

install(DIRECTORY ${PROJECT_SOURCE_DIR}/src/adapter/ DESTINATION ${root}/share/adapter
        FILES_MATCHING PATTERN "*.h" PATTERN "*.cpp")
install(FILES ${PROJECT_SOURCE_DIR}/src/engine/engine.h ${PROJECT_SOURCE_DIR}/src/engine/slots.def
              ${PROJECT_SOURCE_DIR}/src/engine/string_moves.h
              ${PROJECT_SOURCE_DIR}/src/engine/capabilities.def ${PROJECT_SOURCE_DIR}/src/engine/features.def
        DESTINATION ${root}/share/adapter)
install(DIRECTORY ${PROJECT_SOURCE_DIR}/src/tables/ DESTINATION ${root}/share/tables FILES_MATCHING PATTERN "*.def")
