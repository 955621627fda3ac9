#!/usr/bin/env bash
# Installs the Debian 12 packages Tessera needs and this machine lacks: the one list of them.
# Needs no rights and does nothing when all are there.
set -euo pipefail

# What a build of the library and of the program needs.
build_packages=(
  build-essential      # g++ 12
  cmake                # 3.25
  ninja-build
  openmpi-bin          # mpirun
  libopenmpi-dev
  libhdf5-openmpi-dev  # parallel HDF5
  libblosc-dev         # compressed chunks of Zarr arrays
  libzstd-dev
  zlib1g-dev
  libcurl4-openssl-dev # data sets on HTTP(S) servers
  libfftw3-dev         # double and single precision
  libeigen3-dev
  librandom123-dev
  libxxhash-dev        # hashes of contents
  libfmt-dev
  libspdlog-dev
  libcli11-dev
  libtomlplusplus-dev
  nlohmann-json3-dev
  libstb-dev
  fonts-dejavu-core    # lettering of the pictures
)
# What the tests and benchmarks need besides.
test_packages=(
  libgtest-dev
  libgmock-dev
  libbenchmark-dev
  python3              # /usr/bin/python3 with h5py opens what the library wrote
  python3-h5py
  python3-zarr         # and with zarr
  python3-numpy
  slurm-wlm            # a cluster on this machine for the tests of batches
  munge
)
# What simulates CO2 flow, run as a program; some 25 MB to fetch. Tests that need it are skipped without it.
co2_packages=(libopm-simulators-bin)
valgrind_packages=(valgrind)
# What benchmarks compare with and plot with, where it is there.
benchmark_packages=(
  libfftw3-mpi-dev     # the plain FFT against FFTW-MPI
  python3-matplotlib   # plot_scaling.py, projection.py
  python3-mpi4py       # compare_dfno.py, compare_mpi4py_fft.py
  python3-torch        # compare_dfno.py, torch_fno_reference.py
  libopenblas0         # a fast BLAS for it
  iproute2             # several hosts by network namespaces
)

usage() {
  cat <<'TEXT'
Usage: scripts/install_dependencies.sh [--tests] [--co2] [--valgrind] [--benchmarks] [--list]
  --tests       also what the tests and benchmarks need
  --co2         also OPM flow, the simulator of CO2 flow; --tests has it, too
  --valgrind    also valgrind
  --benchmarks  also what benchmarks compare and plot with
  --list        print the packages and do nothing
TEXT
}

fail() {
  echo "install_dependencies.sh: $*" >&2
  exit 1
}

packages=("${build_packages[@]}")
list_only=false
while [[ $# -gt 0 ]]; do
  case $1 in
    --tests) packages+=("${test_packages[@]}" "${co2_packages[@]}") ;;
    --co2) packages+=("${co2_packages[@]}") ;;
    --valgrind) packages+=("${valgrind_packages[@]}") ;;
    --benchmarks) packages+=("${benchmark_packages[@]}") ;;
    --list) list_only=true ;;
    -h | --help) usage; exit 0 ;;
    *) usage >&2; fail "unknown option $1" ;;
  esac
  shift
done
if $list_only; then
  printf '%s\n' "${packages[@]}"
  exit 0
fi

if ! command -v apt-get >/dev/null || ! command -v dpkg-query >/dev/null; then
  fail "this system has no apt-get; install the equivalents of these Debian packages yourself: ${packages[*]}"
fi

is_installed() { [[ $(dpkg-query --show --showformat='${db:Status-Status}' "$1" 2>/dev/null) == installed ]]; }

missing=()
for package in "${packages[@]}"; do
  is_installed "$package" || missing+=("$package")
done
if [[ ${#missing[@]} -eq 0 ]]; then
  echo "All ${#packages[@]} Debian packages are installed."
  exit 0
fi
echo "Missing Debian packages: ${missing[*]}"

by_hand="have an administrator run: apt-get install --no-install-recommends ${missing[*]}"
as_root=()
if [[ $EUID -ne 0 ]]; then
  command -v sudo >/dev/null || fail "installing needs root and there is no sudo; $by_hand"
  if sudo -n true 2>/dev/null; then
    as_root=(sudo -n)
  elif [[ -t 0 ]]; then
    sudo -v || fail "sudo gives no rights to install; $by_hand"
    as_root=(sudo)
  else
    fail "installing needs root, and sudo asks for a password but there is no terminal; $by_hand"
  fi
fi

log=$(mktemp "${TMPDIR:-/tmp}/tessera-apt.XXXXXX")
apt() {
  "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get -q -y -o DPkg::Lock::Timeout=120 -o Acquire::Retries=1 \
    -o Acquire::http::Timeout=30 -o Dpkg::Use-Pty=0 "$@" </dev/null >>"$log" 2>&1
}
echo "Installing them with apt-get (a minute or two on a fresh machine; its output goes to $log) ..."
# An unreachable list is no failure by itself: the packages may come from another one.
apt update || true
if ! apt install --no-install-recommends "${missing[@]}"; then
  if grep -qE 'Could not resolve|Could not connect|Unable to connect|Failed to fetch|Temporary failure' "$log"; then
    fail "the package servers cannot be reached from here (see $log); with network access, $by_hand"
  elif grep -q 'Unable to locate package' "$log"; then
    fail "this system's package lists lack some of them: Tessera is built on Debian 12 (see $log)"
  fi
  tail -n 15 "$log" >&2
  fail "apt-get could not install them (see $log); $by_hand"
fi
rm -f "$log"
echo "Installed ${#missing[@]} packages."
