# SPDX-License-Identifier: BSD-3-Clause
shmem_cpp_test(test_settings)
shmem_cpp_test(test_globals)

# A program that is linked with the library: only there are globals symmetric.
if(TARGET shmem AND TARGET shmem4py-launch)
  add_executable(life_program life_program.c)
  target_link_libraries(life_program PRIVATE shmem)
  foreach(npes IN ITEMS 1 2 3 8)
    foreach(end IN ITEMS finalize start_pes)
      add_test(NAME cpp.life_${end}_${npes} COMMAND shmem4py-launch -n ${npes} $<TARGET_FILE:life_program> ${end})
    endforeach()
    add_test(NAME cpp.life_global_exit_${npes}
             COMMAND sh -c "$<TARGET_FILE:shmem4py-launch> -n ${npes} $<TARGET_FILE:life_program> global_exit; test $? -eq 7")
  endforeach()
  add_test(NAME cpp.life_alone COMMAND life_program)
endif()
