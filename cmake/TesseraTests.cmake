find_package(GTest REQUIRED)
include(GoogleTest)

# mpirun as any user, with more ranks than cores, without binding two ranks to one core.
set(TESSERA_MPI_ENVIRONMENT
  OMPI_ALLOW_RUN_AS_ROOT=1 OMPI_ALLOW_RUN_AS_ROOT_CONFIRM=1 OMPI_MCA_rmaps_base_oversubscribe=1
  OMPI_MCA_mpi_yield_when_idle=1 OMPI_MCA_hwloc_base_binding_policy=none OMPI_MCA_btl_vader_single_copy_mechanism=none
  OMP_NUM_THREADS=1 ASAN_OPTIONS=detect_leaks=0:allocator_may_return_null=1 UBSAN_OPTIONS=print_stacktrace=1)
# The ranks share a machine, and looking for its networks takes a third of a second of every start. On GPUs what is found
# may matter.
if(NOT TESSERA_HAS_CUDA OR TESSERA_CUDA STREQUAL "EMULATED")
  list(APPEND TESSERA_MPI_ENVIRONMENT OMPI_MCA_pml=ob1)
endif()

# The tests' own sources: it takes longer to optimise them than to run them.
set(TESSERA_TEST_OPTIMISATION $<$<CONFIG:Release>:-O1>)

# tessera_add_mpi_test(<name> SOURCES <file>... [RANKS <n>...] [LABELS <label>...] [DEVICE_RANKS <n>...]
#                      [DEVICE_FILTER <tests>])
# One test program, run by CTest once for each rank count (default 1) as <name>_np<n>; where the build has CUDA, also
# with tensors on devices, on DEVICE_RANKS ranks, as <name>_cuda_np<n>, of which DEVICE_FILTER (GoogleTest's) may leave
# out what is for the CPU alone.
function(tessera_add_mpi_test name)
  cmake_parse_arguments(ARG "" "TIMEOUT;DEVICE_FILTER" "SOURCES;RANKS;LABELS;LIBRARIES;DEVICE_RANKS" ${ARGN})
  if(NOT ARG_RANKS)
    set(ARG_RANKS 1)
  endif()
  if(NOT ARG_TIMEOUT)
    set(ARG_TIMEOUT 300)
  endif()
  add_executable(${name} ${ARG_SOURCES})
  target_include_directories(${name} PRIVATE ${PROJECT_SOURCE_DIR} ${PROJECT_SOURCE_DIR}/tests)
  target_compile_definitions(${name} PRIVATE TESSERA_TEST_DATA="${PROJECT_SOURCE_DIR}/tests/data")
  target_link_libraries(${name} PRIVATE tessera_test_main Tessera::tessera ${ARG_LIBRARIES})
  target_compile_options(${name} PRIVATE ${TESSERA_TEST_OPTIMISATION})
  tessera_reuse_precompiled(${name} tessera_test_main)
  foreach(ranks ${ARG_RANKS})
    set(test ${name}_np${ranks})
    add_test(NAME ${test} COMMAND ${MPIEXEC_EXECUTABLE} ${MPIEXEC_NUMPROC_FLAG} ${ranks} $<TARGET_FILE:${name}>)
    set_tests_properties(${test} PROPERTIES ENVIRONMENT "${TESSERA_MPI_ENVIRONMENT}" TIMEOUT ${ARG_TIMEOUT}
      LABELS "${ARG_LABELS}" PROCESSORS ${ranks} FAIL_REGULAR_EXPRESSION "0 tests from 0 test suites ran")
  endforeach()
  if(NOT TESSERA_HAS_CUDA)
    return()
  endif()
  foreach(ranks ${ARG_DEVICE_RANKS})
    set(test ${name}_cuda_np${ranks})
    add_test(NAME ${test} COMMAND ${MPIEXEC_EXECUTABLE} ${MPIEXEC_NUMPROC_FLAG} ${ranks} $<TARGET_FILE:${name}>)
    set(environment TESSERA_TEST_DEVICE=cuda)
    if(ARG_DEVICE_FILTER)
      list(APPEND environment "GTEST_FILTER=${ARG_DEVICE_FILTER}")
    endif()
    set_tests_properties(${test} PROPERTIES ENVIRONMENT "${TESSERA_MPI_ENVIRONMENT};${environment}"
      TIMEOUT ${ARG_TIMEOUT} LABELS gpu PROCESSORS ${ranks}
      FAIL_REGULAR_EXPRESSION "0 tests from 0 test suites ran")
  endforeach()
endfunction()
