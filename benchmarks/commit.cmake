# cmake -DSOURCE_DIR=... -DOUTPUT=... -DCOMPILER=... -P commit.cmake
# Writes the header that says what was built. Left alone when nothing changed, so that nothing is compiled again.
set(commit unknown)
find_program(GIT_PROGRAM git)
if(GIT_PROGRAM)
  # Without optional locks: a build does not write to the repository.
  execute_process(COMMAND ${CMAKE_COMMAND} -E env GIT_OPTIONAL_LOCKS=0 ${GIT_PROGRAM} describe --always --dirty --abbrev=12
    WORKING_DIRECTORY ${SOURCE_DIR} OUTPUT_VARIABLE described ERROR_QUIET RESULT_VARIABLE failed
    OUTPUT_STRIP_TRAILING_WHITESPACE)
  if(NOT failed AND described)
    set(commit ${described})
  endif()
endif()
set(text "#pragma once\n\ninline constexpr char kCommitText[] = \"${commit}\";\ninline constexpr char kCompilerText[] = \"${COMPILER}\";\n")
set(before "")
if(EXISTS ${OUTPUT})
  file(READ ${OUTPUT} before)
endif()
if(NOT before STREQUAL text)
  file(WRITE ${OUTPUT} "${text}")
endif()
