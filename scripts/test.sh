#!/usr/bin/env bash
# Installs what is missing, builds everything and runs every test. Works from any folder.
set -euo pipefail
source "$(dirname "${BASH_SOURCE[0]}")/common.sh"

usage() {
  cat <<'TEXT'
Usage: scripts/test.sh [--sanitize | --valgrind] [--large] [--network] [--no-install] [-- CTEST_OPTION...]
  (nothing)     build with preset ci (optimised, warnings are errors) and run every test; where there is nvcc, also
                build preset cuda and run the device tests, which need a GPU to be more than skipped
  --sanitize    the same under AddressSanitizer and UndefinedBehaviorSanitizer (preset sanitize)
  --valgrind    build with preset debug and run the cheap MPI tests on 2 ranks under valgrind
  --large       also the tests labelled large, which need some 10 GB of memory
  --network     also the tests labelled network, which make network namespaces as root
  --no-install  take the packages as they are
What follows -- goes to ctest, for example: scripts/test.sh -- -R spectral
TEXT
}

preset=ci
install=true
with_large=false
with_network=false
while [[ $# -gt 0 ]]; do
  case $1 in
    --sanitize) preset=sanitize ;;
    --valgrind) preset=debug ;;
    --large) with_large=true ;;
    --network) with_network=true ;;
    --no-install) install=false ;;
    -h | --help) usage; exit 0 ;;
    --) shift; break ;;
    *) usage >&2; fail "unknown option $1 (ctest's own options follow --)" ;;
  esac
  shift
done
build_dir=$root/build/$preset
skipped=(--label-exclude "none$($with_large || echo '|large')$($with_network || echo '|network')")

# The programs of these rooms are cheap enough for valgrind.
valgrind_rooms=(comm tensor primitives autograd layers)

# run_valgrind runs each room's program on 2 ranks; returns 1 when any rank of any saw an error.
run_valgrind() {
  local room failures=0
  for room in "${valgrind_rooms[@]}"; do
    echo "-- ${room}_test on 2 ranks"
    mpirun -n 2 valgrind --quiet --error-exitcode=99 --suppressions=/usr/share/openmpi/openmpi-valgrind.supp \
      --suppressions="$root/scripts/valgrind.supp" "$build_dir/tests/${room}_test" </dev/null ||
      failures=$((failures + 1))
  done
  result="$failures of ${#valgrind_rooms[@]} programs with errors"
  ((failures == 0))
}

# run_ctest [ctest option...]; a test that declares more processors than there are runs alone.
run_ctest() {
  local status=0
  ctest --test-dir "$build_dir" --output-on-failure --no-tests=error --parallel "$cores" \
    --output-junit "$build_dir/tests.xml" "${skipped[@]}" "$@" </dev/null || status=$?
  result="$(grep -c '<testcase' "$build_dir/tests.xml" || true) tests,"
  result+=" $(grep -c '<failure' "$build_dir/tests.xml" || true) failed"
  return "$status"
}

# build_cuda builds the library with CUDA and its tests; cuda_result says how long it took, or why it was skipped.
build_cuda() {
  local missing started=$SECONDS
  missing=$(cuda_missing)
  if [[ -n $missing ]]; then
    cuda_result="skipped: $missing"
    return
  fi
  heading "Build (preset cuda)"
  configure cuda
  (cd "$root" && cmake --build --preset cuda --parallel "$(build_jobs)")
  cuda_result="built in $(minutes_since "$started") in $root/build/cuda"
}

# run_cuda_tests runs the tests of preset cuda; those that need a device are skipped where there is none.
run_cuda_tests() {
  local log=$root/build/cuda/tests.log
  if ! (cd "$root" && ctest --preset cuda --no-tests=error --verbose --output-log "$log" </dev/null >/dev/null); then
    cat "$log"
    cuda_result+=", tests failed"
    return 1
  fi
  cuda_result+=", tests $(grep -om1 'skipped: no device.*' "$log" || echo passed)"
}

if $install; then
  heading "Packages"
  packages=(--tests)
  if [[ $preset == debug ]]; then packages+=(--valgrind); fi
  "$root/scripts/install_dependencies.sh" "${packages[@]}"
fi

heading "Build (preset $preset)"
build_started=$SECONDS
configure "$preset"
cmake --build "$build_dir" --parallel "$(build_jobs)"
build_time=$(minutes_since "$build_started")

cuda_result='skipped: built along with preset ci alone'
if [[ $preset == ci ]]; then build_cuda; fi

heading "Tests"
tests_started=$SECONDS
status=0
result=''
if [[ $preset == debug ]]; then run_valgrind || status=1; else run_ctest "$@" || status=1; fi
if [[ $cuda_result == built* ]]; then run_cuda_tests || status=1; fi

heading "Summary"
echo "Build:   $build_time in $build_dir"
echo "Tests:   $(minutes_since "$tests_started"), $result"
echo "CUDA:    $cuda_result"
if [[ $preset != debug ]]; then echo "Details: $build_dir/tests.xml"; fi
if ((status == 0)); then echo "Passed."; else echo "FAILED."; fi
exit "$status"
