# The short way through the gate, the same for each way of interception: port 80,
# login, page, both address families.  Sourced by tests after gate_start.

tour() {
  local tool address
  enroll tourist --hotp
  for tool in browse browse6; do
    got=$($tool -o "$LAB/body" -w '%{http_code} %{redirect_url}' "http://www.$DOMAIN/a?b" || :)
    [ "$got" = "301 https://www.$DOMAIN/a?b" ] || fail "$tool, port 80: $got"
    BROWSE=$tool expect_status 302 "${NAVIGATE[@]}" "https://www.$DOMAIN/"
    BROWSE=$tool expect_status 401 "https://www.$DOMAIN/"
    BROWSE=$tool login tourist
    for name in www old mixed; do
      BROWSE=$tool expect_page $name -b "$(jar_of tourist)"
    done
  done
  expect_log "event=connection id=[0-9a-f]{16} src=$CLIENT_4 sport=[0-9]+ dst=${ADDRESS_4[www]} dport=443$"
  expect_log "event=connection id=[0-9a-f]{16} src=$CLIENT_6 sport=[0-9]+ dst=${ADDRESS_6[www]} dport=443$"
  expect_log "event=dial id=[0-9a-f]{16} dst=${ADDRESS_6[old]} dport=80 "
}
