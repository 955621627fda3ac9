# cmake --install, and the package files behind find_package(Tessera CONFIG).
include(CMakePackageConfigHelpers)

function(tessera_install)
  install(TARGETS tessera EXPORT TesseraTargets)
  if(TARGET tessera_program)
    # Finds a shared library beside it, wherever the installed tree is moved to.
    file(RELATIVE_PATH library_dir "/${CMAKE_INSTALL_BINDIR}" "/${CMAKE_INSTALL_LIBDIR}")
    set_target_properties(tessera_program PROPERTIES INSTALL_RPATH "$ORIGIN/${library_dir}")
    install(TARGETS tessera_program)
  endif()
  install(DIRECTORY "${PROJECT_SOURCE_DIR}/include/tessera" DESTINATION ${CMAKE_INSTALL_INCLUDEDIR})
  install(FILES "${PROJECT_SOURCE_DIR}/LICENSE" DESTINATION ${CMAKE_INSTALL_DOCDIR})
  set(package_dir ${CMAKE_INSTALL_LIBDIR}/cmake/Tessera)
  install(EXPORT TesseraTargets NAMESPACE Tessera:: DESTINATION ${package_dir})
  configure_package_config_file("${PROJECT_SOURCE_DIR}/cmake/TesseraConfig.cmake.in"
    "${PROJECT_BINARY_DIR}/TesseraConfig.cmake" INSTALL_DESTINATION ${package_dir})
  write_basic_package_version_file("${PROJECT_BINARY_DIR}/TesseraConfigVersion.cmake" COMPATIBILITY SameMinorVersion)
  install(FILES "${PROJECT_BINARY_DIR}/TesseraConfig.cmake" "${PROJECT_BINARY_DIR}/TesseraConfigVersion.cmake"
    "${PROJECT_SOURCE_DIR}/cmake/FindFFTW3.cmake" "${PROJECT_SOURCE_DIR}/cmake/FindNCCL.cmake"
    "${PROJECT_SOURCE_DIR}/cmake/FindParallelHDF5.cmake" "${PROJECT_SOURCE_DIR}/cmake/FindBlosc.cmake"
    "${PROJECT_SOURCE_DIR}/cmake/FindZstd.cmake"
    DESTINATION ${package_dir})
endfunction()
