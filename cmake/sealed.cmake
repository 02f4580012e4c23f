# anochat_seal(<target> <version script>) - makes a shared library bring everything along and show nothing of it.
#
# Archives are linked in place of the distribution's shared libraries, what they define is hidden, only the symbols of
# the version script are exported, and a symbol that nobody defines is an error. What is left to be loaded is libc,
# libstdc++, libm and libgcc, and with the network level OpenSSL, whose fixes should come from the system; configure
# with -DOPENSSL_USE_STATIC_LIBS=ON to seal it in as well. anochat_sealed_needs() lists it all.
#
# SQLite's archive comes first and whole, so that nothing is left for libsqlite3.so, which SQLiteCpp's and our own link
# interfaces name; --as-needed then drops it.

# Sets <result> to TRUE when all of the archives can be part of a shared library that hides what they define. Archives for
# position-independent executables can, as long as nothing of theirs is exported: then their symbols need no detour.
function(anochat_can_seal result)
  include(CheckCSourceCompiles)
  string(MAKE_C_IDENTIFIER "ANOCHAT_CAN_SEAL_${ARGN}" variable)
  set(CMAKE_REQUIRED_QUIET TRUE)
  set(CMAKE_REQUIRED_FLAGS -fPIC)
  set(script "${PROJECT_BINARY_DIR}/CMakeFiles/anochat_hide_all.map")
  file(CONFIGURE OUTPUT "${script}" CONTENT "{ local: *; };\n" @ONLY)
  set(CMAKE_REQUIRED_LINK_OPTIONS -shared LINKER:-z,text "LINKER:--version-script=${script}")
  set(CMAKE_REQUIRED_LIBRARIES -Wl,--whole-archive ${ARGN} -Wl,--no-whole-archive m ${CMAKE_DL_LIBS} -pthread)
  check_c_source_compiles("int anochat_probe(void); int anochat_probe(void) { return 0; }" ${variable})
  set(${result} ${${variable}} PARENT_SCOPE)
endfunction()

# Sets ANOCHAT_SQLITE3_ARCHIVE to libsqlite3.a if it can be sealed in, else to a false value.
function(anochat_find_sqlite_archive)
  if(TARGET anochat_sqlite)
    set(ANOCHAT_SQLITE3_ARCHIVE anochat_sqlite PARENT_SCOPE)
    return()
  endif()
  find_library(ANOCHAT_SQLITE3_ARCHIVE NAMES libsqlite3.a
    DOC "The static SQLite that goes into libanochat.so; empty: libsqlite3.so is loaded")
  mark_as_advanced(ANOCHAT_SQLITE3_ARCHIVE)
  if(ANOCHAT_SQLITE3_ARCHIVE)
    anochat_can_seal(is_pic "${ANOCHAT_SQLITE3_ARCHIVE}")
    if(NOT is_pic)
      message(STATUS "${ANOCHAT_SQLITE3_ARCHIVE} is not position-independent: shared libraries load libsqlite3.so")
      set(ANOCHAT_SQLITE3_ARCHIVE "" PARENT_SCOPE)
    endif()
  endif()
endfunction()

function(anochat_seal target script)
  anochat_find_sqlite_archive()
  if(ANOCHAT_SQLITE3_ARCHIVE)
    target_link_libraries(${target} PRIVATE "$<LINK_LIBRARY:WHOLE_ARCHIVE,${ANOCHAT_SQLITE3_ARCHIVE}>" m)
  endif()
  target_compile_options(${target} PRIVATE $<$<COMPILE_LANG_AND_ID:CXX,GNU>:-fno-gnu-unique>)
  target_link_options(${target} PRIVATE "LINKER:--version-script=${script}" LINKER:--exclude-libs,ALL
    LINKER:--gc-sections LINKER:--as-needed)
  if(NOT ANOCHAT_SANITIZE)  # a sanitizer's runtime is the program's
    target_link_options(${target} PRIVATE LINKER:-z,defs)
  endif()
  set_target_properties(${target} PROPERTIES
    LINK_DEPENDS "${script}"
    POSITION_INDEPENDENT_CODE ON
    C_VISIBILITY_PRESET hidden
    CXX_VISIBILITY_PRESET hidden
    VISIBILITY_INLINES_HIDDEN ON)
endfunction()

# Sets <result> to the shared libraries besides libc, libstdc++, libm and libgcc that a sealed library still loads.
function(anochat_sealed_needs result)
  set(needs "")
  anochat_find_sqlite_archive()
  if(NOT ANOCHAT_SQLITE3_ARCHIVE AND (TARGET anochat_storage OR TARGET anochat_relay))
    list(APPEND needs libsqlite3)
  endif()
  if(TARGET anochat_net AND NOT OPENSSL_USE_STATIC_LIBS)
    list(APPEND needs libssl libcrypto)
  endif()
  if(ANOCHAT_PROTOBUF_IS_SYSTEM)
    list(APPEND needs libprotobuf-lite)
  endif()
  if(ANOCHAT_SODIUM_IS_SYSTEM)
    list(APPEND needs libsodium)
  endif()
  set(${result} ${needs} PARENT_SCOPE)
endfunction()
