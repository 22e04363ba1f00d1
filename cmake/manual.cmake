# The manual and completion for shells, from the tables of options. What is built for another machine
# needs an emulator (CMAKE_CROSSCOMPILING_EMULATOR) to make them.
option(MIEN_BUILD_MANUAL "Make the manual and completion for shells" ON)
if(MIEN_BUILD_MANUAL)
  string(TIMESTAMP manual_date "%Y-%m-%d" UTC) # of SOURCE_DATE_EPOCH where that is set
  add_executable(make_manual tools/make_manual.c)
  target_include_directories(make_manual PRIVATE src)
  target_compile_definitions(make_manual PRIVATE "MANUAL_DATE=\"${manual_date}\"")
  target_link_libraries(make_manual PRIVATE mien_commands mien mien_warnings mien_hardening m)
  set(MIEN_MANUAL_DIR ${PROJECT_BINARY_DIR}/manual)
  file(MAKE_DIRECTORY ${MIEN_MANUAL_DIR})
  add_custom_command(OUTPUT ${MIEN_MANUAL_DIR}/mien.1
    COMMAND make_manual ${MIEN_MANUAL_DIR} DEPENDS make_manual VERBATIM
    COMMENT "Making the manual and completion")
  add_custom_target(manual ALL DEPENDS ${MIEN_MANUAL_DIR}/mien.1)
endif()
