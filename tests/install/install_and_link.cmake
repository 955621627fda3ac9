# Installs the build, then configures, builds and runs examples/custom_operator against the installed package in a folder
# outside the tree whose name has a space, and moves the installation first: nothing may point back to the build.
#   cmake -DBUILD=... -DSOURCE=... -DCONFIG=... -DGENERATOR=... -DCOMPILER=... -DSANITIZE=... -DMPIEXEC=... -P <this>
cmake_minimum_required(VERSION 3.25)

set(temporary "$ENV{TMPDIR}")
if(temporary STREQUAL "")
  set(temporary /tmp)
endif()
string(RANDOM LENGTH 8 suffix)
set(work "${temporary}/tessera install ${suffix}")

# run(<what it is> <command>...) prints the command's output and stops the test when it fails.
function(run what)
  execute_process(COMMAND ${ARGN} RESULT_VARIABLE code OUTPUT_VARIABLE output ERROR_VARIABLE output)
  message("-- ${what}\n${output}")
  if(NOT code EQUAL 0)
    file(REMOVE_RECURSE "${work}")
    message(FATAL_ERROR "${what} failed: ${code}")
  endif()
endfunction()

set(prefix "${work}/moved prefix")
run("cmake --install" ${CMAKE_COMMAND} --install "${BUILD}" --config "${CONFIG}" --prefix "${work}/prefix")
file(RENAME "${work}/prefix" "${prefix}")
file(GLOB_RECURSE package_files "${prefix}/*.cmake")
foreach(file IN LISTS package_files)
  file(READ "${file}" content)
  foreach(place "${BUILD}" "${SOURCE}" "${work}")
    string(FIND "${content}" "${place}" position)
    if(NOT position EQUAL -1)
      file(REMOVE_RECURSE "${work}")
      message(FATAL_ERROR "${file} names ${place}: the installed package depends on where it was built")
    endif()
  endforeach()
endforeach()

file(COPY "${SOURCE}/examples/custom_operator" DESTINATION "${work}")
set(flags "")
if(SANITIZE)
  set(flags "-fsanitize=${SANITIZE}")
endif()
run("configure the example" ${CMAKE_COMMAND} -S "${work}/custom_operator" -B "${work}/build" -G "${GENERATOR}"
  "-DCMAKE_BUILD_TYPE=${CONFIG}" "-DCMAKE_CXX_COMPILER=${COMPILER}" "-DCMAKE_CXX_FLAGS=${flags}"
  "-DCMAKE_PREFIX_PATH=${prefix}" --no-warn-unused-cli)
run("build the example" ${CMAKE_COMMAND} --build "${work}/build" --config "${CONFIG}")
run("run the example on 2 ranks" ${MPIEXEC} -n 2 "${work}/build/custom_operator")
if(EXISTS "${prefix}/bin/tessera")
  run("run the installed program" "${prefix}/bin/tessera" --help)
endif()
file(REMOVE_RECURSE "${work}")
