#!/usr/bin/env bash
# bench.sh: Postern beside nginx, haproxy, Apache and bare floors, on the same work, in
# one run: `make bench`.  QUICK=1 is the short form; ONLY="a c" runs some of the workloads, and
# AGAINST="haproxy nginx-map" some of the peers (AGAINST=none: no peer).  BEFORE=DIR puts the wfd
# and redird of an older build, with the same messages to authd, beside those of this one.
# Results: build/bench/results.{txt,json,svg}.
. "$(dirname "$0")/bench_lab.sh"
bench_lab_up
python3 "$HERE/bench.py" || bench_failed bench.py
