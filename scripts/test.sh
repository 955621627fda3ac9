#!/usr/bin/env bash
# Installs what is missing, builds everything and runs every test. Works from any folder.
set -euo pipefail
source "$(dirname "${BASH_SOURCE[0]}")/common.sh"

usage() {
  cat <<'TEXT'
Usage: scripts/test.sh [--sanitize | --valgrind] [--large] [--network] [--all-architectures] [--no-install]
                       [-- CTEST_OPTION...]
  (nothing)     build with preset ci (optimised, warnings are errors) and run every test, with preset emulated the
                device tests on an emulation of CUDA, and where there is nvcc also with preset cuda, where they need a
                GPU to be more than skipped
  --sanitize    the same under AddressSanitizer and UndefinedBehaviorSanitizer (preset sanitize)
  --valgrind    build with preset debug and run the cheap MPI tests on 2 ranks under valgrind
  --large       also the tests labelled large, which need some 10 GB of memory
  --network     also the tests labelled network, which make network namespaces as root
  --all-architectures  compile preset cuda as an installation is, for every architecture and not for 90 alone
  --no-install  take the packages as they are
What follows -- goes to ctest, for example: scripts/test.sh -- -R spectral
TEXT
}

preset=ci
install=true
with_large=false
with_network=false
# For one architecture, and with host code little optimised: where there is no GPU, it is compiled and linked only.
cuda_options=(-DCMAKE_CUDA_ARCHITECTURES=90)
command -v nvidia-smi >/dev/null || cuda_options+=("-DCMAKE_CXX_FLAGS_RELEASE=-O1 -DNDEBUG")
while [[ $# -gt 0 ]]; do
  case $1 in
    --sanitize) preset=sanitize ;;
    --valgrind) preset=debug ;;
    --large) with_large=true ;;
    --network) with_network=true ;;
    --all-architectures) cuda_options=() ;;
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

# build_for_device <preset> [cmake option...] builds the library with CUDA, or an emulation of it, and its device tests; device_result says
# how long it took.
build_for_device() {
  local started=$SECONDS
  heading "Build (preset $1)"
  configure "$@"
  (cd "$root" && cmake --build --preset "$1" --parallel "$(build_jobs)")
  device_result[$1]="built in $(minutes_since "$started") in $root/build/$1"
}

# run_device_tests <preset> runs its tests; those that need a device are skipped where there is none.
run_device_tests() {
  local log=$root/build/$1/tests.log
  if ! (cd "$root" && ctest --preset "$1" --no-tests=error --parallel "$cores" --verbose --output-log "$log" \
    </dev/null >/dev/null); then
    cat "$log"
    device_result[$1]+=", tests failed"
    return 1
  fi
  device_result[$1]+=", tests $(grep -om1 'skipped: no device.*' "$log" || echo passed)"
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

declare -A device_result
for device_preset in emulated cuda; do
  device_result[$device_preset]='skipped: built along with preset ci alone'
done
if [[ $preset == ci ]]; then
  build_for_device emulated
  missing=$(cuda_missing)
  if [[ -n $missing ]]; then device_result[cuda]="skipped: $missing"; else build_for_device cuda "${cuda_options[@]}"; fi
fi

heading "Tests"
tests_started=$SECONDS
status=0
result=''
if [[ $preset == debug ]]; then run_valgrind || status=1; else run_ctest "$@" || status=1; fi
for device_preset in emulated cuda; do
  if [[ ${device_result[$device_preset]} == built* ]]; then run_device_tests "$device_preset" || status=1; fi
done

heading "Summary"
echo "Build:   $build_time in $build_dir"
echo "Tests:   $(minutes_since "$tests_started"), $result"
echo "CUDA:    ${device_result[cuda]}"
echo "Emulated device: ${device_result[emulated]}"
if [[ $preset != debug ]]; then echo "Details: $build_dir/tests.xml"; fi
if ((status == 0)); then echo "Passed."; else echo "FAILED."; fi
exit "$status"
