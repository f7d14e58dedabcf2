#!/usr/bin/env bash
# Our parsers and llhttp, the one of Node's HTTP server, read the same things in the same
# way: tens of thousands of texts that are almost requests or answers, the same ones in
# every run.
. "$(dirname "$0")/lab.sh"
command -v node > /dev/null || skip "no node"
tools=$ROOT/build/test-tools
[ -x "$tools/http_outcomes" ] || fail "$tools/http_outcomes is not there: make test-tools"
"$tools/http_outcomes" requests 40000 1 | node "$ROOT/test/http/llhttp_requests.js" 5000
"$tools/http_outcomes" answers 40000 1 | node "$ROOT/test/http/llhttp_answers.js" 5000
