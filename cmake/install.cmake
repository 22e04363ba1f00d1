# Library, header, program with its manual, bundled images, package config and mien.pc. What is for
# those who build against the library is the component "development".
if(BUILD_SHARED_LIBS)
  set(library_component program)
else()
  set(library_component development)
endif()
set(CMAKE_INSTALL_DEFAULT_COMPONENT_NAME development)
include(CMakePackageConfigHelpers)
set(config_dir ${CMAKE_INSTALL_LIBDIR}/cmake/mien)

install(TARGETS mien EXPORT mien
  ARCHIVE DESTINATION ${CMAKE_INSTALL_LIBDIR} COMPONENT ${library_component}
  LIBRARY DESTINATION ${CMAKE_INSTALL_LIBDIR} COMPONENT ${library_component})
install(FILES src/mien.h src/mien_study.h src/mien_report.h DESTINATION ${CMAKE_INSTALL_INCLUDEDIR})
install(DIRECTORY assets/faces assets/swimmer DESTINATION ${CMAKE_INSTALL_DATADIR}/mien
  COMPONENT program)
install(FILES assets/faces.csv assets/swimmer_parts.npy DESTINATION ${CMAKE_INSTALL_DATADIR}/mien
  COMPONENT program)
if(MIEN_LIVE_PAGE)
  install(FILES ${MIEN_LIVE_PAGE} DESTINATION ${CMAKE_INSTALL_DATADIR}/mien COMPONENT program)
endif()
if(MIEN_BUILD_CLI)
  if(BUILD_SHARED_LIBS) # the program finds the library beside it, wherever both are put
    file(RELATIVE_PATH to_lib ${CMAKE_INSTALL_FULL_BINDIR} ${CMAKE_INSTALL_FULL_LIBDIR})
    set_target_properties(mien_cli PROPERTIES INSTALL_RPATH "$ORIGIN/${to_lib}")
  endif()
  install(TARGETS mien_cli RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR} COMPONENT program)
endif()
if(MIEN_BUILD_CLI AND MIEN_BUILD_MANUAL)
  install(DIRECTORY ${MIEN_MANUAL_DIR}/ DESTINATION ${CMAKE_INSTALL_MANDIR}/man1 COMPONENT program
    FILES_MATCHING PATTERN "*.1")
  install(FILES ${MIEN_MANUAL_DIR}/mien.bash RENAME mien COMPONENT program
    DESTINATION ${CMAKE_INSTALL_DATADIR}/bash-completion/completions)
  install(FILES ${MIEN_MANUAL_DIR}/mien.fish COMPONENT program
    DESTINATION ${CMAKE_INSTALL_DATADIR}/fish/vendor_completions.d)
  # Debian's zsh looks below /usr/local for site-functions, below /usr for vendor-completions
  install(CODE "
    set(folder site-functions)
    if(CMAKE_INSTALL_PREFIX STREQUAL \"/usr\")
      set(folder vendor-completions)
    endif()
    file(INSTALL \"${MIEN_MANUAL_DIR}/_mien\"
      DESTINATION \"\${CMAKE_INSTALL_PREFIX}/${CMAKE_INSTALL_DATADIR}/zsh/\${folder}\")"
    COMPONENT program)
endif()
install(FILES LICENSE DESTINATION ${CMAKE_INSTALL_DOCDIR} RENAME copyright COMPONENT program)

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

# ---------------------------------------------------------------- packages
# cpack -G DEB: the program, what it reads and its manual; dependencies as dpkg-shlibdeps finds them.
set(CPACK_PACKAGE_NAME mien)
set(CPACK_PACKAGE_VENDOR "the mien authors")
set(CPACK_PACKAGE_CONTACT "the mien authors <mien@localhost>")
set(CPACK_PACKAGE_DESCRIPTION_SUMMARY "${PROJECT_DESCRIPTION}")
set(CPACK_PACKAGE_DESCRIPTION "Point it at a folder of images or a table: it learns basis images by \
non-negative matrix factorization, beside k-means, PCA and ICA on the same data, and draws what each of \
them learned.")
set(CPACK_RESOURCE_FILE_LICENSE ${PROJECT_SOURCE_DIR}/LICENSE)
set(CPACK_STRIP_FILES ON)
set(CPACK_GENERATOR TGZ)
set(CPACK_COMPONENTS_ALL program)
set(CPACK_COMPONENTS_GROUPING ALL_COMPONENTS_IN_ONE)
set(CPACK_ARCHIVE_COMPONENT_INSTALL ON)
set(CPACK_DEB_COMPONENT_INSTALL ON)
set(CPACK_DEBIAN_FILE_NAME DEB-DEFAULT)
set(CPACK_DEBIAN_PACKAGE_SECTION science)
set(CPACK_DEBIAN_PACKAGE_SHLIBDEPS ON)
include(CPack)
