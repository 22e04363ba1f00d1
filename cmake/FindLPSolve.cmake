# lp_solve 5.5, which has no package config: target lpsolve::lpsolve, and LPSOLVE_LIBS for a .pc file.
# Debian has it as archives alone, one of them for shared libraries, and these need what lp_solve was
# built with: colamd.
find_path(LPSOLVE_INCLUDE_DIR lpsolve/lp_lib.h)
if(BUILD_SHARED_LIBS)
  find_library(LPSOLVE_LIBRARY NAMES lpsolve55_pic lpsolve55)
else()
  find_library(LPSOLVE_LIBRARY NAMES lpsolve55)
endif()
find_library(LPSOLVE_COLAMD_LIBRARY NAMES colamd)
include(FindPackageHandleStandardArgs)
find_package_handle_standard_args(LPSolve REQUIRED_VARS LPSOLVE_LIBRARY LPSOLVE_INCLUDE_DIR)
mark_as_advanced(LPSOLVE_LIBRARY LPSOLVE_INCLUDE_DIR LPSOLVE_COLAMD_LIBRARY)
if(LPSolve_FOUND)
  get_filename_component(lpsolve_name "${LPSOLVE_LIBRARY}" NAME_WE)
  string(REGEX REPLACE "^lib" "-l" LPSOLVE_LIBS "${lpsolve_name}")
  set(lpsolve_needs "${CMAKE_DL_LIBS};m")
  if(LPSOLVE_COLAMD_LIBRARY)
    list(PREPEND lpsolve_needs "${LPSOLVE_COLAMD_LIBRARY}")
    string(APPEND LPSOLVE_LIBS " -lcolamd")
  endif()
  string(APPEND LPSOLVE_LIBS " -ldl")
  if(NOT TARGET lpsolve::lpsolve)
    add_library(lpsolve::lpsolve UNKNOWN IMPORTED)
    set_target_properties(lpsolve::lpsolve PROPERTIES
      IMPORTED_LOCATION "${LPSOLVE_LIBRARY}"
      INTERFACE_INCLUDE_DIRECTORIES "${LPSOLVE_INCLUDE_DIR}"
      INTERFACE_LINK_LIBRARIES "${lpsolve_needs}")
  endif()
endif()
