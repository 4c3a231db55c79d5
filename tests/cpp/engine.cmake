# SPDX-License-Identifier: BSD-3-Clause
#
# The loader, on plug-ins that are wrong in one way each.

shmem_cpp_test(test_engine_loader TIMEOUT 30)
target_link_libraries(test_engine_loader PRIVATE shmem4py-loader)
target_compile_definitions(test_engine_loader PRIVATE FAKE_FOLDER="${CMAKE_CURRENT_BINARY_DIR}/fake")

foreach(wrong IN ITEMS null magic version size empty longer shorter)
  add_library(fake_${wrong} MODULE fake_engine.cpp)
  target_include_directories(fake_${wrong} PRIVATE ${PROJECT_SOURCE_DIR}/src/engine)
  set_target_properties(fake_${wrong} PROPERTIES PREFIX "" LIBRARY_OUTPUT_DIRECTORY ${CMAKE_CURRENT_BINARY_DIR}/fake)
  add_dependencies(test_engine_loader fake_${wrong})
endforeach()
target_compile_definitions(fake_null PRIVATE FAKE_NULL)
target_compile_definitions(fake_magic PRIVATE FAKE_MAGIC=1)
target_compile_definitions(fake_version PRIVATE FAKE_VERSION=99)
target_compile_definitions(fake_size PRIVATE FAKE_SIZE=16)
target_compile_definitions(fake_longer PRIVATE FAKE_SLOTS "FAKE_SIZE=sizeof(EngineTable)+64")
target_compile_definitions(fake_shorter PRIVATE FAKE_SLOTS "FAKE_SIZE=offsetof(EngineTable,clear_lock)")
