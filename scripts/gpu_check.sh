#!/usr/bin/env bash
# Builds for the GPU at hand, runs the device tests, compute-sanitizer and the benchmarks, and writes one report.
set -euo pipefail
# shellcheck source=common.sh
source "$(dirname "${BASH_SOURCE[0]}")/common.sh"

usage() {
  cat <<'TEXT'
Usage: scripts/gpu_check.sh [OPTION...]
Builds Tessera with CUDA for the first GPU of this machine, runs every device test on one rank and on several ranks that
share the GPU, the kernels' tests under compute-sanitizer, and the benchmarks, and writes one report with a log of every
step and the benchmarks' JSON beside it.
  --quick           what fits into some minutes: the main tests, memcheck of a few, and the main benchmarks
  --no-sanitizer    without compute-sanitizer
  --no-benchmarks   without benchmarks
  --no-install      take the packages as they are
  --out DIR         where the report goes (default build/gpu_check)
  --build DIR       where to build (default DIR of --out, with /build behind it)
  --python PROGRAM  the Python whose PyTorch the gradient is compared with (default python3)
  --tests REGEX     only device tests whose names match
  --preset emulated rehearses all this on the emulation of CUDA: tiny benchmarks, no sanitizer, no GPU needed
Exit code 0: every step passed; 77: skipped, for want of a GPU; else a step failed.
TEXT
}

quick=false
sanitizer=true
benchmarks=true
install=true
out=''
build_dir=''
python=python3
tests=''
preset=cuda
while [[ $# -gt 0 ]]; do
  case $1 in
    --quick) quick=true ;;
    --no-sanitizer) sanitizer=false ;;
    --no-benchmarks) benchmarks=false ;;
    --no-install) install=false ;;
    --out | --build | --python | --tests | --preset)
      [[ $# -ge 2 ]] || fail "$1 needs a value"
      case $1 in
        --out) out=$2 ;;
        --build) build_dir=$2 ;;
        --python) python=$2 ;;
        --tests) tests=$2 ;;
        --preset) preset=$2 ;;
      esac
      shift
      ;;
    -h | --help) usage; exit 0 ;;
    *) usage >&2; fail "unknown option $1" ;;
  esac
  shift
done
[[ $preset == cuda || $preset == emulated ]] || fail "expected --preset cuda or emulated, found $preset"

# What nvidia-smi says of the first GPU in a column; nothing where there is none.
gpu() { nvidia-smi --query-gpu="$1" --format=csv,noheader 2>/dev/null | head -n 1; }

no_sanitizer='not asked for'
if [[ $preset == cuda ]]; then
  if [[ -z $(gpu name) ]] && ! compgen -G '/dev/nvidia[0-9]*' >/dev/null; then
    echo "skipped: no device: nvidia-smi names no GPU"
    exit 77
  fi
  missing=$(cuda_missing)
  [[ -z $missing ]] || fail "$missing"
  architecture=$(gpu compute_cap | tr -dc 0-9)
  architecture=${architecture:+$architecture-real}
  architecture=${architecture:-native}
  nvcc=$(command -v nvcc || echo "${CUDAToolkit_ROOT:-/usr/local/cuda}/bin/nvcc")
  compute_sanitizer=$(dirname "$(readlink -f "$nvcc")")/compute-sanitizer
else
  sanitizer=false
  no_sanitizer='it is for GPUs'
fi
mkdir -p "${out:=$root/build/gpu_check}"
out=$(cd "$out" && pwd -P)
build_dir=$(realpath -m "${build_dir:-$out/build}")
rm -rf "$out/logs" "$out"/*.json "$out/report.md"
mkdir "$out/logs"

rows=()
failures=0
running=''
clock() { printf '%3dm%02ds' $((SECONDS / 60)) $((SECONDS % 60)); }

# step <name> <seconds> <command...> runs a step with its time limit and its log, and adds its row to the report.
step() {
  local name=$1 limit=$2 status=0 started=$SECONDS result
  shift 2
  printf '[%s] %-28s ' "$(clock)" "$name"
  # Not in the foreground, where a signal to this script would have to wait for the step.
  timeout --kill-after=10 "$limit" "$@" >"$out/logs/$name.log" 2>&1 </dev/null &
  running=$!
  wait "$running" || status=$?
  if ((status == 124 || status == 137)); then
    result="FAILED: not done in $limit s"
  elif ((status != 0)); then
    result="FAILED: exit code $status"
  elif grep -q 'skipped: no device' "$out/logs/$name.log"; then
    result='FAILED: found no device'
    status=1
  elif [[ $name != largest-* ]] && grep -qs '^    "error":' "$out/$name.json"; then
    result='FAILED: a case of the benchmark'
    status=1
  else
    result=passed
  fi
  echo "$result ($((SECONDS - started)) s)"
  if ((status != 0)); then
    failures=$((failures + 1))
    tail -n 5 "$out/logs/$name.log" | sed 's/^/    /'
  fi
  rows+=("| $name | $result | $((SECONDS - started)) s | [log](logs/$name.log) |")
  return "$status"
}

# skip <name> <reason> adds the row of a step that is left out.
skip() {
  printf '[%s] %-28s skipped: %s\n' "$(clock)" "$1" "$2"
  rows+=("| $1 | skipped: $2 | | |")
}

# report writes the report of the steps so far.
report() {
  {
    echo "# Tessera on a GPU"
    echo
    echo "- Commit: $(git -C "$root" describe --always --dirty 2>/dev/null || echo unknown), $(date -u +%FT%TZ)"
    if [[ $preset == cuda ]]; then
      echo "- GPU: $(gpu name), $(gpu memory.total), driver $(gpu driver_version), architecture $architecture"
      echo "- CUDA: $("$nvcc" --version | grep -oP 'release \K[0-9.]+')"
    else
      echo "- An emulation of CUDA on the CPU: its times say nothing"
    fi
    echo "- Host: $(grep -m 1 -oP 'model name\s*: \K.*' /proc/cpuinfo || uname -m), $cores cores"
    echo "- Result: ${#rows[@]} steps, $failures failed, $(clock | tr -d ' ')$(if $quick; then echo ', --quick'; fi)"
    echo
    echo '| Step | Result | Time | Log |'
    echo '|---|---|---|---|'
    printf '%s\n' "${rows[@]}"
    if compgen -G "$out/*.json" >/dev/null; then
      printf '\n## Figures\n\n'
      if [[ -s $out/logs/plan.log ]]; then
        printf 'Of step/all in gradient, `tessera plan` counts %s.\n\n' \
          "$(awk '/^memory in all/ { print $4, $5 }' "$out/logs/plan.log")"
      fi
      python3 "$root/benchmarks/gpu_figures.py" "$out"/*.json || echo 'Not readable; see the JSON files.'
    fi
  } >"$out/report.md"
}

# finish writes the report and ends the script.
finish() {
  report
  heading "Summary"
  echo "Report: $out/report.md"
  if ((failures == 0)); then echo "Passed."; else echo "FAILED: $failures of ${#rows[@]} steps."; fi
  exit $((failures == 0 ? 0 : 1))
}

# stop ends the step under way and the script; the report has what was done by then.
stop() {
  echo stopped
  if [[ -n $running ]]; then kill "$running" 2>/dev/null || true; fi
  failures=$((failures + 1))
  rows+=('| stopped | FAILED | | |')
  report
  exit 130
}
trap stop INT TERM

# What the tests labelled gpu need.
test_targets=(cuda_test cuda_comm_test spectral_test layers_test models_test training_test)
if $quick; then
  tests=${tests:-'^(cuda|spectral|layers|models|training)_'}
else
  test_targets+=(tensor_test primitives_test autograd_test testing_test benchmark_harness_test
    benchmark_device benchmark_gradient benchmark_fft)
  if [[ $preset == emulated ]]; then test_targets+=(cuda_emulation_test); fi
fi
build_options=(-DTESSERA_BUILD_BENCHMARKS=ON)
# A compiler of another age may warn of other things.
if [[ $preset == cuda ]]; then build_options+=(-DTESSERA_WERROR=OFF "-DCMAKE_CUDA_ARCHITECTURES=$architecture"); fi

# Several ranks share the first GPU, so their data goes through MPI.
device_tests=(env "CUDA_VISIBLE_DEVICES=${CUDA_VISIBLE_DEVICES:-0}" ctest --test-dir "$build_dir" --verbose
  --no-tests=error -L gpu --parallel "$((cores < 4 ? cores : 4))")

# sanitize <tool> <seconds> <tests> runs the kernels' tests under a tool. Some tests ask for API errors.
sanitize() {
  step "$1" "$2" env GTEST_FILTER="$3" "$compute_sanitizer" --tool "$1" --target-processes application-only \
    --error-exitcode 99 --report-api-errors no "$build_dir/tests/cuda_test" || true
}

# bench <name> <seconds> <program> <option...>, with records in <name>.json.
bench() {
  local name=$1 limit=$2 program=$3
  shift 3
  step "$name" "$limit" "$build_dir/benchmarks/$program" "$@" --json "$out/$name.json" || true
}

run_sanitizer() {
  local moderate='-DeviceMemory.*:*MoreElementsThanThreads:*BlocksTakeManyTiles:*MoreTilesThanBlocks:*LongSums*'
  local few='DeviceProjection.AgreesWithPlainLoopsInDouble:DevicePointwiseBlock.AgreesWithTheCpu'
  few+=':DeviceLineTransforms.AgreeWithTheCpu:DeviceModeMixing.*:DeviceReduction.SumsAgree*'
  if [[ ! -x $compute_sanitizer ]]; then
    skip sanitizer "no $compute_sanitizer"
  elif $quick; then
    sanitize memcheck 120 "$few"
  else
    local tool
    for tool in memcheck racecheck synccheck initcheck; do
      sanitize "$tool" 900 "$moderate"
    done
  fi
}

run_benchmarks() {
  local cube=(--grid 64,64,64,32 --modes 8,8,8,8)
  local prediction=(--grid 130,130,130,64 --modes 16,16,16,8)
  local large=(--grid 262,118,64,86 --modes 26,12,6,17) start=(--grid 128,128,64,32 --modes 8,8,8,8) largest=65536
  local few=(--repeats 5 --warmup 2) once=(--repeats 3 --warmup 1) most=(--repeats 11 --warmup 3)
  local copy=1024 plain=256,256,256 sizes=4096,1048576,67108864
  local variants=eager,compile,eager-tf32,compile-tf32,eager-bf16,compile-bf16
  if $quick; then most=("${few[@]}") variants=eager; fi
  if [[ $preset == emulated ]]; then
    local tiny=(--modes 2,2,2,2 --width 4 --hidden 8)
    cube=(--grid 8,8,8,4 "${tiny[@]}")
    prediction=(--grid 9,9,9,4 "${tiny[@]}") large=(--grid 10,8,6,5 "${tiny[@]}")
    start=("${cube[@]}") few=(--repeats 1 --warmup 0) most=("${few[@]}") largest=16 copy=1 plain=6,5,8 sizes=4096
    variants=eager
  fi
  local types=(--activation-types float32,bfloat16) gradient=(gradient --device cuda --activations)
  bench passes 240 device "${cube[@]}" "${most[@]}" --copy-mebibytes "$copy"
  bench gradient-torch 240 "${gradient[@]}" all "${types[@]}" "${cube[@]}" "${most[@]}" --compare-torch \
    --torch-variants "$variants" --python "$python"
  bench gradient 180 "${gradient[@]}" all,one,none --passes gradient,step "${types[@]}" \
    --products full,tensor_float32 "${cube[@]}" "${most[@]}"
  step plan 30 "$build_dir/bin/tessera" plan "${cube[@]}" --in-steps 1 --batch-size 1 --device cuda || true
  bench prediction-130 120 "${gradient[@]}" all "${types[@]}" --passes forward "${prediction[@]}" "${few[@]}"
  bench prediction-262-batch1 120 "${gradient[@]}" one --passes forward "${large[@]}" "${few[@]}"
  bench step-262-batch1 180 "${gradient[@]}" one "${types[@]}" --passes step "${large[@]}" "${once[@]}"
  if $quick; then return; fi
  bench step-262-batch1-modes 300 "${gradient[@]}" all,none "${types[@]}" --passes step "${large[@]}" "${once[@]}"
  bench prediction-262-batch2 240 "${gradient[@]}" one --passes forward --batch 2 "${large[@]}" "${few[@]}"
  bench step-262-batch2 300 "${gradient[@]}" one "${types[@]}" --passes step --batch 2 "${large[@]}" "${once[@]}"
  local mode
  for mode in all one none; do
    bench "largest-$mode" 900 "${gradient[@]}" "$mode" "${types[@]}" "${start[@]}" --largest "$largest"
  done
  bench fft 120 fft --device cuda --grid "$plain" "${few[@]}"
  local ranks=(mpirun -n 2)
  step comm 240 "${ranks[@]}" "$build_dir/benchmarks/comm" --device cuda --backend mpi --sizes "$sizes" "${few[@]}" \
    --json "$out/comm.json" || true
  step scaling 300 "${ranks[@]}" "$build_dir/benchmarks/scaling" --device cuda --backend mpi --scaling strong \
    --methods domain,data --batch 2 "${cube[@]}" "${few[@]}" --json "$out/scaling.json" || true
}

if $install; then
  heading "Packages"
  "$root/scripts/install_dependencies.sh" --tests
fi

heading "GPU check in $out"
build_limit=$(if $quick; then echo 420; else echo 3600; fi)
targets=("${test_targets[@]}" tessera_program)
if $benchmarks; then
  targets+=(benchmark_device benchmark_gradient benchmark_comm benchmark_scaling benchmark_fft)
fi
export root
export -f configure
step configure 120 bash -c 'configure "$@"' configure "$preset" -B "$build_dir" "${build_options[@]}" || finish
step build "$build_limit" cmake --build "$build_dir" --parallel "$(build_jobs)" --target "${targets[@]}" || finish
step probe 60 "$build_dir/bin/tessera" plan --probe || true
if grep -q 'no device:' "$out/logs/probe.log"; then
  failures=$((failures + 1))
  rows+=("| device | FAILED: $(grep -om 1 'no device:.*' "$out/logs/probe.log") | | |")
  finish
fi
step verify 120 "$build_dir/bin/tessera" verify "$root/tests/data/fno4d_even.h5" --device cuda || true
step tests-one-rank 900 "${device_tests[@]}" -R "(${tests:-.}).*_np1\$" || true
step tests-several-ranks 1200 "${device_tests[@]}" -R "${tests:-.}" -E '_np1$' || true
if $sanitizer; then run_sanitizer; else skip sanitizer "$no_sanitizer"; fi
if $benchmarks; then run_benchmarks; else skip benchmarks 'not asked for'; fi
finish
