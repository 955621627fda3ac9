#!/usr/bin/env bash
# From a fresh Debian 12 machine to a trained 4D neural operator and pictures of its predictions, on 2 MPI ranks.
# Works from any folder. Running it again reuses every step that is finished and resumes a broken-off training.
set -euo pipefail
source "$(dirname "${BASH_SOURCE[0]}")/common.sh"

ranks=2
run_file=$root/examples/quickstart.toml
output=$root/quickstart
install=true

usage() {
  cat <<'TEXT'
Usage: scripts/quickstart.sh [--output DIR] [--no-install]
  --output DIR  folder for data, checkpoints and pictures (default: quickstart/ in the checkout)
  --no-install  take the packages as they are
TEXT
}

while [[ $# -gt 0 ]]; do
  case $1 in
    --output)
      [[ $# -ge 2 ]] || fail "--output needs a folder"
      output=$2
      shift
      ;;
    --no-install) install=false ;;
    -h | --help) usage; exit 0 ;;
    *) usage >&2; fail "unknown option $1" ;;
  esac
  shift
done
mkdir -p "$output/.steps" || fail "cannot make the output folder $output"
output=$(cd "$output" && pwd -P)
tessera=$root/build/release/bin/tessera

# step <name> <heading> <result file>... -- <tessera's arguments>: runs tessera on all ranks in the output folder,
# unless that was done before with the same arguments, run file and earlier steps, and the results are still there.
recipe=$(<"$run_file")
step() {
  local name=$1 title=$2 started=$SECONDS result
  local results=() missing=()
  shift 2
  while [[ $1 != -- ]]; do results+=("$1"); shift; done
  shift
  recipe+=$'\n'"mpirun -n $ranks tessera $*"
  heading "$title"
  for result in "${results[@]}"; do
    [[ -e $output/$result ]] || missing+=("$result")
  done
  if [[ ${#missing[@]} -eq 0 && $(cat "$output/.steps/$name.done" 2>/dev/null) == "$recipe" ]]; then
    echo "Already there: ${results[*]}"
    return
  fi
  local resume=()
  local begun
  begun=$(cat "$output/.steps/$name.begun" 2>/dev/null || true)
  if [[ $name == train && -e $output/run/checkpoint.h5 && $begun == "$recipe" ]]; then
    echo "Resuming from run/checkpoint.h5"
    resume=(--resume)
  fi
  rm -f "$output/.steps/$name.done"
  printf '%s\n' "$recipe" >"$output/.steps/$name.begun"
  printf '%q ' mpirun -n "$ranks" tessera "$@" "${resume[@]}"
  echo
  (cd "$output" && mpirun -n "$ranks" "$tessera" "$@" "${resume[@]}" </dev/null) ||
    fail "'tessera $1' failed, see above"
  for result in "${results[@]}"; do
    [[ -e $output/$result ]] || fail "'tessera $1' left no $output/$result"
  done
  printf '%s\n' "$recipe" >"$output/.steps/$name.done"
  echo "Took $(minutes_since "$started")."
}

if $install; then
  heading "Packages"
  "$root/scripts/install_dependencies.sh"
fi

heading "Build"
build_started=$SECONDS
if ! configure release >"$output/build.log" 2>&1; then
  tail -n 20 "$output/build.log" >&2
  fail "cmake cannot configure, see $output/build.log"
fi
cmake --build "$root/build/release" --target tessera_program --parallel "$(build_jobs)"
echo "Took $(minutes_since "$build_started")."

step generate "Simulate the flow around spheres" data/train.h5 data/valid.h5 data/test.h5 -- \
  generate navier-stokes "$run_file"
step train "Train on $ranks ranks" run/checkpoint.h5 run/best.h5 run/history.csv -- \
  train "$run_file"
step evaluate "Evaluate, held-out spheres included" run/results.txt run/results.json -- \
  evaluate "$run_file"
step predict "Predict the held-out wakes" run/predictions.h5 -- \
  predict "$run_file"
step plot "Draw pictures" pictures/history.png pictures/sample0.png -- \
  plot "$run_file"

heading "Done in $(minutes_since 0)"
cat "$output/run/results.txt"
cat <<TEXT

Pictures:      $output/pictures (sample*.png: truth, prediction, error; history.png: loss)
Results table: $output/run/results.txt and results.json
Loss curve:    $output/run/history.csv
Checkpoints:   $output/run/best.h5 and checkpoint.h5
Predictions:   $output/run/predictions.h5
Data:          $output/data
TEXT
