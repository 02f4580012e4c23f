# anochat_find_source_archive(<result>
#   PACKAGE <name>          what it is called in messages, for example libsodium
#   VERSION <version>
#   SHA256 <hash>           the only archive that is accepted
#   URL <url>
#   NAMED <file>            the one that the builder named, or empty
#   OPTION <cache variable> that the builder names it with
#   FILES <name> ...        what it is called in the known folders; a download gets the first of them
#   HINTS <line> ...)       other ways out, for the message when there is none
#
# Sets <result> to an archive with the pinned hash: the named one, one from a known folder, or a download.
function(anochat_find_source_archive result)
  cmake_parse_arguments(PARSE_ARGV 1 arg "" "PACKAGE;VERSION;SHA256;URL;NAMED;OPTION" "FILES;HINTS")
  if(arg_NAMED)
    if(NOT EXISTS "${arg_NAMED}")
      message(FATAL_ERROR "${arg_OPTION} names a file that does not exist: ${arg_NAMED}")
    endif()
    file(SHA256 "${arg_NAMED}" hash)
    if(NOT hash STREQUAL arg_SHA256)
      message(FATAL_ERROR "${arg_OPTION} is not the ${arg_PACKAGE} ${arg_VERSION} archive:\n"
        "  ${arg_NAMED}\n  its SHA-256 is ${hash}\n  expected       ${arg_SHA256}")
    endif()
    set(${result} "${arg_NAMED}" PARENT_SCOPE)
    return()
  endif()

  if(NOT "$ENV{XDG_CACHE_HOME}" STREQUAL "")
    set(cache "$ENV{XDG_CACHE_HOME}/anochat")
  elseif(NOT "$ENV{HOME}" STREQUAL "")
    set(cache "$ENV{HOME}/.cache/anochat")
  else()
    set(cache "${PROJECT_BINARY_DIR}/_deps/download")
  endif()
  foreach(folder IN ITEMS "${PROJECT_SOURCE_DIR}/third_party/dl" "${cache}")
    foreach(name IN LISTS arg_FILES)
      if(EXISTS "${folder}/${name}")
        file(SHA256 "${folder}/${name}" hash)
        if(hash STREQUAL arg_SHA256)
          set(${result} "${folder}/${name}" PARENT_SCOPE)
          return()
        endif()
        message(WARNING "Ignoring ${folder}/${name}: its SHA-256 is not that of ${arg_PACKAGE} ${arg_VERSION}")
      endif()
    endforeach()
  endforeach()

  message(STATUS "Downloading ${arg_PACKAGE} ${arg_VERSION} from ${arg_URL}")
  list(GET arg_FILES 0 name)
  set(partial "${cache}/${name}.partial")
  file(DOWNLOAD "${arg_URL}" "${partial}" STATUS status INACTIVITY_TIMEOUT 10 TIMEOUT 120)
  list(GET status 0 code)
  set(reason "the download failed (${status})")
  if(code EQUAL 0)
    file(SHA256 "${partial}" hash)
    if(hash STREQUAL arg_SHA256)
      file(RENAME "${partial}" "${cache}/${name}")
      set(${result} "${cache}/${name}" PARENT_SCOPE)
      return()
    endif()
    set(reason "the downloaded file has SHA-256 ${hash}")
  endif()
  file(REMOVE "${partial}")
  list(TRANSFORM arg_HINTS PREPEND "  - ")
  list(APPEND arg_HINTS "  - fetch ${arg_URL}"
    "    and configure with -D${arg_OPTION}=<that file>, or put it into third_party/dl/ or ${cache}/")
  list(JOIN arg_HINTS "\n" hints)
  message(FATAL_ERROR "AnoChat needs the source of ${arg_PACKAGE} ${arg_VERSION}, and ${reason}. Any of these helps:\n"
    "${hints}\nIts SHA-256 must be ${arg_SHA256}.")
endfunction()
