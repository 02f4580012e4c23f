# What `cmake --install` puts where. docs/guides/packaging.md describes the components:
#   runtime   libanochat.so.N with the licences and the bill of materials
#   dev       headers, one archive per layer, the link libanochat.so, CMake packages and pkg-config files
#   python    the Python package (bindings/python/CMakeLists.txt)
#   tools     the programs, with manual page and completions (examples/*/CMakeLists.txt)
#   doc       the site, if docs/site/build.py has made it
include(CMakePackageConfigHelpers)

get_property(ANOCHAT_BUILT_LAYERS GLOBAL PROPERTY ANOCHAT_BUILT_LAYERS)
set(package_dir "${CMAKE_INSTALL_LIBDIR}/cmake/anochat")

foreach(layer IN LISTS ANOCHAT_BUILT_LAYERS)
  install(TARGETS anochat_${layer} EXPORT anochat-targets COMPONENT dev FILE_SET HEADERS COMPONENT dev)
endforeach()
install(TARGETS anochat EXPORT anochat-targets COMPONENT dev FILE_SET HEADERS COMPONENT dev)
install(TARGETS anochat_sodium EXPORT anochat-targets COMPONENT dev)
if(TARGET anochat_protobuf)
  install(TARGETS anochat_protobuf EXPORT anochat-targets COMPONENT dev)
endif()
install(EXPORT anochat-targets NAMESPACE anochat:: DESTINATION "${package_dir}" COMPONENT dev)

configure_package_config_file(cmake/anochat-config.cmake.in "${PROJECT_BINARY_DIR}/anochat-config.cmake"
  INSTALL_DESTINATION "${package_dir}" NO_SET_AND_CHECK_MACRO)
write_basic_package_version_file("${PROJECT_BINARY_DIR}/anochat-config-version.cmake" COMPATIBILITY SameMinorVersion)
install(FILES "${PROJECT_BINARY_DIR}/anochat-config.cmake" "${PROJECT_BINARY_DIR}/anochat-config-version.cmake"
  DESTINATION "${package_dir}" COMPONENT dev)

# pkg-config. The archives are always static, so what they need stands in the public fields: `pkg-config --libs anochat`
# links as it is, with and without --static.
set(pc_libs "")
set(pc_requires "")
set(layers ${ANOCHAT_BUILT_LAYERS})
list(REMOVE_ITEM layers testing)
list(REVERSE layers)
foreach(layer IN LISTS layers)
  string(APPEND pc_libs " -lanochat_${layer}")
endforeach()
if(ANOCHAT_SODIUM_IS_SYSTEM)
  list(APPEND pc_requires "libsodium >= ${ANOCHAT_SODIUM_VERSION}")
else()
  string(APPEND pc_libs " -lanochat_sodium")
endif()
if("storage" IN_LIST ANOCHAT_BUILT_LAYERS)
  string(APPEND pc_libs " -lSQLiteCpp")
endif()
if("storage" IN_LIST ANOCHAT_BUILT_LAYERS OR "relay" IN_LIST ANOCHAT_BUILT_LAYERS)
  list(APPEND pc_requires "sqlite3 >= 3.40")
endif()
if("net" IN_LIST ANOCHAT_BUILT_LAYERS)
  list(APPEND pc_requires "openssl >= 3.0")
endif()
if("framing" IN_LIST ANOCHAT_BUILT_LAYERS)
  if(ANOCHAT_PROTOBUF_IS_SYSTEM)
    list(APPEND pc_requires "protobuf-lite")
  else()
    string(APPEND pc_libs " -lanochat_protobuf")
  endif()
endif()
string(APPEND pc_libs " -pthread")
list(JOIN pc_requires ", " pc_requires)
set(pc_dir "${CMAKE_INSTALL_LIBDIR}/pkgconfig")
foreach(kind IN ITEMS INCLUDEDIR LIBDIR)
  if(IS_ABSOLUTE "${CMAKE_INSTALL_${kind}}")
    set(pc_${kind} "${CMAKE_INSTALL_${kind}}")
  else()
    set(pc_${kind} "\${prefix}/${CMAKE_INSTALL_${kind}}")
  endif()
endforeach()
if(IS_ABSOLUTE "${CMAKE_INSTALL_LIBDIR}")
  set(pc_prefix "${CMAKE_INSTALL_PREFIX}")
else()
  cmake_path(RELATIVE_PATH CMAKE_INSTALL_PREFIX BASE_DIRECTORY "${CMAKE_INSTALL_PREFIX}/${pc_dir}" OUTPUT_VARIABLE up)
  set(pc_prefix "\${pcfiledir}/${up}")
endif()
configure_file(cmake/anochat.pc.in "${PROJECT_BINARY_DIR}/anochat.pc" @ONLY)
install(FILES "${PROJECT_BINARY_DIR}/anochat.pc" DESTINATION "${pc_dir}" COMPONENT dev)

# Whoever links the C library needs none of the archives, and its package can be found without theirs.
set(ANOCHAT_NOTICES_COMPONENT dev)
if(TARGET anochat_c)
  set(ANOCHAT_NOTICES_COMPONENT runtime)
  set(c_package_dir "${CMAKE_INSTALL_LIBDIR}/cmake/anochat-c")
  install(TARGETS anochat_c EXPORT anochat-c-targets
    LIBRARY COMPONENT runtime NAMELINK_COMPONENT dev
    INCLUDES DESTINATION "${CMAKE_INSTALL_INCLUDEDIR}")
  install(FILES bindings/c/include/anochat.h DESTINATION "${CMAKE_INSTALL_INCLUDEDIR}" COMPONENT dev)
  install(FILES "${ANOCHAT_C_API}" DESTINATION "${CMAKE_INSTALL_DATADIR}/anochat" COMPONENT dev)
  install(EXPORT anochat-c-targets NAMESPACE anochat:: DESTINATION "${c_package_dir}" COMPONENT dev)
  configure_package_config_file(cmake/anochat-c-config.cmake.in "${PROJECT_BINARY_DIR}/anochat-c-config.cmake"
    INSTALL_DESTINATION "${c_package_dir}" NO_SET_AND_CHECK_MACRO NO_CHECK_REQUIRED_COMPONENTS_MACRO)
  write_basic_package_version_file("${PROJECT_BINARY_DIR}/anochat-c-config-version.cmake"
    COMPATIBILITY SameMinorVersion)
  install(FILES "${PROJECT_BINARY_DIR}/anochat-c-config.cmake" "${PROJECT_BINARY_DIR}/anochat-c-config-version.cmake"
    DESTINATION "${c_package_dir}" COMPONENT dev)
  configure_file(cmake/anochat-c.pc.in "${PROJECT_BINARY_DIR}/anochat-c.pc" @ONLY)
  install(FILES "${PROJECT_BINARY_DIR}/anochat-c.pc" DESTINATION "${pc_dir}" COMPONENT dev)
endif()

# What was built from source and linked in asks for its notice to go along.
install(FILES LICENSE DESTINATION "${CMAKE_INSTALL_DOCDIR}" COMPONENT ${ANOCHAT_NOTICES_COMPONENT})
foreach(package IN ITEMS libsodium protobuf)
  file(GLOB notice "${PROJECT_BINARY_DIR}/_deps/${package}/*/LICENSE")
  if(notice)
    install(FILES "${notice}" DESTINATION "${CMAKE_INSTALL_DOCDIR}" RENAME "LICENSE.${package}"
      COMPONENT ${ANOCHAT_NOTICES_COMPONENT})
  endif()
endforeach()
install(DIRECTORY "${PROJECT_BINARY_DIR}/docs/html/" DESTINATION "${CMAKE_INSTALL_DOCDIR}/html" COMPONENT doc OPTIONAL)

include(cmake/sbom.cmake)
