# The software bill of materials: what AnoChat is made of in this build, as SPDX 2.3 in JSON. Installed beside the licence.

set(sbom_packages "")
set(sbom_relations "")

# anochat_sbom_package(<id> <name> <version> <SPDX licence> <location> [<SHA-256 of the source archive>])
function(anochat_sbom_package id name version licence location)
  set(checksum "")
  set(verified "")
  if(ARGC GREATER 5)
    set(checksum ",\n      \"checksums\": [{\"algorithm\": \"SHA256\", \"checksumValue\": \"${ARGV5}\"}]")
    set(verified ",\n      \"comment\": \"Built from this archive as part of AnoChat, and linked into it.\"")
  endif()
  set(sbom_packages "${sbom_packages},
    {
      \"SPDXID\": \"SPDXRef-${id}\",
      \"name\": \"${name}\",
      \"versionInfo\": \"${version}\",
      \"downloadLocation\": \"${location}\",
      \"filesAnalyzed\": false,
      \"licenseConcluded\": \"${licence}\",
      \"licenseDeclared\": \"${licence}\",
      \"copyrightText\": \"NOASSERTION\"${checksum}${verified}
    }" PARENT_SCOPE)
  set(sbom_relations "${sbom_relations},
    {\"spdxElementId\": \"SPDXRef-anochat\", \"relationshipType\": \"DEPENDS_ON\", \"relatedSpdxElement\": \"SPDXRef-${id}\"}"
    PARENT_SCOPE)
endfunction()

if(ANOCHAT_SODIUM_IS_SYSTEM)
  anochat_sbom_package(libsodium libsodium "${ANOCHAT_SYSTEM_SODIUM_VERSION}" ISC https://libsodium.org)
else()
  anochat_sbom_package(libsodium libsodium ${ANOCHAT_SODIUM_VERSION} ISC ${ANOCHAT_SODIUM_URL} ${ANOCHAT_SODIUM_SHA256})
endif()
if(ANOCHAT_NEEDS_PROTOBUF)
  if(ANOCHAT_PROTOBUF_IS_SYSTEM)
    anochat_sbom_package(protobuf protobuf "${Protobuf_VERSION}" BSD-3-Clause https://protobuf.dev)
  else()
    anochat_sbom_package(protobuf protobuf ${ANOCHAT_PROTOBUF_VERSION} BSD-3-Clause
      ${ANOCHAT_PROTOBUF_URL} ${ANOCHAT_PROTOBUF_SHA256})
  endif()
endif()
if(ANOCHAT_NEEDS_SQLITE OR ANOCHAT_NEEDS_RELAY_SQLITE)
  find_package(SQLite3 QUIET)
  anochat_sbom_package(sqlite SQLite "${SQLite3_VERSION}" blessing https://sqlite.org)
endif()
if(ANOCHAT_NEEDS_SQLITE)
  if(NOT SQLiteCpp_VERSION)
    set(SQLiteCpp_VERSION NOASSERTION)
  endif()
  anochat_sbom_package(sqlitecpp SQLiteCpp "${SQLiteCpp_VERSION}" MIT https://github.com/SRombauts/SQLiteCpp)
endif()
if(ANOCHAT_NEEDS_NETWORK)
  anochat_sbom_package(boost Boost "${Boost_VERSION_STRING}" BSL-1.0 https://www.boost.org)
  anochat_sbom_package(openssl OpenSSL "${OPENSSL_VERSION}" Apache-2.0 https://www.openssl.org)
endif()

string(TIMESTAMP sbom_created "%Y-%m-%dT%H:%M:%SZ" UTC)  # SOURCE_DATE_EPOCH, where it is set
string(UUID sbom_uuid NAMESPACE 6ba7b811-9dad-11d1-80b4-00c04fd430c8 NAME "anochat ${PROJECT_VERSION}${sbom_packages}"
  TYPE SHA1)
configure_file(cmake/anochat.spdx.json.in "${PROJECT_BINARY_DIR}/anochat.spdx.json" @ONLY)
install(FILES "${PROJECT_BINARY_DIR}/anochat.spdx.json" DESTINATION "${CMAKE_INSTALL_DOCDIR}"
  COMPONENT ${ANOCHAT_NOTICES_COMPONENT})
