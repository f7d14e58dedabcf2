#!/usr/bin/env bash
# scale.sh: how Postern's CPU time and memory grow with connections, with live sessions and
# with the size of answers: `make scale`.  QUICK=1 leaves out the largest; ONLY="sessions" runs
# some of the three.  Results: build/bench/scale.{txt,json,svg}.
. "$(dirname "$0")/bench_lab.sh"
bench_lab_up
for size in 0 1024 65536 1048576 16777216 268435456 1073741824; do
  truncate -s $size "$LAB/servers/ec/root/size-$size"
done
export BIN DB="$LAB/jail/authd/vault/db"
python3 "$HERE/scale.py" || bench_failed scale.py
