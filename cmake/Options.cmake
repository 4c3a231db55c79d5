# SPDX-License-Identifier: BSD-3-Clause
#
# Compiler and linker flags that hold for every target of the tree.

add_compile_options(
  -Wall -Wextra -Wshadow -Wundef -Wpointer-arith -Wcast-align -Wvla
  $<$<COMPILE_LANGUAGE:CXX>:-Wnon-virtual-dtor>
  $<$<COMPILE_LANGUAGE:CXX>:-Woverloaded-virtual>
  $<$<COMPILE_LANGUAGE:C>:-Wstrict-prototypes>)
if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU" AND CMAKE_CXX_COMPILER_VERSION VERSION_LESS 13)
  # GCC 12 and older warn of overlapping copies in `"x" + std::move(string)` that cannot happen (GCC bug 105329).
  add_compile_options($<$<COMPILE_LANGUAGE:CXX>:-Wno-restrict>)
endif()
if(SHMEM4PY_WERROR)
  add_compile_options(-Werror)
endif()

# Frame pointers help profilers and debuggers that look at a stuck PE from outside.
add_compile_options(-fno-omit-frame-pointer)

# A missing symbol is reported when the library is linked, not when a user imports it. (Not with a sanitizer: its
# runtime comes with the executable, so its symbols are missing here.)
if(NOT SHMEM4PY_SANITIZE)
  set(CMAKE_SHARED_LINKER_FLAGS "${CMAKE_SHARED_LINKER_FLAGS} -Wl,--no-undefined")
endif()

if(SHMEM4PY_SANITIZE)
  add_compile_options(-fsanitize=${SHMEM4PY_SANITIZE} -fno-sanitize-recover=all)
  add_link_options(-fsanitize=${SHMEM4PY_SANITIZE})
  # GCC's ThreadSanitizer does not see fences. The code adds what it needs when it runs under it.
  if(SHMEM4PY_SANITIZE MATCHES "thread" AND CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
    add_compile_options(-Wno-tsan)
  endif()
elseif(SHMEM4PY_STATIC_RUNTIME)
  # One wheel for every distribution needs no libstdc++ of a certain age. The symbols stay hidden, so a C++ program that
  # links with the library keeps its own.
  add_link_options(-static-libstdc++ -static-libgcc -Wl,--exclude-libs,ALL)
endif()
