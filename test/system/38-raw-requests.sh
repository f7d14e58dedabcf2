#!/usr/bin/env bash
# Every request of the parser's tables through the real gate, with the cookie of a good
# session, to a server that records each byte.  Of those that must be refused not one byte
# arrives, on a connection that is open already or on another one, and the log has the
# reason; of the others exactly the head that must, and the whole body.  Every answer of
# the tables comes back whole, or as a 502.
# timeout: 240
. "$(dirname "$0")/lab.sh"
name_host record 76
cases=$ROOT/build/test-tools/http_cases
[ -x "$cases" ] || fail "$cases is not there: make test-tools"
lab_up
setting wfd isolation connections_per_worker 256
setting wfd identity headers no
setting wfd policy methods GET,HEAD,POST,PUT,PATCH,DELETE,OPTIONS,PROPFIND,PROPPATCH,MKCOL,COPY,MOVE,LOCK,UNLOCK
gate_start
enroll alice
login alice
"$cases" > "$LAB/cases.json"
mkdir "$LAB/record"
spawn intranet python3 "$LIB/recorder.py" "${ADDRESS_4[record]}" "$LAB/record" "$LAB/cases.json" \
  > "$LAB/run/record.out" 2> "$LAB/run/record.err"
wait_for 5 grep -q ready "$LAB/run/record.out"

curl_hosts > "$LAB/hosts"
in_client python3 "$LIB/raw_client.py" "$LAB/cases.json" "$(cookie_of alice)" "$LAB/outcomes.json"
all_recorded() { [ -z "$(find "$LAB/record" -name '*[0-9]')" ]; }
wait_for 10 all_recorded || fail "connections of the recorder stay open"
python3 "$LIB/raw_verdict.py" "$LAB/cases.json" "$LAB/outcomes.json" "$LAB/record" "$LAB/syslog"
