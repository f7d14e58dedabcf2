#!/usr/bin/env bash
# demo.sh: the lab, running, until Ctrl-C: an Internet, a bastion host with the three
# daemons in their jails, and an intranet with real web servers, all in network
# namespaces of this machine.  Prints what is needed to go through the gate by hand.
# ONCE=1: makes the whole tour itself, prints each step, and ends with 0.
if [ "$(id -u)" != 0 ]; then
  command -v sudo > /dev/null && exec sudo --preserve-env=DISPLAY,WAYLAND_DISPLAY,XDG_RUNTIME_DIR,XAUTHORITY \
    ONCE="${ONCE:-}" "$0" "$@"
  echo "demo: needs root (network namespaces, jails): run as root, or install sudo" >&2
  exit 1
fi

. "$(dirname "$0")/system/lab.sh"
UID_BASE=62000
USER_NAME=alice
PAGE=https://www.$DOMAIN/

say() {
  printf '%s\n' "$*"
}

step_number=0
step() {  # WHAT RESULT
  step_number=$((step_number + 1))
  printf '%2d. %-62s %s\n' $step_number "$1" "$2"
}

# expect WHAT PATTERN GOT RESULT: one step of the tour.
expect() {
  [[ "$3" == $2 ]] || fail "$1: \"$3\" instead of \"$2\""
  step "$1" "$4"
}

# answer CURL-ARGUMENTS...: "STATUS LOCATION"
answer() {
  browse -o "$LAB/body" -w '%{http_code} %{redirect_url}' "$@" || :
}

tour_page() {  # NAME REMARK
  local url=https://$1.$DOMAIN/ title
  got=$(answer -b "$(jar_of $USER_NAME)" "$url")
  title=$(grep -o "This is the page of $1.$DOMAIN" "$LAB/body") || fail "not the page of $1: $(cat "$LAB/body")"
  expect "GET $url${2:+  ($2)}" "200 " "$got" "200 \"$title\""
}

make_tour() {
  local jar code cookie login="302 to the login page https://$LOGIN_HOST/login?..."
  jar=$(jar_of $USER_NAME)
  code=$(passcode $USER_NAME)
  expect "GET http://www.$DOMAIN/" "301 $PAGE" "$(answer "http://www.$DOMAIN/")" "301 to $PAGE"
  expect "GET $PAGE  (a person, not logged in)" "302 https://$LOGIN_HOST/login?*" \
    "$(answer "${NAVIGATE[@]}" "$PAGE")" "$login"
  expect "GET $PAGE  (a script, not logged in)" "401 " "$(answer "$PAGE")" "401, nothing else"
  expect "login as $USER_NAME with PIN and passcode $code" "303 $PAGE" \
    "$(login_form $USER_NAME "$(pin_of $USER_NAME)" "$code" -c "$jar" -d "host=www.$DOMAIN" -d path=/)" \
    "303 to $PAGE, with a cookie"
  tour_page www
  tour_page old "its server has port 80 only"
  tour_page mixed "404 on its port 443"
  cookie=$(cookie_of $USER_NAME)
  expect "logout" "200 *" "$(answer -b "$jar" -c "$jar" -H "Origin: https://$LOGIN_HOST" -d x=y "https://$LOGIN_HOST/logout")" \
    "200, the session is over"
  expect "GET $PAGE  (with the old cookie)" "302 https://$LOGIN_HOST/login?*" \
    "$(answer "${NAVIGATE[@]}" -b "SessionID=$cookie" "$PAGE")" "$login"
  expect "login with the same passcode again" "403 " \
    "$(login_form $USER_NAME "$(pin_of $USER_NAME)" "$code" -d "host=www.$DOMAIN" -d path=/)" "403, each passcode works once"
}

# The prefix that gets a person into the namespace of the Internet.
enter() {
  echo "${SUDO_USER:+sudo }ip netns exec $(namespace client)"
}

curl_line() {
  echo "$(enter) curl -q -sS -L -K $LAB/curl4 -c $LAB/demo.jar -H 'Origin: https://$LOGIN_HOST'" \
    "-d user=$USER_NAME -d pin=$(pin_of $USER_NAME) -d passcode=\$(oathtool --totp -b $(secret_of $USER_NAME))" \
    "-d host=www.$DOMAIN -d path=/ https://$LOGIN_HOST/login"
}

# Chromium in that namespace as the person who called sudo; as root only without its own
# sandbox, which refuses to run then.
browser_line() {
  local who=$SUDO_USER as rules
  rules=$(curl_hosts | awk '{ printf "%sMAP %s %s", (NR > 1 ? "," : ""), $1, $2 }')
  if [ -n "$who" ]; then
    as="sudo --preserve-env=DISPLAY,WAYLAND_DISPLAY,XDG_RUNTIME_DIR,XAUTHORITY ip netns exec $(namespace client)"
    as="$as setpriv --reuid $who --regid $(id -g "$who") --init-groups env HOME=$LAB/browser chromium"
  else
    as="$(enter) chromium --no-sandbox"
  fi
  echo "$as --user-data-dir=$LAB/browser --no-first-run --host-resolver-rules='$rules'" \
    "--ignore-certificate-errors-spki-list=$(spki) $PAGE"
}

spki() {
  openssl x509 -in "$LAB/certs/gate.pem" -noout -pubkey | openssl pkey -pubin -outform DER |
    openssl dgst -sha256 -binary | base64
}

prepare_browser() {
  mkdir "$LAB/browser"
  chown "${SUDO_USER:-root}" "$LAB/browser"
}

print_invitation() {
  curl_settings 4 > "$LAB/curl4"
  say ""
  say "address    $PAGE   (also https://old.$DOMAIN/ and https://mixed.$DOMAIN/)"
  say "user       $USER_NAME"
  say "PIN        $(pin_of $USER_NAME)"
  shown=$(passcode $USER_NAME)
  say "passcode   $shown   (now; another one every 30 seconds, each good once)"
  say ""
  say "curl:      $(curl_line)"
  say ""
  say "browser:   $(browser_line)"
  say ""
  say "processes: ps --forest -o pid,uid,args -s $(daemon_pid redird),$(daemon_pid wfd),$(daemon_pid authd)"
  say "log:       $LAB/syslog"
  say ""
}

# A new line with each new passcode, until Ctrl-C or until a daemon is gone.
keep_running() {
  local code last=$shown
  say "The lab runs until Ctrl-C."
  while ! is_gone "$(daemon_pid redird)" && ! is_gone "$(daemon_pid wfd)" && ! is_gone "$(daemon_pid authd)"; do
    code=$(passcode $USER_NAME)
    [ "$code" = "$last" ] || say "passcode   $code"
    last=$code
    sleep 1 &
    wait $!
  done
  fail "a daemon has ended"
}

SUDO_USER=${SUDO_USER:-}
trap 'say ""; exit 0' INT
from=$(milliseconds)
lab_up
gate_start
enroll $USER_NAME
say "The lab is up after $(($(milliseconds) - from)) ms: Internet, bastion and intranet; redird, wfd and authd in their jails."
if [ "${ONCE:-}" = 1 ]; then
  make_tour
  say "The tour is done: $step_number steps, each as it should be."
else
  prepare_browser
  print_invitation
  keep_running
fi
