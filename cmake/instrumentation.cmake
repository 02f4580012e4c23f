# Sanitizers and coverage for everything that is added after this file is included, and for what links it.

if(ANOCHAT_SANITIZE)
  add_compile_options(-fsanitize=${ANOCHAT_SANITIZE} -fno-sanitize-recover=all -fno-omit-frame-pointer)
  add_link_options(-fsanitize=${ANOCHAT_SANITIZE})
endif()
if(ANOCHAT_BUILD_FUZZERS)
  add_compile_options(-fsanitize=fuzzer-no-link)
endif()
if(ANOCHAT_COVERAGE)
  add_compile_options(--coverage)
  add_link_options(--coverage)
endif()

# Seconds after which a test hangs for certain, on a machine with other work too.
set(ANOCHAT_TEST_TIMEOUT 300)
if(ANOCHAT_SANITIZE OR ANOCHAT_COVERAGE)  # many times slower
  set(ANOCHAT_TEST_TIMEOUT 1200)
endif()
