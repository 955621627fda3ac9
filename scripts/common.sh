# What quickstart.sh and test.sh share; sourced, not run.
# shellcheck shell=bash

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd -P)

# nproc itself heeds OMP_NUM_THREADS, which is set below.
cores=$(env -u OMP_NUM_THREADS nproc)

# Ranks as any user, more of them than cores, unbound, in containers without cross-memory attach.
export OMPI_ALLOW_RUN_AS_ROOT=1 OMPI_ALLOW_RUN_AS_ROOT_CONFIRM=1 OMPI_MCA_rmaps_base_oversubscribe=1
export OMPI_MCA_mpi_yield_when_idle=1 OMPI_MCA_hwloc_base_binding_policy=none
export OMPI_MCA_btl_vader_single_copy_mechanism=none OMP_NUM_THREADS=1

if [[ -t 1 ]]; then bold=$'\e[1m' plain=$'\e[0m'; else bold='' plain=''; fi

heading() { printf '\n%s== %s%s\n' "$bold" "$*" "$plain"; }

fail() {
  echo "$(basename "$0"): $*" >&2
  exit 1
}

# minutes_since <seconds> prints the time since $SECONDS had that value, as 1m05s.
minutes_since() {
  local elapsed=$((SECONDS - $1))
  printf '%dm%02ds' $((elapsed / 60)) $((elapsed % 60))
}

# One compile job per core, as far as memory goes: the heaviest take about 1.5 GB.
build_jobs() {
  local memory_jobs
  memory_jobs=$(awk '/^MemAvailable:/ { print int($2 / 1500000) }' /proc/meminfo)
  ((memory_jobs >= 1)) || memory_jobs=1
  echo $((cores < memory_jobs ? cores : memory_jobs))
}

# Without this ccache keeps nothing that is compiled with a precompiled header.
export CCACHE_SLOPPINESS=${CCACHE_SLOPPINESS:-pch_defines,time_macros}

# configure <preset> [cmake option...] in the checkout, with ccache where there is one.
configure() {
  local preset=$1 launcher=''
  shift
  if command -v ccache >/dev/null; then launcher=ccache; fi
  (cd "$root" && cmake --preset "$preset" -DCMAKE_C_COMPILER_LAUNCHER="$launcher" \
    -DCMAKE_CXX_COMPILER_LAUNCHER="$launcher" -DCMAKE_CUDA_COMPILER_LAUNCHER="$launcher" --no-warn-unused-cli "$@")
}

# cuda_missing prints why preset cuda cannot be built here, and nothing where it can (see cmake/TesseraCuda.cmake).
cuda_missing() {
  local nvcc version oldest=12.8
  nvcc=$(command -v nvcc || echo "${CUDAToolkit_ROOT:-/usr/local/cuda}/bin/nvcc")
  if ! version=$("$nvcc" --version 2>/dev/null | grep -oP 'release \K[0-9.]+'); then
    echo "no CUDA toolkit (nvcc) was found"
  elif [[ $(printf '%s\n' "$oldest" "$version" | sort -V | head -n 1) != "$oldest" ]]; then
    echo "CUDA $version is older than $oldest"
  fi
}
