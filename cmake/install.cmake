# Library, header, program, bundled images, package config and mien.pc.
include(CMakePackageConfigHelpers)
set(config_dir ${CMAKE_INSTALL_LIBDIR}/cmake/mien)

install(TARGETS mien EXPORT mien
  ARCHIVE DESTINATION ${CMAKE_INSTALL_LIBDIR}
  LIBRARY DESTINATION ${CMAKE_INSTALL_LIBDIR})
install(FILES src/mien.h DESTINATION ${CMAKE_INSTALL_INCLUDEDIR})
install(DIRECTORY assets/faces assets/swimmer DESTINATION ${CMAKE_INSTALL_DATADIR}/mien)
install(FILES assets/faces.csv assets/swimmer_parts.npy DESTINATION ${CMAKE_INSTALL_DATADIR}/mien)
if(MIEN_BUILD_CLI)
  if(BUILD_SHARED_LIBS) # the program finds the library beside it, wherever both are put
    file(RELATIVE_PATH to_lib ${CMAKE_INSTALL_FULL_BINDIR} ${CMAKE_INSTALL_FULL_LIBDIR})
    set_target_properties(mien_cli PROPERTIES INSTALL_RPATH "$ORIGIN/${to_lib}")
  endif()
  install(TARGETS mien_cli RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR})
endif()

install(EXPORT mien FILE mien-targets.cmake NAMESPACE mien:: DESTINATION ${config_dir})
configure_package_config_file(cmake/mien-config.cmake.in mien-config.cmake
  INSTALL_DESTINATION ${config_dir})
write_basic_package_version_file(mien-config-version.cmake COMPATIBILITY SameMinorVersion)
# mien.pc starts from where it lies, so that --prefix at install time and a moved folder are right
if(IS_ABSOLUTE "${CMAKE_INSTALL_LIBDIR}")
  set(pc_prefix ${CMAKE_INSTALL_PREFIX})
else()
  file(RELATIVE_PATH up /${CMAKE_INSTALL_LIBDIR}/pkgconfig /)
  string(REGEX REPLACE "/$" "" up "${up}")
  set(pc_prefix "\${pcfiledir}/${up}")
endif()
foreach(kind LIB INCLUDE)
  set(pc_${kind}DIR "\${prefix}/${CMAKE_INSTALL_${kind}DIR}")
  if(IS_ABSOLUTE "${CMAKE_INSTALL_${kind}DIR}")
    set(pc_${kind}DIR ${CMAKE_INSTALL_${kind}DIR})
  endif()
endforeach()
configure_file(cmake/mien.pc.in mien.pc @ONLY)
install(FILES ${PROJECT_BINARY_DIR}/mien-config.cmake
  ${PROJECT_BINARY_DIR}/mien-config-version.cmake cmake/FindLPSolve.cmake DESTINATION ${config_dir})
install(FILES ${PROJECT_BINARY_DIR}/mien.pc DESTINATION ${CMAKE_INSTALL_LIBDIR}/pkgconfig)
