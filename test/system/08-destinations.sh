#!/usr/bin/env bash
# Only the networks of [intranet] are ever dialled: nothing outside them, no loopback,
# no link-local address, not the bastion itself, nothing excluded; each refusal is logged.
. "$(dirname "$0")/lab.sh"
lab_up
setting wfd intranet exclude 10.1.0.20/32,fd00:1::20/128
gate_start
enroll alice --hotp
login alice
jar=$(jar_of alice)
expect_page www -b "$jar"

# What the rules would not send to us comes too, as if they were wrong.
in_bastion nft -f - <<END
table inet wrong {
  chain prerouting {
    type nat hook prerouting priority dstnat - 1;
    ip daddr { 203.0.113.0/24, 169.254.0.0/16, 224.0.0.0/24 } tcp dport 443 redirect
    ip6 daddr 2001:db8:2::/64 tcp dport 443 redirect
  }
}
END
opened=$(connections_opened)

# expect_refused ADDRESS [CURL-ARGUMENTS...]
expect_refused() {
  local address=$1
  shift
  expect_status 403 -b "$jar" --connect-to "www.$DOMAIN:443:$address:443" "$@" "https://www.$DOMAIN/"
  expect_log "event=refuse id=[0-9a-f]{16} src=$source dst=${logged:-$address} status=403 reason=[a-z]"
}

source=$CLIENT_4
expect_refused 203.0.113.9
expect_refused 169.254.169.254
expect_refused $BASTION_4
expect_refused $BASTION_INSIDE_4
expect_refused 10.1.0.20

source=$CLIENT_6
BROWSE=browse6 login alice
logged=2001:db8:2::9 expect_refused '[2001:db8:2::9]'
logged=$BASTION_6 expect_refused "[$BASTION_6]"
logged=$BASTION_INSIDE_6 expect_refused "[$BASTION_INSIDE_6]"
logged=fd00:1::20 expect_refused '[fd00:1::20]'

# From the bastion itself, to its loopback.
here() {
  curl_in bastion 4 --connect-to "$LOGIN_HOST:443:127.0.0.1:443" --connect-to "www.$DOMAIN:443:127.0.0.1:443" "$@"
}
BROWSE=here login alice
got=$(here -b "$jar" -o "$LAB/body" -w '%{http_code}' "https://www.$DOMAIN/")
[ "$got" = 403 ] || fail "loopback: $got"
expect_log "event=refuse id=[0-9a-f]{16} src=127.0.0.1 dst=127.0.0.1 status=403 reason=[a-z]"

[ "$(connections_opened)" = "$opened" ] || fail "the intranet was dialled"
login alice
expect_page www -b "$jar"
