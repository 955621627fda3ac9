# hdf5::hdf5: the C library of an HDF5 built with MPI. CMake's own FindHDF5 asks the h5pcc script, which cannot work in
# a folder whose path has a space. HDF5_ROOT, variable or environment, names another place to look first.
set(_parallel_hdf5_places HINTS ${HDF5_ROOT} ENV HDF5_ROOT)
find_path(PARALLEL_HDF5_INCLUDE_DIR hdf5.h ${_parallel_hdf5_places}
  PATH_SUFFIXES include/hdf5/openmpi hdf5/openmpi include/hdf5/mpich hdf5/mpich include)
find_library(PARALLEL_HDF5_LIBRARY hdf5 ${_parallel_hdf5_places}
  PATH_SUFFIXES lib/hdf5/openmpi hdf5/openmpi lib/hdf5/mpich hdf5/mpich lib)
unset(_parallel_hdf5_places)

set(ParallelHDF5_HAS_MPI FALSE)
if(PARALLEL_HDF5_INCLUDE_DIR)
  file(GLOB _parallel_hdf5_headers "${PARALLEL_HDF5_INCLUDE_DIR}/H5pubconf*.h")
  foreach(_parallel_hdf5_header IN LISTS _parallel_hdf5_headers)
    file(STRINGS "${_parallel_hdf5_header}" _parallel_hdf5_lines REGEX "define +H5_(HAVE_PARALLEL +1|PACKAGE_VERSION )")
    if(_parallel_hdf5_lines MATCHES "H5_HAVE_PARALLEL")
      set(ParallelHDF5_HAS_MPI TRUE)
    endif()
    if(_parallel_hdf5_lines MATCHES "PACKAGE_VERSION +\"([^\"]*)\"")
      set(ParallelHDF5_VERSION "${CMAKE_MATCH_1}")
    endif()
  endforeach()
endif()

include(FindPackageHandleStandardArgs)
find_package_handle_standard_args(ParallelHDF5
  REQUIRED_VARS PARALLEL_HDF5_LIBRARY PARALLEL_HDF5_INCLUDE_DIR ParallelHDF5_HAS_MPI VERSION_VAR ParallelHDF5_VERSION
  REASON_FAILURE_MESSAGE
    "HDF5 built with MPI is needed (Debian: libhdf5-openmpi-dev), HDF5_ROOT says where else to look")
if(ParallelHDF5_FOUND AND NOT TARGET hdf5::hdf5)
  add_library(hdf5::hdf5 UNKNOWN IMPORTED)
  set_target_properties(hdf5::hdf5 PROPERTIES IMPORTED_LOCATION "${PARALLEL_HDF5_LIBRARY}"
    INTERFACE_INCLUDE_DIRECTORIES "${PARALLEL_HDF5_INCLUDE_DIR}" INTERFACE_LINK_LIBRARIES MPI::MPI_C)
endif()
mark_as_advanced(PARALLEL_HDF5_INCLUDE_DIR PARALLEL_HDF5_LIBRARY)
