# Warnings, sanitizers and coverage as one interface target; never through CMAKE_C_FLAGS.
add_library(mien_warnings INTERFACE)
target_compile_options(mien_warnings INTERFACE
  -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wvla -Wundef -Wstrict-prototypes
  -Wmissing-prototypes -Wcast-qual $<$<BOOL:${MIEN_WERROR}>:-Werror>)
if(MIEN_SANITIZE)
  target_compile_options(mien_warnings INTERFACE
    -fsanitize=${MIEN_SANITIZE} -fno-omit-frame-pointer -fno-sanitize-recover=undefined)
  target_link_options(mien_warnings INTERFACE -fsanitize=${MIEN_SANITIZE})
endif()
if(MIEN_COVERAGE)
  target_compile_options(mien_warnings INTERFACE --coverage)
  target_link_options(mien_warnings INTERFACE --coverage)
endif()
