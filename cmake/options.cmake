# What a builder may choose. Everything that is only for people who work on AnoChat is off when it is embedded.

option(ANOCHAT_STORAGE "Build the encrypted store (needs SQLite and SQLiteCpp)" ON)
option(ANOCHAT_NET "Build the network, driver, relay and server layers (need Boost and OpenSSL)" ON)
option(ANOCHAT_BUILD_C "Build the C library, libanochat.so" ${PROJECT_IS_TOP_LEVEL})
option(ANOCHAT_BUILD_TESTS "Build and register the tests" ${PROJECT_IS_TOP_LEVEL})
option(ANOCHAT_BUILD_EXAMPLES "Build the examples" ${PROJECT_IS_TOP_LEVEL})
option(ANOCHAT_BUILD_BENCHMARKS "Build the benchmarks" OFF)
option(ANOCHAT_BUILD_PYTHON "Build the Python module (needs Python >= 3.10 and pybind11)" OFF)
option(ANOCHAT_BUILD_FUZZERS "Build the fuzzers (needs clang)" OFF)
option(ANOCHAT_INSTALL "Register install rules" ${PROJECT_IS_TOP_LEVEL})
option(ANOCHAT_WERROR "Treat warnings in AnoChat's own sources as errors" OFF)
option(ANOCHAT_COVERAGE "Record which lines run (gcov)" OFF)
set(ANOCHAT_SANITIZE "" CACHE STRING "Sanitizers for AnoChat's own sources, for example address,undefined")
set(ANOCHAT_SODIUM AUTO CACHE STRING "Where libsodium >= 1.0.22 comes from: AUTO, SYSTEM or BUNDLED")
set_property(CACHE ANOCHAT_SODIUM PROPERTY STRINGS AUTO SYSTEM BUNDLED)
set(ANOCHAT_SODIUM_ARCHIVE "" CACHE FILEPATH "A libsodium 1.0.22 source archive to build from (checked by SHA-256)")
set(ANOCHAT_PROTOBUF AUTO CACHE STRING "Which protobuf-lite is linked: AUTO, SYSTEM or BUNDLED")
set_property(CACHE ANOCHAT_PROTOBUF PROPERTY STRINGS AUTO SYSTEM BUNDLED)
set(ANOCHAT_SQLITE_AMALGAMATION "" CACHE PATH "A folder with sqlite3.c and sqlite3.h, to be part of shared libraries")
set(ANOCHAT_PROTOBUF_ARCHIVE "" CACHE FILEPATH "A protobuf 3.21.12 source archive to build from (checked by SHA-256)")

set(ANOCHAT_LAYERS_OFF "")
if(NOT ANOCHAT_STORAGE)
  list(APPEND ANOCHAT_LAYERS_OFF storage client driver)
endif()
if(NOT ANOCHAT_NET)
  list(APPEND ANOCHAT_LAYERS_OFF net relay driver server)
endif()

include(GNUInstallDirs)
set(CMAKE_FIND_PACKAGE_TARGETS_GLOBAL ON)  # whoever embeds us links our dependencies from another folder
set(ANOCHAT_GENERATED_DIR "${PROJECT_BINARY_DIR}/generated")

# Boost and pybind11 write the names of our source files into what they compile; with the folder no two builds would be
# the same, and users would be told where it was built.
add_compile_options("$<$<CONFIG:Release,MinSizeRel>:-fmacro-prefix-map=${PROJECT_SOURCE_DIR}/=>")

if(PROJECT_IS_TOP_LEVEL)
  set(CMAKE_EXPORT_COMPILE_COMMANDS ON)
  set(CMAKE_BUILD_RPATH_USE_ORIGIN ON)  # programs in the build folder do not name it, either
  find_program(ANOCHAT_CCACHE ccache)
  mark_as_advanced(ANOCHAT_CCACHE)
  if(ANOCHAT_CCACHE)
    foreach(language C CXX)
      if(NOT CMAKE_${language}_COMPILER_LAUNCHER)
        # Paths relative to the checkout, so that every clone and preset shares what was compiled once.
        set(CMAKE_${language}_COMPILER_LAUNCHER "${CMAKE_COMMAND}" -E env "CCACHE_BASEDIR=${PROJECT_SOURCE_DIR}"
          CCACHE_NOHASHDIR=1 "${ANOCHAT_CCACHE}")
      endif()
    endforeach()
  endif()
endif()
