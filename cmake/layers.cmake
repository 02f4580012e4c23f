# anochat_add_layer(<layer>
#   HEADERS <public headers, relative to the project, or absolute when generated>
#   SOURCES <relative to src/<layer>>
#   [DEPENDS <layers whose headers ours include>]
#   [PRIVATE_LINK <third-party targets>])
#
# Makes the static library anochat_<layer>, also known as anochat::<layer>. Users see its public headers and the layers
# it depends on; third-party headers stay private.

# g++ 12 at -O2 warns of growing vectors and strings, inside the standard library, where nothing is wrong.
set(noisy "$<AND:$<CXX_COMPILER_ID:GNU>,$<VERSION_LESS:$<CXX_COMPILER_VERSION>,13>,$<CONFIG:Release>>")
set(ANOCHAT_WARNINGS
  -Wall -Wextra -Wpedantic -Wconversion -Wsign-conversion -Wshadow -Wold-style-cast -Wcast-align -Wcast-qual
  -Wnon-virtual-dtor -Woverloaded-virtual -Wundef -Wformat=2 -Wimplicit-fallthrough
  $<$<CXX_COMPILER_ID:GNU>:-Wduplicated-cond> $<$<CXX_COMPILER_ID:GNU>:-Wlogical-op>
  "$<${noisy}:-Wno-stringop-overflow;-Wno-stringop-overread;-Wno-restrict;-Wno-array-bounds>"
  $<$<BOOL:${ANOCHAT_WERROR}>:-Werror>)

function(anochat_add_layer layer)
  cmake_parse_arguments(PARSE_ARGV 1 arg "" "" "HEADERS;SOURCES;DEPENDS;PRIVATE_LINK")
  if(arg_UNPARSED_ARGUMENTS OR NOT arg_SOURCES)
    message(FATAL_ERROR "anochat_add_layer(${layer}): no SOURCES, or not understood: ${arg_UNPARSED_ARGUMENTS}")
  endif()
  set(target anochat_${layer})
  if(layer STREQUAL "base")
    list(APPEND arg_HEADERS "${ANOCHAT_GENERATED_DIR}/include/anochat/base/version.hpp")
  endif()
  set(headers "")
  foreach(header IN LISTS arg_HEADERS)
    cmake_path(ABSOLUTE_PATH header BASE_DIRECTORY "${PROJECT_SOURCE_DIR}")
    list(APPEND headers "${header}")
  endforeach()

  add_library(${target} STATIC ${arg_SOURCES})
  add_library(anochat::${layer} ALIAS ${target})
  target_sources(${target} PUBLIC FILE_SET HEADERS
    BASE_DIRS "${PROJECT_SOURCE_DIR}/include" "${ANOCHAT_GENERATED_DIR}/include"
    FILES ${headers})
  target_compile_features(${target} PUBLIC cxx_std_20)
  target_compile_options(${target} PRIVATE ${ANOCHAT_WARNINGS})
  target_include_directories(${target} PRIVATE "${PROJECT_SOURCE_DIR}/src" "${ANOCHAT_GENERATED_DIR}/src")
  list(TRANSFORM arg_DEPENDS PREPEND anochat_)
  target_link_libraries(${target} PUBLIC ${arg_DEPENDS} PRIVATE ${arg_PRIVATE_LINK})
  set_target_properties(${target} PROPERTIES
    EXPORT_NAME ${layer}
    CXX_EXTENSIONS OFF
    POSITION_INDEPENDENT_CODE ON
    CXX_VISIBILITY_PRESET hidden
    VISIBILITY_INLINES_HIDDEN ON
    VERIFY_INTERFACE_HEADER_SETS ${ANOCHAT_BUILD_TESTS})
  set_property(GLOBAL APPEND PROPERTY ANOCHAT_BUILT_LAYERS ${layer})
  set_property(GLOBAL APPEND PROPERTY ANOCHAT_PUBLIC_HEADERS ${headers})
endfunction()

# anochat::anochat, which links every layer that was built, and <anochat/anochat.hpp>, which includes them. The layer
# "testing" is left out: an application asks for it by name.
function(anochat_add_umbrella)
  get_property(layers GLOBAL PROPERTY ANOCHAT_BUILT_LAYERS)
  get_property(headers GLOBAL PROPERTY ANOCHAT_PUBLIC_HEADERS)
  set(ANOCHAT_INCLUDES "")
  foreach(header IN LISTS headers)
    string(REGEX REPLACE "^.*/include/(anochat/[^/]+/.*)$" "\\1" name "${header}")
    # The headers for tests, and the one that needs Boost, are for who asks for them by name.
    if(NOT name MATCHES "^anochat/testing/|^anochat/net/asio_loop.hpp$")
      string(APPEND ANOCHAT_INCLUDES "#include <${name}>\n")
    endif()
  endforeach()
  configure_file(include/anochat/anochat.hpp.in "${ANOCHAT_GENERATED_DIR}/include/anochat/anochat.hpp" @ONLY)

  add_library(anochat INTERFACE)
  add_library(anochat::anochat ALIAS anochat)
  target_sources(anochat INTERFACE FILE_SET HEADERS
    BASE_DIRS "${ANOCHAT_GENERATED_DIR}/include" FILES "${ANOCHAT_GENERATED_DIR}/include/anochat/anochat.hpp")
  set_target_properties(anochat PROPERTIES VERIFY_INTERFACE_HEADER_SETS ${ANOCHAT_BUILD_TESTS})
  list(REMOVE_ITEM layers testing)
  list(REVERSE layers)
  list(TRANSFORM layers PREPEND anochat_)
  target_link_libraries(anochat INTERFACE ${layers})
endfunction()

configure_file(include/anochat/base/version.hpp.in "${ANOCHAT_GENERATED_DIR}/include/anochat/base/version.hpp" @ONLY)
