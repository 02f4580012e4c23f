# Third-party packages, looked up only when a layer that needs them is built. docs/dependencies.md says why each is here.

function(anochat_layer_is_built layer result)
  if(EXISTS "${PROJECT_SOURCE_DIR}/src/${layer}/CMakeLists.txt" AND NOT layer IN_LIST ANOCHAT_LAYERS_OFF)
    set(${result} TRUE PARENT_SCOPE)
  else()
    set(${result} FALSE PARENT_SCOPE)
  endif()
endfunction()

anochat_layer_is_built(framing ANOCHAT_NEEDS_PROTOBUF)
if(ANOCHAT_NEEDS_PROTOBUF)
  set(Protobuf_USE_STATIC_LIBS OFF)
  find_package(Protobuf 3.12)
  if(NOT Protobuf_FOUND OR NOT TARGET protobuf::protoc)
    message(FATAL_ERROR "AnoChat needs protobuf >= 3.12, both its lite library and protoc.\n"
      "Debian, Ubuntu: apt-get install libprotobuf-dev protobuf-compiler")
  endif()
  include(cmake/protobuf_lite.cmake)
endif()

anochat_layer_is_built(storage ANOCHAT_NEEDS_SQLITE)
if(ANOCHAT_NEEDS_SQLITE)
  find_package(SQLiteCpp CONFIG)
  if(NOT SQLiteCpp_FOUND)
    message(FATAL_ERROR "AnoChat's store needs SQLiteCpp >= 3.2 and SQLite >= 3.40 (or configure with "
      "-DANOCHAT_STORAGE=OFF).\nDebian, Ubuntu: apt-get install libsqlitecpp-dev libsqlite3-dev")
  endif()
endif()

# The relay speaks to SQLite itself: it needs no more than statements, and stays free of what the store needs.
anochat_layer_is_built(relay ANOCHAT_NEEDS_RELAY_SQLITE)
if(ANOCHAT_NEEDS_RELAY_SQLITE)
  find_package(SQLite3 3.40)
  if(NOT SQLite3_FOUND)
    message(FATAL_ERROR "AnoChat's relay needs SQLite >= 3.40 (or configure with -DANOCHAT_NET=OFF).\n"
      "Debian, Ubuntu: apt-get install libsqlite3-dev")
  endif()
endif()

anochat_layer_is_built(net ANOCHAT_NEEDS_NETWORK)
if(ANOCHAT_NEEDS_NETWORK)
  find_package(Boost 1.81)
  find_package(OpenSSL 3.0)
  if(NOT Boost_FOUND OR NOT OPENSSL_FOUND)
    message(FATAL_ERROR "AnoChat's network layer needs Boost >= 1.81 (headers only) and OpenSSL >= 3.0 (or configure "
      "with -DANOCHAT_NET=OFF).\nDebian 12: apt-get install libboost1.81-dev libssl-dev")
  endif()
endif()
