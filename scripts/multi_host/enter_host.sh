#!/usr/bin/env bash
# enter_host.sh <address> <command...>: runs the command on the host of multi_host_test.sh with that address, under a
# host name of its own, as ssh would on a real one. Open MPI's launcher calls it.
set -euo pipefail
number=${1##*.}
shift
# The inner shell expands what it is given.
# shellcheck disable=SC2016
exec ip netns exec "$TESSERA_HOSTS-$number" unshare --uts \
  sh -c 'hostname "$0" && exec sh -c "$1"' "host$number" "$*"
