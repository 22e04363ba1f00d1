# mien as a WebAssembly module for a page in a browser: MIEN_LIVE_MODULE, empty where it is not built. Debian has what it takes (clang, lld,
# wasi-libc, libclang-rt-*-dev-wasm32); where something is missing mien is built without it. docs/in-the-browser.md.
set(MIEN_LIVE AUTO CACHE STRING "Build the WebAssembly module: ON, OFF, or AUTO where clang and wasi-libc are found")
set_property(CACHE MIEN_LIVE PROPERTY STRINGS AUTO ON OFF)
set(MIEN_LIVE_MODULE "")
if(NOT MIEN_LIVE)
  return()
endif()

# One that compiles and links a program for wasm32-wasi has all that is needed.
find_program(MIEN_LIVE_CLANG NAMES clang clang-14 DOC "A clang that builds for wasm32-wasi")
set(live_target --target=wasm32-wasi)
# products of matrices have blocks of 64 kB on the stack
set(live_link -mexec-model=reactor -Wl,--gc-sections,--strip-all,--stack-first,-z,stack-size=1048576)
if(MIEN_LIVE_CLANG AND NOT MIEN_LIVE_WORKS) # what was missing may have come
  file(WRITE "${PROJECT_BINARY_DIR}/live/try.c" "#include <stdlib.h>\nvoid *take(size_t n) { return malloc(n); }\n")
  execute_process(COMMAND "${MIEN_LIVE_CLANG}" ${live_target} ${live_link} -Wl,--export=take -o try.wasm try.c
    WORKING_DIRECTORY "${PROJECT_BINARY_DIR}/live" RESULT_VARIABLE failed OUTPUT_QUIET ERROR_QUIET)
  if(NOT failed)
    set(MIEN_LIVE_WORKS TRUE CACHE INTERNAL "")
  endif()
endif()
if(NOT MIEN_LIVE_WORKS)
  set(missing "the browser's module needs clang, lld, wasi-libc and libclang-rt-14-dev-wasm32")
  if(MIEN_LIVE STREQUAL AUTO)
    message(STATUS "${missing}: mien is built without it")
    return()
  endif()
  message(FATAL_ERROR "${missing}")
endif()

# The library without files, threads and what only they need; methods by the library's own glob. What works on pixels
# and factors is compiled to be fast, what is around it to be small.
set(live_fast
  src/data/coarse.c
  src/data/pixels.c
  src/data/scale.c
  src/data/source.c
  ${MIEN_BLAS_portable}
  src/linalg/polar.c
  src/linalg/rows.c)
set(live_small
  src/base/budget.c
  src/base/cpu.c
  src/base/jobs.c
  src/base/memory.c
  src/base/parallel.c
  src/base/pulse.c
  src/base/reduce.c
  src/base/order.c
  src/base/rng.c
  src/base/status.c
  src/base/team.c
  src/base/text.c
  src/data/remarks.c
  src/data/shuffle.c
  src/live/faces.c
  src/live/live.c
  src/live/live_input.c
  src/live/live_keep.c
  src/live/live_mapping.c
  src/live/live_readers.c
  src/live/swimmer.c
  src/read/formats/decode.c
  src/read/formats/exif.c
  src/read/formats/formats.c
  src/read/formats/pnm.c
  src/read/gather.c
  src/read/natural.c
  src/read/normalize.c
  src/read/prepare.c
  src/read/resize.c
  src/read/statistics.c
  src/report/files/names.c
  src/study/membership.c
  src/study/parts.c
  src/study/suits.c)
foreach(source ${method_sources})
  file(RELATIVE_PATH source "${PROJECT_SOURCE_DIR}" "${source}")
  if(source MATCHES "methods/(keep|weights_file)[.]c$") # live_keep.c
    continue()
  elseif(source MATCHES "nmf/penalty/|nmf/nmf(_stream|_minibatch|_large_n|_start|_encode)?[.]c$|kmeans_held_out[.]c$|/ica/|methods/[a-z_]*[.]c$|/pca/")
    list(APPEND live_small ${source})
  else()
    list(APPEND live_fast ${source})
  endif()
endforeach()

# SIMD of 128 bits, and conversions of numbers that do not trap: all browsers have them since 2023.
set(live_flags ${live_target} -std=c11 -msimd128 -msign-ext -mnontrapping-fptoint -fno-math-errno
  -fno-trapping-math -ffp-contract=fast -fvisibility=hidden -DNDEBUG -Wall -Wextra -Wno-unused-parameter
  -isystem "${PROJECT_SOURCE_DIR}/src/live/wasi" -I "${PROJECT_SOURCE_DIR}/src" -isystem "${MIEN_STB_DIR}")
if(MIEN_WERROR)
  list(APPEND live_flags -Werror)
endif()
set(live_objects "")
foreach(kind fast small)
  set(optimise -O3)
  if(kind STREQUAL small)
    set(optimise -Os)
  endif()
  foreach(source ${live_${kind}})
    string(REPLACE "/" "_" object "${source}.o")
    set(object "${PROJECT_BINARY_DIR}/live/${object}")
    add_custom_command(OUTPUT "${object}" DEPENDS "${PROJECT_SOURCE_DIR}/${source}" DEPFILE "${object}.d"
      COMMAND "${MIEN_LIVE_CLANG}" ${live_flags} ${optimise} -MD -MF "${object}.d" -c "${PROJECT_SOURCE_DIR}/${source}"
      -o "${object}" COMMENT "Building ${source} for WebAssembly" VERBATIM)
    list(APPEND live_objects "${object}")
  endforeach()
endforeach()
set(MIEN_LIVE_MODULE "${PROJECT_BINARY_DIR}/live/mien.wasm")
add_custom_command(OUTPUT "${MIEN_LIVE_MODULE}" DEPENDS ${live_objects}
  COMMAND "${MIEN_LIVE_CLANG}" ${live_target} ${live_link} -O3
  -o "${MIEN_LIVE_MODULE}" ${live_objects} COMMENT "Linking the browser's module" VERBATIM)
add_custom_target(mien_live ALL DEPENDS "${MIEN_LIVE_MODULE}")

# mien.html: the page, with the module in it.
add_executable(pack_module tools/pack_module.c)
target_link_libraries(pack_module PRIVATE mien_internals mien_warnings)
add_custom_command(OUTPUT "${MIEN_LIVE_MODULE}.txt" DEPENDS "${MIEN_LIVE_MODULE}" pack_module
  COMMAND pack_module "${MIEN_LIVE_MODULE}" > "${MIEN_LIVE_MODULE}.txt" VERBATIM)
set(MIEN_LIVE_PAGE "${PROJECT_BINARY_DIR}/mien.html")
mien_add_page(OUTPUT "${MIEN_LIVE_PAGE}" TEMPLATE live.html MODULES modules.txt live-modules.txt STYLES page.css live.css
  POLICY "'wasm-unsafe-eval'|img-src data:|worker-src blob:"
  INSERT "MODULE=${MIEN_LIVE_MODULE}.txt" "WORKER=${PROJECT_SOURCE_DIR}/assets/page/worker.js")
add_custom_target(mien_live_page ALL DEPENDS "${MIEN_LIVE_PAGE}")
