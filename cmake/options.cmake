# What a builder may choose. Everything that is only for people who work on AnoChat is off when it is embedded.

option(ANOCHAT_STORAGE "Build the encrypted store (needs SQLite and SQLiteCpp)" ON)
option(ANOCHAT_NET "Build the network and relay layers (need Boost and OpenSSL)" ON)
option(ANOCHAT_BUILD_TESTS "Build and register the tests" ${PROJECT_IS_TOP_LEVEL})
option(ANOCHAT_BUILD_EXAMPLES "Build the examples" ${PROJECT_IS_TOP_LEVEL})
option(ANOCHAT_BUILD_BENCHMARKS "Build the benchmarks" OFF)
option(ANOCHAT_BUILD_FUZZERS "Build the fuzzers (needs clang)" OFF)
option(ANOCHAT_INSTALL "Register install rules" ${PROJECT_IS_TOP_LEVEL})
option(ANOCHAT_WERROR "Treat warnings in AnoChat's own sources as errors" OFF)
option(ANOCHAT_COVERAGE "Record which lines run (gcov)" OFF)
set(ANOCHAT_SANITIZE "" CACHE STRING "Sanitizers for AnoChat's own sources, for example address,undefined")
set(ANOCHAT_SODIUM AUTO CACHE STRING "Where libsodium >= 1.0.22 comes from: AUTO, SYSTEM or BUNDLED")
set_property(CACHE ANOCHAT_SODIUM PROPERTY STRINGS AUTO SYSTEM BUNDLED)
set(ANOCHAT_SODIUM_ARCHIVE "" CACHE FILEPATH "A libsodium 1.0.22 source archive to build from (checked by SHA-256)")

set(ANOCHAT_LAYERS_OFF "")
if(NOT ANOCHAT_STORAGE)
  list(APPEND ANOCHAT_LAYERS_OFF storage client)
endif()
if(NOT ANOCHAT_NET)
  list(APPEND ANOCHAT_LAYERS_OFF net relay)
endif()

include(GNUInstallDirs)
set(CMAKE_FIND_PACKAGE_TARGETS_GLOBAL ON)  # whoever embeds us links our dependencies from another folder
set(ANOCHAT_GENERATED_DIR "${PROJECT_BINARY_DIR}/generated")

if(PROJECT_IS_TOP_LEVEL)
  set(CMAKE_EXPORT_COMPILE_COMMANDS ON)
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
