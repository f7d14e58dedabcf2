# The lab: three network namespaces that stand for the Internet, the bastion host
# and the intranet, with real web servers, a system log and the gate itself.
# Every system test sources this file first; each has a lab of its own.
#
#   internet (client)         bastion                       intranet
#   198.51.100.2, .3  ------  198.51.100.1 | 10.1.0.1  ---  10.1.0.10 ...
#   2001:db8:1::2, ::3        2001:db8:1::1| fd00:1::1      fd00:1::10 ...
#
# A test ends with 0 (passed), 77 (skipped) or anything else (failed).  All that it
# leaves behind is taken away on every way out: processes, namespaces, scratch files.
# Nothing here reaches a network outside the namespaces.

set -Eeuo pipefail

LIB=$(cd "$(dirname "${BASH_SOURCE[0]}")/lib" && pwd)
ROOT=$(cd "$LIB/../../.." && pwd)
BIN=${BIN:-$ROOT/build/bin}
LAB_ID=${LAB_ID:-$$}
LAB=
DOMAIN=corp.example
LOGIN_HOST=login.$DOMAIN
export LIB ROOT BIN DOMAIN LOGIN_HOST LC_ALL=C
export PYTHONPATH=$LIB PYTHONDONTWRITEBYTECODE=1

. "$LIB/net.sh"
. "$LIB/servers.sh"
. "$LIB/gate.sh"
. "$LIB/client.sh"

# skip REASON: this machine cannot show it.
skip() {
  echo "SKIP: $*"
  exit 77
}

# fail MESSAGE: ends the test and shows what the machines of the lab had to say.
fail() {
  echo "FAIL: $*" >&2
  exit 1
}

note() {
  echo "  $*"
}

# wait_for SECONDS COMMAND...: until the command succeeds; fails when it does not.
wait_for() {
  local deadline=$(($(date +%s%N) + $1 * 1000000000))
  shift
  until "$@"; do
    [ "$(date +%s%N)" -lt "$deadline" ] || return 1
    sleep 0.02  # between two looks
  done
}

milliseconds() {
  echo $(($(date +%s%N) / 1000000))
}

# lab_up: the namespaces, the servers of the intranet and the system log; not the gate.
lab_up() {
  [ "$(id -u)" = 0 ] || skip "needs root (network namespaces)"
  LAB=$(mktemp -d "${TMPDIR:-/tmp}/postern-lab-$LAB_ID.XXXXXX")
  export LAB
  chmod 755 "$LAB"
  mkdir "$LAB/run" "$LAB/users"
  net_up
  "$LIB/certs.sh" "$LAB/certs"
  syslog_start
  servers_up
}

lab_dump() {
  local file
  for file in "$LAB"/syslog "$LAB"/*.err "$LAB"/run/*.err "$LAB"/servers/*/error.log; do
    [ -s "$file" ] || continue
    echo "--- ${file#"$LAB"/}" >&2
    tail -n 60 "$file" >&2
  done
}

# lab_sweep ID: takes away whatever the lab of that number left, however it ended.
lab_sweep() {
  net_down "$1"
  rm -rf "${TMPDIR:-/tmp}/postern-lab-$1".??????
}

lab_down() {
  local status=$?
  trap '' INT TERM
  trap - EXIT
  if [ -n "$LAB" ]; then
    [ $status = 0 ] || [ $status = 77 ] || lab_dump
    lab_sweep "$LAB_ID"
  fi
  exit $status
}

trap 'exit 130' INT
trap 'exit 143' TERM HUP
trap 'echo "FAIL: $(basename "${BASH_SOURCE[0]}") line $LINENO: $BASH_COMMAND" >&2' ERR
trap lab_down EXIT
