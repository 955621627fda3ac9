# CUDA and NCCL, where they are wanted and there: sets TESSERA_HAS_CUDA and TESSERA_HAS_NCCL, enables the language and
# finds CUDA:: targets and NCCL::nccl. TESSERA_CUDA_RUNTIME is the target with CUDA's headers and runtime.
set(TESSERA_CUDA AUTO CACHE STRING
  "Compute on NVIDIA devices: ON, OFF, AUTO (where the CUDA toolkit is found), or EMULATED (tests of the device code on \
the CPU, slow, cannot be installed)")
set_property(CACHE TESSERA_CUDA PROPERTY STRINGS AUTO ON OFF EMULATED)

# The first toolkit that compiles for architecture 100.
set(TESSERA_CUDA_VERSION 12.8)
set(TESSERA_HAS_CUDA FALSE)
set(TESSERA_CUDA_RUNTIME CUDA::cudart_static)

if(TESSERA_CUDA STREQUAL "EMULATED")
  set(TESSERA_HAS_CUDA TRUE)
  set(TESSERA_CUDA_RUNTIME tessera_cuda_emulation)
  add_subdirectory(tests/cuda_emulation)
elseif(TESSERA_CUDA)
  find_package(CUDAToolkit QUIET)
  if(NOT CUDAToolkit_FOUND OR NOT CUDAToolkit_NVCC_EXECUTABLE)
    set(missing "no CUDA toolkit with nvcc was found")
  elseif(CUDAToolkit_VERSION VERSION_LESS TESSERA_CUDA_VERSION)
    set(missing "CUDA ${CUDAToolkit_VERSION} in ${CUDAToolkit_BIN_DIR} is too old")
  elseif(NOT TARGET CUDA::cufft)
    set(missing "CUDA ${CUDAToolkit_VERSION} in ${CUDAToolkit_BIN_DIR} comes without cuFFT")
  else()
    set(TESSERA_HAS_CUDA TRUE)
  endif()
  if(TESSERA_HAS_CUDA)
    message(STATUS "CUDA ${CUDAToolkit_VERSION}: ${CUDAToolkit_NVCC_EXECUTABLE}")
  elseif(TESSERA_CUDA STREQUAL "AUTO")
    message(STATUS "CUDA: ${missing}; building for the CPU alone")
  else()
    message(FATAL_ERROR "TESSERA_CUDA=${TESSERA_CUDA}, but ${missing}. CUDA ${TESSERA_CUDA_VERSION} or newer is "
      "needed: install it from https://developer.nvidia.com/cuda-downloads and, where it is in a folder of its own, "
      "name that by CUDAToolkit_ROOT; or configure with -DTESSERA_CUDA=OFF.")
  endif()
endif()

if(TESSERA_HAS_CUDA AND NOT TESSERA_CUDA STREQUAL "EMULATED")
  # Code for each, and PTX of the newest for what comes after it.
  if(NOT DEFINED CMAKE_CUDA_ARCHITECTURES AND NOT DEFINED ENV{CUDAARCHS})
    set(CMAKE_CUDA_ARCHITECTURES 80-real 90-real 100)
  endif()
  if(NOT CMAKE_CUDA_COMPILER AND NOT DEFINED ENV{CUDACXX})
    set(CMAKE_CUDA_COMPILER "${CUDAToolkit_NVCC_EXECUTABLE}")
  endif()
  enable_language(CUDA)
  # CMake 3.25 does not know that nvcc 12 and 13 compile C++20.
  if(NOT CMAKE_CUDA20_STANDARD_COMPILE_OPTION)
    set(CMAKE_CUDA20_STANDARD_COMPILE_OPTION -std=c++20)
    set(CMAKE_CUDA20_EXTENSION_COMPILE_OPTION -std=c++20)
  endif()
  # The first with communicators that do not block, and so can be aborted.
  find_package(NCCL 2.14)
  set(TESSERA_HAS_NCCL ${NCCL_FOUND})
endif()
if(NOT TESSERA_HAS_NCCL)
  set(TESSERA_HAS_NCCL FALSE)
endif()

# Whether this MPI can be asked if it moves device memory.
include(CheckSymbolExists)
include(CMakePushCheckState)
cmake_push_check_state(RESET)
set(CMAKE_REQUIRED_LIBRARIES MPI::MPI_C)
check_symbol_exists(MPIX_Query_cuda_support "mpi.h;mpi-ext.h" TESSERA_MPI_CAN_BE_ASKED)
cmake_pop_check_state()

# tessera_add_cuda(<target>) adds the device functions of core, the CUDA kernels, NCCL and the question whether MPI moves
# device memory to a library target, or what stands for each in a build without.
function(tessera_add_cuda target)
  string(TOLOWER "${TESSERA_HAS_CUDA}" TESSERA_HAS_CUDA_VALUE)
  configure_file(${PROJECT_SOURCE_DIR}/src/core/build_features.hpp.in
    ${PROJECT_BINARY_DIR}/generated/core/build_features.hpp @ONLY)
  target_include_directories(${target} PRIVATE ${PROJECT_BINARY_DIR}/generated)
  set(comm ${PROJECT_SOURCE_DIR}/src/comm/backends)
  if(TESSERA_MPI_CAN_BE_ASKED)
    target_sources(${target} PRIVATE ${comm}/mpi_cuda_query.cpp)
  else()
    target_sources(${target} PRIVATE ${comm}/mpi_cuda_query_absent.cpp)
  endif()
  if(TESSERA_HAS_NCCL)
    target_sources(${target} PRIVATE ${comm}/nccl_transport.cpp)
    target_link_libraries(${target} PRIVATE NCCL::nccl)
  else()
    target_sources(${target} PRIVATE ${comm}/nccl_absent.cpp)
  endif()
  set(backends ${PROJECT_SOURCE_DIR}/src/core/backends)
  set(transforms ${PROJECT_SOURCE_DIR}/src/spectral/backends)
  set(engine ${PROJECT_SOURCE_DIR}/src/models/engine/backends)
  if(NOT TESSERA_HAS_CUDA)
    target_sources(${target} PRIVATE ${backends}/device_absent.cpp ${transforms}/device_axis_transform_absent.cpp
      ${transforms}/device_fft_pipeline_absent.cpp ${engine}/device_backend_absent.cpp)
    return()
  endif()
  file(GLOB kernels CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/kernels/cuda/*.cu)
  target_sources(${target} PRIVATE ${backends}/device_cuda.cpp ${backends}/cuda_error.cpp ${kernels}
    ${transforms}/cufft_plan.cpp ${transforms}/device_axis_transform_cuda.cpp ${transforms}/device_fft_pipeline_cuda.cpp
    ${transforms}/device_line_fft.cpp ${transforms}/device_tile_fft.cpp ${transforms}/measured_transform.cpp
    ${engine}/device_backend_cuda.cpp ${engine}/device_field.cpp ${engine}/device_tile.cpp ${engine}/pass_graphs.cpp
    ${engine}/slab_transform.cpp)
  if(TESSERA_CUDA STREQUAL "EMULATED")
    # To C++ #pragma unroll is unknown.
    set_source_files_properties(${kernels} PROPERTIES LANGUAGE CXX COMPILE_OPTIONS -Wno-unknown-pragmas)
    # Some headers of the kernels have a counterpart there, which is to be found first.
    get_target_property(emulation ${TESSERA_CUDA_RUNTIME} INTERFACE_INCLUDE_DIRECTORIES)
    target_include_directories(${target} BEFORE PRIVATE ${emulation})
    target_link_libraries(${target} PRIVATE $<BUILD_INTERFACE:${TESSERA_CUDA_RUNTIME}>)
  else()
    target_link_libraries(${target} PRIVATE ${TESSERA_CUDA_RUNTIME} CUDA::cufft)
  endif()
endfunction()
