# FFTW3::double and FFTW3::float: FFTW 3 in the two precisions the library computes in.
find_path(FFTW3_INCLUDE_DIR fftw3.h)
find_library(FFTW3_DOUBLE_LIBRARY fftw3)
find_library(FFTW3_FLOAT_LIBRARY fftw3f)
include(FindPackageHandleStandardArgs)
find_package_handle_standard_args(FFTW3 REQUIRED_VARS FFTW3_INCLUDE_DIR FFTW3_DOUBLE_LIBRARY FFTW3_FLOAT_LIBRARY)
foreach(precision DOUBLE FLOAT)
  string(TOLOWER ${precision} name)
  if(FFTW3_FOUND AND NOT TARGET FFTW3::${name})
    add_library(FFTW3::${name} UNKNOWN IMPORTED)
    set_target_properties(FFTW3::${name} PROPERTIES
      IMPORTED_LOCATION "${FFTW3_${precision}_LIBRARY}" INTERFACE_INCLUDE_DIRECTORIES "${FFTW3_INCLUDE_DIR}")
  endif()
endforeach()
