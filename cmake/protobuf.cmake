# anochat_protobuf(<target> <file.proto> ...) - generates code from .proto files and compiles it into the target.
#
# The target's own sources include the result as "<folder of the .proto below src>/<name>.pb.h". The generated headers
# are private: they never reach a public header, and warnings in them are not ours.
function(anochat_protobuf target)
  set(root "${PROJECT_SOURCE_DIR}/src")
  set(out "${ANOCHAT_GENERATED_DIR}/src")
  file(MAKE_DIRECTORY "${out}")
  foreach(proto IN LISTS ARGN)
    cmake_path(ABSOLUTE_PATH proto BASE_DIRECTORY "${CMAKE_CURRENT_SOURCE_DIR}")
    cmake_path(RELATIVE_PATH proto BASE_DIRECTORY "${root}" OUTPUT_VARIABLE name)
    cmake_path(REMOVE_EXTENSION name LAST_ONLY)
    add_custom_command(
      OUTPUT "${out}/${name}.pb.cc" "${out}/${name}.pb.h"
      COMMAND protobuf::protoc "--proto_path=${root}" "--cpp_out=lite:${out}" "${proto}"
      DEPENDS "${proto}" protobuf::protoc
      VERBATIM)
    target_sources(${target} PRIVATE "${out}/${name}.pb.cc")
    set_source_files_properties("${out}/${name}.pb.cc" PROPERTIES COMPILE_OPTIONS -w)
  endforeach()
  target_include_directories(${target} SYSTEM BEFORE PRIVATE "${out}")
  target_link_libraries(${target} PRIVATE anochat_protobuf)
endfunction()
