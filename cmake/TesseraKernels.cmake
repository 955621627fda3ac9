# The CPU kernels. The sources under kernels/cpu/simd are compiled once per instruction-set level; the level is chosen at
# run time (kernels/cpu_dispatch.hpp), so the library needs no -march flag and runs on any processor of its family.

# _tessera_add_simd_level(<target> <level> <vector bytes> [flag...]) compiles the loops for one level into <target>.
function(_tessera_add_simd_level target level bytes)
  set(objects ${target}_simd_${level})
  add_library(${objects} OBJECT ${PROJECT_SOURCE_DIR}/kernels/cpu/simd/level.cpp)
  target_include_directories(${objects} PRIVATE ${PROJECT_SOURCE_DIR} ${PROJECT_SOURCE_DIR}/include)
  target_compile_definitions(${objects} PRIVATE TESSERA_SIMD_NAMESPACE=${level} TESSERA_SIMD_BYTES=${bytes})
  target_compile_features(${objects} PRIVATE cxx_std_20)
  target_compile_options(
    ${objects} PRIVATE $<$<NOT:$<CONFIG:Debug>>:-O3> -ffp-contract=fast -fno-math-errno -fno-trapping-math ${ARGN})
  # Link-time optimisation would let code compiled for one level reach another.
  set_target_properties(${objects} PROPERTIES POSITION_INDEPENDENT_CODE ON INTERPROCEDURAL_OPTIMIZATION OFF)
  target_sources(${target} PRIVATE $<TARGET_OBJECTS:${objects}>)
endfunction()

# tessera_add_cpu_kernels(<target>) adds the CPU kernels to a library target.
function(tessera_add_cpu_kernels target)
  set(cpu ${PROJECT_SOURCE_DIR}/kernels/cpu)
  target_sources(
    ${target}
    PRIVATE ${cpu}/activation.cpp ${cpu}/axis_products.cpp ${cpu}/box_axes.cpp ${cpu}/copy.cpp ${cpu}/dispatch.cpp ${cpu}/elementwise.cpp
            ${cpu}/loss.cpp ${cpu}/mode_mixing.cpp ${cpu}/products.cpp)
  target_include_directories(${target} PRIVATE ${PROJECT_SOURCE_DIR})
  set_target_properties(${target} PROPERTIES POSITION_INDEPENDENT_CODE ON)

  _tessera_add_simd_level(${target} portable 16)
  # Beside an emulated device the kernels of one level are enough.
  if(CMAKE_SYSTEM_PROCESSOR MATCHES "^(x86_64|AMD64|amd64)$" AND NOT TESSERA_CUDA STREQUAL "EMULATED")
    target_sources(${target} PRIVATE ${cpu}/levels_x86.cpp)
    _tessera_add_simd_level(${target} avx2 32 -mavx2 -mfma)
    _tessera_add_simd_level(${target} avx512 64 -mavx512f -mavx512dq -mavx512bw -mavx512vl -mavx2 -mfma
                            -mprefer-vector-width=512)
  else()
    target_sources(${target} PRIVATE ${cpu}/levels_generic.cpp)
  endif()
endfunction()
