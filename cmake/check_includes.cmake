# The include-direction check: cmake -DROOT=<checkout> -P cmake/check_includes.cmake
# A room may include only rooms above it in this list, and public headers none of the heavy or internal ones. Every
# violation is printed as file:line; the exit code is 1 when there is one.
cmake_minimum_required(VERSION 3.25)

set(rooms core kernels comm tensor primitives spectral autograd layers models training io testing batch simulation cli)
# What would make every user of a public header pay for, or need, a dependency of the library.
set(kept_out_of_public_headers
  "^(hdf5|H5[A-Za-z]*|fftw3|toml|blosc|zstd|zlib)\\.h(pp)?$"
  "^(cuda|cublas|cufft|nccl|driver_types)[A-Za-z_]*\\.h$"
  "^(CLI|toml\\+\\+|spdlog|fmt|nlohmann|stb|Eigen|Random123|kernels|gtest|gmock|curl)/")

if(NOT IS_DIRECTORY "${ROOT}/include/tessera")
  message(FATAL_ERROR "check_includes: ROOT must name the checkout, and '${ROOT}' has no include/tessera")
endif()

# room_of_file(<variable> <path from ROOT>): include/tessera/<room>/..., src/<room>/..., kernels/...
function(room_of_file variable path)
  string(REGEX REPLACE "^(include/tessera|src)/" "" inner "${path}")
  string(REGEX REPLACE "/.*" "" room "${inner}")
  set(${variable} "${room}" PARENT_SCOPE)
endfunction()

# room_of_include(<variable> <included name>): empty for the standard library, packages and files of the same folder.
function(room_of_include variable name)
  set(room "")
  if(name MATCHES "^tessera/([^/]+)/")
    set(room "${CMAKE_MATCH_1}")
  elseif(name MATCHES "^([^/]+)/" AND CMAKE_MATCH_1 IN_LIST rooms)
    set(room "${CMAKE_MATCH_1}")
  endif()
  set(${variable} "${room}" PARENT_SCOPE)
endfunction()

# line_of(<variable> <file> <line text>): the number of the first such line.
function(line_of variable file text)
  file(READ "${file}" content)
  string(FIND "\n${content}" "\n${text}" position)
  string(SUBSTRING "\n${content}" 0 ${position} before)
  string(REGEX MATCHALL "\n" breaks "${before}\n")
  list(LENGTH breaks number)
  set(${variable} ${number} PARENT_SCOPE)
endfunction()

# why_not(<variable> <path from ROOT> <included name>): why that file may not include that name; empty when it may.
function(why_not variable path name)
  room_of_file(own "${path}")
  room_of_include(other "${name}")
  list(FIND rooms "${own}" own_place)
  list(FIND rooms "${other}" other_place)
  set(reason "")
  if(own_place EQUAL -1)
    set(reason "'${own}' is not a room")
  elseif(name MATCHES "\\.\\./")
    set(reason "includes are named from include/, src/ or the checkout, not relative to the file")
  elseif(NOT other STREQUAL "" AND other_place EQUAL -1)
    set(reason "'${other}' is not a room")
  elseif(other_place GREATER own_place)
    set(reason "room '${own}' may not include room '${other}', which is below it")
  elseif(path MATCHES "^include/")
    foreach(pattern IN LISTS kept_out_of_public_headers)
      if(name MATCHES "${pattern}")
        set(reason "public headers may not include this")
      endif()
    endforeach()
  endif()
  set(${variable} "${reason}" PARENT_SCOPE)
endfunction()

file(GLOB_RECURSE files RELATIVE "${ROOT}"
  "${ROOT}/include/tessera/*.hpp" "${ROOT}/src/*.hpp" "${ROOT}/src/*.cpp"
  "${ROOT}/kernels/*.hpp" "${ROOT}/kernels/*.cpp" "${ROOT}/kernels/*.cuh" "${ROOT}/kernels/*.cu")
set(violations 0)
foreach(path IN LISTS files)
  file(STRINGS "${ROOT}/${path}" lines REGEX "^[ \t]*#[ \t]*include[ \t]*[\"<]")
  foreach(line IN LISTS lines)
    string(REGEX REPLACE "^[^\"<]*[\"<]([^\">]*).*" "\\1" name "${line}")
    why_not(reason "${path}" "${name}")
    if(reason)
      line_of(number "${ROOT}/${path}" "${line}")
      message("${path}:${number}: ${name}: ${reason}")
      math(EXPR violations "${violations} + 1")
    endif()
  endforeach()
endforeach()
list(LENGTH files count)
if(violations GREATER 0)
  message(FATAL_ERROR "check_includes: ${violations} forbidden include(s) in ${count} files")
endif()
message(STATUS "check_includes: ${count} files, every include points to its own room or one above it")
