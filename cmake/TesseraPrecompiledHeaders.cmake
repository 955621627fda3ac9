# Precompiled headers shorten a build that compiles everything. What is built without them (preset ci does so) is what
# finds a source that lacks an include of its own.
option(TESSERA_PRECOMPILED_HEADERS "Precompile what the sources of the library and of the programs include most" OFF)

# tessera_precompile(<target> <header>...) has the headers, as in <vector>, precompiled for the sources of <target>.
function(tessera_precompile target)
  target_precompile_headers(${target} PRIVATE ${ARGN})
  _tessera_let_ccache_see(${target})
endfunction()

# tessera_reuse_precompiled(<target> <owner>) takes those of <owner>, whose compile options must be the same.
function(tessera_reuse_precompiled target owner)
  target_precompile_headers(${target} REUSE_FROM ${owner})
  _tessera_let_ccache_see(${target})
endfunction()

# ccache reads the preprocessed text, in which GCC names a precompiled header only when it is told to.
function(_tessera_let_ccache_see target)
  if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
    target_compile_options(${target} PRIVATE $<$<COMPILE_LANGUAGE:CXX>:-fpch-preprocess>)
  endif()
endfunction()
