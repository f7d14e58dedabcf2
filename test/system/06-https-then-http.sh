#!/usr/bin/env bash
# Port 443 with TLS first; port 80 when that port is refused, silent or answers 404;
# never after a TLS failure, and never away from a server that has shown its TLS.
. "$(dirname "$0")/lab.sh"
lab_up
gate_start
enroll alice --hotp
login alice
jar=$(jar_of alice)

timed_page() {  # NAME: prints milliseconds
  local from
  from=$(milliseconds)
  expect_page "$1" -b "$jar"
  echo $(($(milliseconds) - from))
}

expect_page www -b "$jar"
[ "$(upstream_count www '^80 ')" = 0 ] || fail "www was asked on port 80"
expect_page old -b "$jar"
expect_page mixed -b "$jar"
[ "$(upstream_count mixed '^443 .* 404 ')" = 1 ] || fail "mixed was not asked on 443 first: $(upstream_log mixed)"

first=$(timed_page silent)
[ "$first" -ge 1900 ] || fail "silent answered after $first ms: port 443 was not waited for"
[ "$first" -le 4500 ] || fail "silent took $first ms"
again=$(timed_page silent)
[ "$again" -le 1000 ] || fail "it was not remembered that port 80 answers: $again ms"
note "silent 443: first page after $first ms, second after $again ms"

expect_status 404 -b "$jar" "https://loop.$DOMAIN/"
expect_body "the first answer"
expect_status 404 -b "$jar" "https://www.$DOMAIN/missing"
expect_body "nothing here"

# A body is never sent again from 443 to 80.
expect_status 404 -b "$jar" -d secret=body "https://loop.$DOMAIN/"
[ "$(upstream_count loop '^80 .*"POST ')" = 0 ] || fail "a posted body went to port 80: $(upstream_log loop)"

# A certificate that nobody vouches for.
expect_status 502 -b "$jar" "https://liar.$DOMAIN/"
[ "$(upstream_count liar)" = 0 ] || fail "liar got a request: $(upstream_log liar)"
expect_status 502 -b "$jar" "https://gone.$DOMAIN/"

# IPv6, with a session bound to the IPv6 address.
BROWSE=browse6 login alice
for name in www old mixed; do
  BROWSE=browse6 expect_page $name -b "$jar"
done

# www has shown its TLS: when it stops listening on 443, port 80 is not good enough.
login alice
server_stop www
server_start www <<END
  server { $(listen_lines www 80) location / { } }
END
expect_status 502 -b "$jar" "https://www.$DOMAIN/"
[ "$(upstream_count www '^80 ')" = 0 ] || fail "fell back to port 80 of a server with TLS"

# plain=never
gate_stop
setting wfd intranet plain never
gate_start
login alice
expect_status 404 -b "$jar" "https://mixed.$DOMAIN/"
plain=$(upstream_count old)
expect_status 502 -b "$jar" "https://old.$DOMAIN/"
[ "$(upstream_count old)" = "$plain" ] || fail "plain=never, and port 80 was asked"
expect_log "event=dial id=[0-9a-f]{16} dst=${ADDRESS_4[www]} dport=443 tls="
