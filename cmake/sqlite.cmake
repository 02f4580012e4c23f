# Target anochat_sqlite: SQLite as a position-independent archive with nothing to be seen, for shared libraries that bring
# everything along. Only with ANOCHAT_SQLITE_AMALGAMATION, a folder with sqlite3.c and sqlite3.h of 3.40 or later;
# bindings/python/sqlite_amalgamation.sh makes one of Debian's source package.
if(NOT ANOCHAT_SQLITE_AMALGAMATION)
  return()
endif()
if(NOT EXISTS "${ANOCHAT_SQLITE_AMALGAMATION}/sqlite3.c" OR NOT EXISTS "${ANOCHAT_SQLITE_AMALGAMATION}/sqlite3.h")
  message(FATAL_ERROR "ANOCHAT_SQLITE_AMALGAMATION must be a folder with sqlite3.c and sqlite3.h: "
    "${ANOCHAT_SQLITE_AMALGAMATION}")
endif()
# It can load extensions, although nobody enables that: SQLiteCpp names sqlite3_load_extension, and for that one symbol
# libsqlite3.so would be loaded beside this.
add_library(anochat_sqlite STATIC "${ANOCHAT_SQLITE_AMALGAMATION}/sqlite3.c")
target_compile_definitions(anochat_sqlite PRIVATE SQLITE_THREADSAFE=1 SQLITE_ENABLE_FTS5 SQLITE_ENABLE_COLUMN_METADATA
  SQLITE_SECURE_DELETE SQLITE_USE_URI)
target_compile_options(anochat_sqlite PRIVATE -O2 -w)
set_target_properties(anochat_sqlite PROPERTIES POSITION_INDEPENDENT_CODE ON C_VISIBILITY_PRESET hidden
  INTERPROCEDURAL_OPTIMIZATION OFF)
