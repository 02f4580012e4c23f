# Target anochat_protobuf: the protobuf-lite runtime that the framing layer links, the system's or one built from its
# pinned source archive.
#
# A shared library that brings everything along (libanochat.so, the Python module) needs position-independent archives,
# and Debian's libprotobuf-lite.a is none: its thread-local variables are of the local-exec model. The lite runtime is
# therefore built here when such a library is wanted, with its namespace renamed: a program that links its own protobuf,
# of any version, is not disturbed. docs/decisions/0013-own-protobuf-lite.md has the figures.

set(ANOCHAT_PROTOBUF_VERSION 3.21.12)
set(ANOCHAT_PROTOBUF_SHA256 930c2c3b5ecc6c9c12615cf5ad93f1cd6e12d0aba862b572e076259970ac3a53)
set(ANOCHAT_PROTOBUF_URL https://github.com/protocolbuffers/protobuf/archive/refs/tags/v3.21.12.tar.gz)

# Generated code and runtime must have the same version.
function(anochat_protoc_fits result)
  execute_process(COMMAND "${Protobuf_PROTOC_EXECUTABLE}" --version OUTPUT_VARIABLE version ERROR_QUIET)
  if(version MATCHES "^libprotoc 3\\.21\\.12[ \r\n]*$")
    set(${result} TRUE PARENT_SCOPE)
  else()
    set(${result} FALSE PARENT_SCOPE)
  endif()
endfunction()

function(anochat_add_bundled_protobuf)
  anochat_find_source_archive(archive
    PACKAGE protobuf VERSION ${ANOCHAT_PROTOBUF_VERSION} SHA256 ${ANOCHAT_PROTOBUF_SHA256} URL ${ANOCHAT_PROTOBUF_URL}
    NAMED "${ANOCHAT_PROTOBUF_ARCHIVE}" OPTION ANOCHAT_PROTOBUF_ARCHIVE
    FILES protobuf-3.21.12.tar.gz protobuf_3.21.12.orig.tar.gz v3.21.12.tar.gz
    HINTS "run ./anochat.sh, which can also take the archive from Debian's source packages"
      "configure with -DANOCHAT_PROTOBUF=SYSTEM: shared libraries then need libprotobuf-lite.so"
      "Debian's protobuf_${ANOCHAT_PROTOBUF_VERSION}.orig.tar.gz is the same file")
  set(root "${PROJECT_BINARY_DIR}/_deps/protobuf")
  set(source "${root}/protobuf-${ANOCHAT_PROTOBUF_VERSION}/src")
  if(NOT EXISTS "${root}/unpacked")
    file(REMOVE_RECURSE "${root}")
    file(ARCHIVE_EXTRACT INPUT "${archive}" DESTINATION "${root}"
      PATTERNS "*/src/google/protobuf/*.h" "*/src/google/protobuf/*.inc" "*/src/google/protobuf/*.cc" "*/LICENSE")
    file(TOUCH "${root}/unpacked")
  endif()
  # The lite runtime without what no message of ours reaches: Windows files, status values, times, text forms.
  set(names arena arenastring arenaz_sampler extension_set generated_enum_util generated_message_tctable_lite
    generated_message_util implicit_weak_message inlined_string_field io/coded_stream io/strtod io/zero_copy_stream
    io/zero_copy_stream_impl io/zero_copy_stream_impl_lite map message_lite parse_context repeated_field
    repeated_ptr_field stubs/bytestream stubs/common stubs/int128 stubs/status stubs/stringpiece stubs/stringprintf
    stubs/structurally_valid stubs/strutil wire_format_lite)
  list(TRANSFORM names PREPEND "${source}/google/protobuf/")
  list(TRANSFORM names APPEND .cc)
  find_package(Threads REQUIRED)
  add_library(anochat_protobuf STATIC ${names})
  # Its checks name their source file; with the folder in it no two builds would be the same.
  target_compile_options(anochat_protobuf PRIVATE "-ffile-prefix-map=${source}=protobuf")
  target_compile_definitions(anochat_protobuf
    PRIVATE HAVE_PTHREAD=1 google=anochat_google INTERFACE $<BUILD_INTERFACE:google=anochat_google>)
  target_include_directories(anochat_protobuf SYSTEM PRIVATE "${source}" INTERFACE $<BUILD_INTERFACE:${source}>)
  target_compile_features(anochat_protobuf PRIVATE cxx_std_17)
  target_compile_options(anochat_protobuf PRIVATE -O2 -g0 -w $<$<CXX_COMPILER_ID:GNU>:-fno-gnu-unique>)
  target_link_libraries(anochat_protobuf PRIVATE Threads::Threads)
  set_target_properties(anochat_protobuf PROPERTIES POSITION_INDEPENDENT_CODE ON CXX_VISIBILITY_PRESET hidden
    VISIBILITY_INLINES_HIDDEN ON CXX_EXTENSIONS OFF)
endfunction()

if(NOT ANOCHAT_PROTOBUF MATCHES "^(AUTO|SYSTEM|BUNDLED)$")
  message(FATAL_ERROR "ANOCHAT_PROTOBUF must be AUTO, SYSTEM or BUNDLED, not \"${ANOCHAT_PROTOBUF}\"")
endif()
anochat_protoc_fits(protoc_fits)
if(ANOCHAT_PROTOBUF STREQUAL "BUNDLED" AND NOT protoc_fits)
  message(FATAL_ERROR "ANOCHAT_PROTOBUF=BUNDLED builds protobuf-lite ${ANOCHAT_PROTOBUF_VERSION}, and protoc "
    "(${Protobuf_PROTOC_EXECUTABLE}) must have the same version.")
endif()
if(ANOCHAT_PROTOBUF STREQUAL "BUNDLED" OR (ANOCHAT_PROTOBUF STREQUAL "AUTO" AND ANOCHAT_PROTOBUF_ARCHIVE)
   OR (ANOCHAT_PROTOBUF STREQUAL "AUTO" AND ANOCHAT_BUILD_C AND protoc_fits))
  set(ANOCHAT_PROTOBUF_IS_SYSTEM FALSE)
  anochat_add_bundled_protobuf()
  message(STATUS "AnoChat builds protobuf-lite ${ANOCHAT_PROTOBUF_VERSION} from source")
else()
  set(ANOCHAT_PROTOBUF_IS_SYSTEM TRUE)
  add_library(anochat_protobuf INTERFACE)
  target_link_libraries(anochat_protobuf INTERFACE protobuf::libprotobuf-lite)
  message(STATUS "AnoChat uses the system's protobuf-lite ${Protobuf_VERSION}")
endif()
set_target_properties(anochat_protobuf PROPERTIES EXPORT_NAME protobuf)
