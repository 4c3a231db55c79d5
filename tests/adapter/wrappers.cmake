# SPDX-License-Identifier: BSD-3-Clause
#
# The engines that a build makes for the oshcc compilers on PATH. Run as a script, with SOURCE, SCRATCH, LIBRARY (ours,
# which plays Sandia's here), LAUNCH and PROBE.

set(path "")
function(wrapper folder text)
  file(WRITE ${SCRATCH}/${folder}/oshcc "#!/bin/sh\n${text}\n")
  file(CHMOD ${SCRATCH}/${folder}/oshcc PERMISSIONS OWNER_READ OWNER_WRITE OWNER_EXECUTE)
  set(path "${path}${SCRATCH}/${folder}:" PARENT_SCOPE)
endfunction()

function(expect text words)
  string(FIND "${text}" "${words}" at)
  if(at EQUAL -1)
    message(FATAL_ERROR "not there: ${words}\n${text}")
  endif()
endfunction()

file(REMOVE_RECURSE ${SCRATCH})
file(WRITE ${SCRATCH}/include/shmem.h "#include_next <shmem.h>
#undef SHMEM_VENDOR_STRING
#define SHMEM_VENDOR_STRING \"Sandia OpenSHMEM, so to speak\"\n")
cmake_path(GET LIBRARY PARENT_PATH folder)
cmake_path(GET LIBRARY FILENAME file)
set(ours "exec cc -I${SCRATCH}/include -I${SOURCE}/include \"$@\" -L${folder} -l:${file} -Wl,-rpath,${folder}")
wrapper(broken "echo no header >&2; exit 1")
wrapper(unknown "exec cc -I${SOURCE}/include \"$@\"")
wrapper(old "printf '#define SHMEM_%s\\n' 'VENDOR_STRING \"OSSS\"' 'MAJOR_VERSION 1' 'MINOR_VERSION 3'")
wrapper(sandia "${ours}")
wrapper(sandia_again "exec ${SCRATCH}/sandia/oshcc \"$@\"")
file(MAKE_DIRECTORY ${SCRATCH}/a_folder/oshcc)
set(ENV{PATH} "${path}${SCRATCH}/a_folder:$ENV{PATH}")

execute_process(COMMAND ${CMAKE_COMMAND} -S ${SOURCE} -B ${SCRATCH}/build
                OUTPUT_VARIABLE said ERROR_VARIABLE said COMMAND_ERROR_IS_FATAL ANY)
expect("${said}" "Engine sos: ${SCRATCH}/sandia/oshcc\n")
expect("${said}" "No engine for ${SCRATCH}/broken/oshcc, which does not compile a program with shmem.h: no header")
expect("${said}" "No engine for ${SCRATCH}/unknown/oshcc, whose library is not known")
expect("${said}" "No engine for ${SCRATCH}/old/oshcc, whose library is older than OpenSHMEM 1.4")
find_program(oshmem_info oshmem_info)
if(oshmem_info)
  expect("${said}" "Engine openmpi: ")  # the next one on PATH
endif()
file(READ ${SCRATCH}/build/cmake_install.cmake install)
expect("${install}" "/src/adapter/engine_sos.so")
execute_process(COMMAND ${CMAKE_COMMAND} --build ${SCRATCH}/build --target engine_sos
                OUTPUT_VARIABLE said ERROR_VARIABLE said COMMAND_ERROR_IS_FATAL ANY)
execute_process(COMMAND ${LAUNCH} -n 2 ${PROBE} ${SCRATCH}/build/src/adapter/engine_sos.so
                OUTPUT_VARIABLE said COMMAND_ERROR_IS_FATAL ANY)
expect("${said}" "{\"name\": \"sos\", \"library\": \"Sandia OpenSHMEM, so to speak\"")
file(REMOVE_RECURSE ${SCRATCH})
