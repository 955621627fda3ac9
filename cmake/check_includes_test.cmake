# Does the include-direction check see what it is there for?
#   cmake -DCHECKER=<check_includes.cmake> -DWORK=<scratch folder> -P check_includes_test.cmake
cmake_minimum_required(VERSION 3.25)

# check(<variable>) runs the checker on the made-up tree; its output and exit code go to <variable> and <variable>_code.
function(check variable)
  execute_process(COMMAND "${CMAKE_COMMAND}" "-DROOT=${WORK}" -P "${CHECKER}"
    RESULT_VARIABLE code OUTPUT_VARIABLE output ERROR_VARIABLE output)
  set(${variable} "${output}" PARENT_SCOPE)
  set(${variable}_code "${code}" PARENT_SCOPE)
endfunction()

# expect_violation(<path> <content> <file:line and reason, a regular expression>)
function(expect_violation path content expected)
  file(WRITE "${WORK}/${path}" "${content}")
  check(found)
  if(found_code EQUAL 0 OR NOT found MATCHES "${expected}" OR NOT found MATCHES "1 forbidden")
    message(FATAL_ERROR "expected one violation, '${expected}'; exit code ${found_code}, output:\n${found}")
  endif()
  file(REMOVE "${WORK}/${path}")
endfunction()

file(REMOVE_RECURSE "${WORK}")
file(WRITE "${WORK}/include/tessera/core/shape.hpp" "#pragma once\n\n#include <vector>\n")
file(WRITE "${WORK}/include/tessera/tensor/tensor.hpp" "#pragma once\n#include \"tessera/core/shape.hpp\"\n#include <mpi.h>\n")
file(WRITE "${WORK}/src/tensor/tensor.cpp"
  "#include \"tessera/tensor/tensor.hpp\"\n#include <hdf5.h>\n#include \"kernels/copy.hpp\"\n#include \"local.hpp\"\n")
file(WRITE "${WORK}/kernels/copy.hpp" "#include \"tessera/core/shape.hpp\"\n#include \"kernels/other.hpp\"\n")
check(clean)
if(NOT clean_code EQUAL 0)
  message(FATAL_ERROR "a tree without violations is refused:\n${clean}")
endif()

expect_violation("include/tessera/core/bad.hpp" "#pragma once\n\n#include <a;b>\n#include \"tessera/tensor/tensor.hpp\"\n"
  "include/tessera/core/bad.hpp:4: .*room 'core' may not include room 'tensor'")
expect_violation("src/tensor/bad.cpp" "// [ ; ]\n  #  include <tessera/io/store.hpp>\n"
  "src/tensor/bad.cpp:2: .*room 'tensor' may not include room 'io'")
expect_violation("src/spectral/bad.cpp" "#include \"layers/inner.hpp\"\n" "src/spectral/bad.cpp:1: .*'layers'")
expect_violation("kernels/cpu/bad.cpp" "#include \"tessera/comm/communicator.hpp\"\n" "kernels/cpu/bad.cpp:1: .*'comm'")
expect_violation("include/tessera/comm/bad.hpp" "#include \"kernels/copy.hpp\"\n" "bad.hpp:1: kernels/copy.hpp: public headers")
expect_violation("include/tessera/cli/bad.hpp" "#include <toml++/toml.h>\n" "bad.hpp:1: .*public headers")
expect_violation("include/tessera/io/bad.hpp" "#include <hdf5.h>\n" "bad.hpp:1: hdf5.h: public headers")
expect_violation("include/tessera/core/bad.hpp" "#include <cuda_runtime_api.h>\n" "bad.hpp:1: .*public headers")
expect_violation("kernels/cuda/bad.cu" "#include \"tessera/tensor/tensor.hpp\"\n" "kernels/cuda/bad.cu:1: .*'tensor'")
expect_violation("src/io/bad.cpp" "#include \"../cli/options.hpp\"\n" "bad.cpp:1: .*relative")
expect_violation("src/attic/bad.cpp" "#include <vector>\n" "bad.cpp:1: .*'attic' is not a room")
file(REMOVE_RECURSE "${WORK}")
