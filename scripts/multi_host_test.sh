#!/usr/bin/env bash
# Runs a benchmark program on several hosts made on this machine: network namespaces whose links have a limited rate.
set -euo pipefail
source "$(dirname "${BASH_SOURCE[0]}")/common.sh"
helpers=$root/scripts/multi_host

usage() {
  cat <<'TEXT'
Usage: scripts/multi_host_test.sh [OPTION...] [-- PROGRAM_OPTION...]
Times a benchmark program on 2 to 4 hosts for each rate of their links and each schedule. The hosts are network
namespaces joined by a bridge, each link limited in both directions; they share this machine's cores and memory.
  --hosts N           2, 3 or 4 (default 2)
  --ranks-per-host N  default 1
  --rate LIST         of a host's link, as tc writes rates, or unlimited (default unlimited,1gbit,100mbit)
  --schedules LIST    default automatic,grady,witte
  --program PATH      default build/ci/benchmarks/scaling; it is given --json FILE, what follows --, and --schedules LIST
                      or, one at a time, --schedule S, whichever its --help has
  --rounds N          how often that is done (default 1); with --schedule S all schedules take turns
  --json FILE         all records, each with the network it was measured on
  --probe-only        only check the hosts and measure the network between them
Before anything is timed, MPI's processor names are checked to be one per host, and the measured bandwidth not to
exceed the rate. Needs root, iproute2, Open MPI with mpicxx, and a kernel with network namespaces, veth and tbf.
Exit code 77: skipped, for want of one of these.
Example: sudo scripts/multi_host_test.sh --hosts 4 --rate 1gbit --json hosts.json -- --passes gradient --repeats 5
TEXT
}

skip() {
  echo "skipped: $*"
  exit 77
}

hosts=2
ranks_per_host=1
rates=unlimited,1gbit,100mbit
schedules=automatic,grady,witte
rounds=1
program=$root/build/ci/benchmarks/scaling
json=''
probe_only=false
while [[ $# -gt 0 ]]; do
  case $1 in
    --hosts | --ranks-per-host | --rate | --schedules | --rounds | --program | --json)
      [[ $# -ge 2 ]] || fail "$1 needs a value"
      case $1 in
        --hosts) hosts=$2 ;;
        --ranks-per-host) ranks_per_host=$2 ;;
        --rate) rates=$2 ;;
        --schedules) schedules=$2 ;;
        --rounds) rounds=$2 ;;
        --program) program=$2 ;;
        --json) json=$2 ;;
      esac
      shift ;;
    --probe-only) probe_only=true ;;
    -h | --help) usage; exit 0 ;;
    --) shift; break ;;
    *) usage >&2; fail "unknown option $1 (the program's own options follow --)" ;;
  esac
  shift
done
[[ $hosts =~ ^[234]$ ]] || fail "--hosts: expected 2, 3 or 4, found $hosts"
for number in "--ranks-per-host $ranks_per_host" "--rounds $rounds"; do
  [[ $number =~ \ [1-9][0-9]*$ ]] || fail "${number% *}: expected a number of at least 1, found ${number#* }"
done
$probe_only || [[ -x $program ]] || fail "--program: $program is not there; build it or name another"
ranks=$((hosts * ranks_per_host))

# bits_per_second <rate> of tc's spelling: 1gbit, 100mbit, 64kbit, 9600bit; 0 for unlimited.
bits_per_second() {
  if [[ $1 == unlimited ]]; then echo 0; return; fi
  local number=${1%%[a-z]*} unit=${1##*[0-9]}
  [[ $number =~ ^[1-9][0-9]*$ ]] || return 1
  case $unit in
    gbit) echo $((number * 1000000000)) ;;
    mbit) echo $((number * 1000000)) ;;
    kbit) echo $((number * 1000)) ;;
    bit) echo "$number" ;;
    *) return 1 ;;
  esac
}

IFS=, read -ra rate_list <<<"$rates"
IFS=, read -ra schedule_list <<<"$schedules"
for rate in "${rate_list[@]}"; do
  bits_per_second "$rate" >/dev/null ||
    fail "--rate: expected unlimited or a whole number of gbit, mbit, kbit or bit, found $rate"
done

# What the hosts' names begin with; enter_host.sh reads it.
export TESSERA_HOSTS=tessera-$$
switch=$TESSERA_HOSTS-switch
subnet=10.77.0
work=''
running=''

processes_on_hosts() {
  local host
  for ((host = 1; host <= hosts; ++host)); do ip netns pids "$TESSERA_HOSTS-$host" 2>/dev/null || true; done
}

clean_up() {
  local host pid
  trap '' INT TERM
  if [[ -n $running ]]; then kill "$running" 2>/dev/null || true; fi
  for signal in TERM KILL; do
    for pid in $(processes_on_hosts); do kill -"$signal" "$pid" 2>/dev/null || true; done
    for _ in 1 2 3 4 5 6 7 8 9 10; do
      [[ -n $(processes_on_hosts) ]] || break
      sleep 0.2
    done
  done
  for host in $(seq 1 "$hosts") switch; do ip netns del "$TESSERA_HOSTS-$host" 2>/dev/null || true; done
  if [[ -n $work ]]; then rm -rf "$work"; fi
}

check_machine() {
  local tool
  ((EUID == 0)) || skip "network namespaces need root"
  for tool in ip tc unshare mpirun mpicxx python3; do
    command -v "$tool" >/dev/null || skip "no $tool (packages iproute2, util-linux, openmpi-bin, libopenmpi-dev, python3)"
  done
  [[ $(mpirun --version) == *'Open MPI'* ]] || skip "mpirun is not Open MPI's, whose options this script uses"
}

# A bridge in a namespace of its own, so that no firewall of this machine sees the traffic.
make_hosts() {
  local host name
  ip netns add "$switch" 2>"$work/error" || skip "no network namespaces: $(<"$work/error")"
  ip -n "$switch" link add bridge type bridge 2>"$work/error" || skip "no bridge: $(<"$work/error")"
  ip -n "$switch" link set bridge up
  for ((host = 1; host <= hosts; ++host)); do
    name=$TESSERA_HOSTS-$host
    ip netns add "$name"
    ip -n "$switch" link add "port$host" type veth peer name eth0 netns "$name" 2>"$work/error" ||
      skip "no veth links: $(<"$work/error")"
    ip -n "$switch" link set "port$host" master bridge up
    ip -n "$name" link set lo up
    ip -n "$name" link set eth0 up
    ip -n "$name" address add "$subnet.$host/24" dev eth0
  done
}

# limit <namespace> <interface> <rate>: what leaves through the interface. The bucket holds a millisecond's worth:
# little enough that short messages do not slip through at full speed, and at 1gbit more than a segment of 64 KiB.
limit() {
  tc -n "$1" qdisc del dev "$2" root 2>/dev/null || true
  [[ $3 != unlimited ]] || return 0
  local burst=$(($(bits_per_second "$3") / 8000))
  ((burst > 16384)) || burst=16384
  tc -n "$1" qdisc add dev "$2" root tbf rate "$3" burst "$burst" latency 50ms 2>"$work/error" ||
    skip "no token bucket filter (tc tbf): $(<"$work/error")"
}

limit_links() {
  local host
  for ((host = 1; host <= hosts; ++host)); do
    limit "$TESSERA_HOSTS-$host" eth0 "$1"
    limit "$switch" "port$host" "$1"
  done
}

# on_hosts <command...> starts it with mpirun from the first host. Nothing but TCP over the limited links is allowed.
on_hosts() {
  local host list='' command
  for ((host = 1; host <= hosts; ++host)); do list+="${list:+,}$subnet.$host:$ranks_per_host"; done
  printf -v command '%q ' mpirun -n "$ranks" --host "$list" --map-by slot --mca plm rsh \
    --mca plm_rsh_agent "$helpers/enter_host.sh" --mca oob_tcp_if_include "$subnet.0/24" \
    --mca pml ob1 --mca btl tcp,self --mca btl_tcp_if_include "$subnet.0/24" "$@"
  "$helpers/enter_host.sh" "$subnet.1" "$command" </dev/null &
  running=$!
  local status=0
  wait "$running" || status=$?
  running=''
  return "$status"
}

# probe <rate> writes $work/network.json and fails unless there is one name per host and the rate is kept.
probe() {
  local bits
  bits=$(bits_per_second "$1")
  # One second's worth.
  local bytes=$((bits > 0 ? bits / 8 : 250000000))
  on_hosts "$work/network_probe" "$bytes" >"$work/probe.json"
  "$helpers/records.py" network "$work/probe.json" --hosts "$hosts" --ranks-per-host "$ranks_per_host" --rate "$1" \
    --bits "$bits" --out "$work/network.json"
}

check_machine
work=$(mktemp -d)
trap clean_up EXIT
trap 'exit 130' INT
trap 'exit 143' TERM
make_hosts
mpicxx -std=c++20 -O2 -DOMPI_SKIP_MPICXX "$helpers/network_probe.cpp" -o "$work/network_probe"

if $probe_only; then
  schedule_arguments=()
elif grep -q -- '--schedules ' <<<"$("$program" --help)"; then
  schedule_arguments=("--schedules $schedules")
else
  schedule_arguments=("${schedule_list[@]/#/--schedule }")
fi

for rate in "${rate_list[@]}"; do
  heading "$hosts hosts, links $rate"
  limit_links "$rate"
  probe "$rate" || fail "the network between the hosts is not what it should be"
  if $probe_only; then continue; fi
  for ((round = 1; round <= rounds; ++round)); do
    for argument in "${schedule_arguments[@]}"; do
      echo "-- $argument, round $round of $rounds"
      # shellcheck disable=SC2086
      on_hosts "$program" "$@" $argument --json "$work/records.json"
      "$helpers/records.py" add "$work/records.json" --network "$work/network.json" --schedule "${argument#* }" \
        --all "$work/all.json"
    done
  done
done

if $probe_only; then exit 0; fi
heading "Summary"
"$helpers/records.py" table "$work/all.json"
if [[ -n $json ]]; then
  mv "$work/all.json" "$json"
  echo "Records: $json"
fi
