# What mien is built from; names of Debian packages are in tools/packages.txt.
list(APPEND CMAKE_MODULE_PATH ${CMAKE_CURRENT_LIST_DIR})
find_package(PkgConfig REQUIRED)
find_package(Threads REQUIRED)
set(MIEN_BLAS_PACKAGE "") # for those who link to the installed library
set(mien_blas_library "")
if(MIEN_BLAS STREQUAL openblas OR MIEN_BUILD_TESTS) # tests hold results against LAPACK's own
  pkg_check_modules(openblas REQUIRED IMPORTED_TARGET openblas)
endif()
if(MIEN_BLAS STREQUAL openblas)
  set(MIEN_BLAS_PACKAGE openblas)
  set(mien_blas_library PkgConfig::openblas)
endif()
pkg_check_modules(jansson REQUIRED IMPORTED_TARGET jansson)
pkg_check_modules(libdeflate REQUIRED IMPORTED_TARGET libdeflate)
find_package(LPSolve REQUIRED) # beside this file

# stb: single headers, treated as foreign code (see src/read/formats/stb.c)
find_path(MIEN_STB_DIR stb_image.h HINTS ${STB_INCLUDE_DIR} PATH_SUFFIXES stb REQUIRED)
find_file(MIEN_FONT DejaVuSans.ttf PATHS /usr/share/fonts/truetype/dejavu /usr/share/fonts
  PATH_SUFFIXES truetype/dejavu dejavu TTF REQUIRED)
find_file(MIEN_FONT_BOLD DejaVuSans-Bold.ttf PATHS /usr/share/fonts/truetype/dejavu
  /usr/share/fonts PATH_SUFFIXES truetype/dejavu dejavu TTF REQUIRED)
