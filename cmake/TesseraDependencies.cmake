# Every package the library needs, in one place; docs/dependencies.md says why each was chosen.
find_package(MPI REQUIRED COMPONENTS C)
# The obsolete MPI C++ bindings would drag in a second library.
set_property(TARGET MPI::MPI_C APPEND PROPERTY INTERFACE_COMPILE_DEFINITIONS OMPI_SKIP_MPICXX MPICH_SKIP_MPICXX)

find_package(ParallelHDF5 REQUIRED)
find_package(Eigen3 3.3 REQUIRED NO_MODULE)
find_package(fmt REQUIRED)
find_package(spdlog REQUIRED)
find_path(RANDOM123_INCLUDE_DIR Random123/philox.h REQUIRED)
find_path(STB_INCLUDE_DIR stb/stb_image_write.h REQUIRED)
if(TESSERA_FFTW)
  find_package(FFTW3 REQUIRED)
endif()
if(TESSERA_BUILD_CLI)
  find_package(CLI11 REQUIRED)
  find_package(tomlplusplus REQUIRED)
  find_package(nlohmann_json REQUIRED)
endif()
