#!/usr/bin/env bash
# mode=direct: the names point at the bastion itself, and [hosts] says where the servers
# are, on other ports if need be; a name that is not in it goes nowhere.
. "$(dirname "$0")/lab.sh"
MODE=direct
lab_up
setting wfd hosts www.$DOMAIN "${ADDRESS_4[www]}"
setting wfd hosts old.$DOMAIN "http://${ADDRESS_4[old]}"
setting wfd hosts mixed.$DOMAIN "https://${ADDRESS_4[mixed]}:443"
setting wfd hosts six.$DOMAIN "http://[${ADDRESS_6[old]}]:80"
gate_start
for name in login www old mixed silent six; do
  ADDRESS_4[$name]=$BASTION_4
  ADDRESS_6[$name]=$BASTION_6
done
rm -f "$LAB"/curl?
enroll alice --hotp

got=$(browse -o "$LAB/body" -w '%{http_code} %{redirect_url}' "http://www.$DOMAIN/a?b")
[ "$got" = "301 https://www.$DOMAIN/a?b" ] || fail "port 80: $got"
for tool in browse browse6; do
  opened=$(connections_opened)
  BROWSE=$tool expect_status 302 "${NAVIGATE[@]}" "https://www.$DOMAIN/"
  [ "$(connections_opened)" = "$opened" ] || fail "dialled without a login"
  BROWSE=$tool login alice
  jar=$(jar_of alice)
  BROWSE=$tool expect_page www -b "$jar"
  BROWSE=$tool expect_page old -b "$jar"
  BROWSE=$tool expect_status 404 -b "$jar" "https://mixed.$DOMAIN/"
  BROWSE=$tool expect_status 200 -b "$jar" "https://six.$DOMAIN/"
  expect_body "This is the page of old.$DOMAIN"
  opened=$(connections_opened)
  got=$($tool -b "$jar" -o "$LAB/body" -w '%{http_code}' "https://silent.$DOMAIN/" || :)
  [[ "$got" = 403 || "$got" = 421 ]] || fail "a name that is not in [hosts]: $got"
  [ "$(connections_opened)" = "$opened" ] || fail "dialled for a name that is not in [hosts]"
done
