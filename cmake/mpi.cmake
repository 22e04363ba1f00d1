# mien-mpi: the same program under mpirun or srun. docs/clusters.md.
option(MIEN_MPI "Build mien-mpi, whose ranks share the work (needs MPI)" OFF)
if(NOT MIEN_MPI)
  return()
endif()
find_package(MPI REQUIRED COMPONENTS C)
add_executable(mien_mpi src/mpi/mpi_main.c src/mpi/team_mpi.c src/cli/program.c
  src/cli/limits.c)
set_target_properties(mien_mpi PROPERTIES OUTPUT_NAME mien-mpi RUNTIME_OUTPUT_DIRECTORY
  ${PROJECT_BINARY_DIR})
target_link_libraries(mien_mpi PRIVATE mien_commands mien_internals MPI::MPI_C mien_warnings mien_hardening)
if(MIEN_BUILD_TOOLS)
  add_executable(team_speed tools/team_speed.c src/mpi/team_mpi.c)
  target_link_libraries(team_speed PRIVATE mien_internals MPI::MPI_C mien_warnings m)
endif()
if(MIEN_INSTALL)
  install(TARGETS mien_mpi RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR} COMPONENT program)
endif()
