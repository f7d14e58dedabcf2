# What a browser, a script or a thief does out on the Internet.  Sourced by lab.sh.

# curl knows the names of the lab from a file, one for each family.
curl_settings() {  # 4|6
  local -n address=ADDRESS_$1
  local host
  echo "cacert = \"$LAB/certs/gate-ca.pem\""
  echo "max-time = 60"
  for host in "${!address[@]}"; do
    echo "resolve = \"$host.$DOMAIN:443:${address[$host]}\""
    echo "resolve = \"$host.$DOMAIN:80:${address[$host]}\""
  done
}

# browse CURL-ARGUMENTS...: curl on the Internet, over IPv4; browse6 over IPv6.
browse() { curl_in client 4 "$@"; }
browse6() { curl_in client 6 "$@"; }

curl_in() {  # NAMESPACE FAMILY CURL-ARGUMENTS...
  local place=$1 family=$2
  shift 2
  [ -e "$LAB/curl$family" ] || curl_settings "$family" > "$LAB/curl$family"
  "in_$place" curl -q -sS -K "$LAB/curl$family" "$@"
}

# status_of CURL-ARGUMENTS...: the number, 000 when no answer came.
status_of() {
  "${BROWSE:-browse}" -o "$LAB/body" -w '%{http_code}' "$@" || :
}

# expect_status NUMBER CURL-ARGUMENTS...: the body is in $LAB/body afterwards.
expect_status() {
  local want=$1 got
  shift
  got=$(status_of "$@")
  [ "$got" = "$want" ] || fail "status $got instead of $want: $*"
}

expect_body() {
  grep -qF -- "$1" "$LAB/body" || fail "the answer has no \"$1\" in it: $(head -c 400 "$LAB/body")"
}

# expect_page NAME CURL-ARGUMENTS...: the page of that server comes.
expect_page() {
  local host=$1
  shift
  expect_status 200 "https://$host.$DOMAIN/" "$@"
  expect_body "This is the page of $host.$DOMAIN"
}

# What a browser says when a person goes somewhere.
NAVIGATE=(-H "Sec-Fetch-Mode: navigate" -H "Sec-Fetch-Dest: document" -H "Sec-Fetch-Site: none"
  -H "Accept: text/html,application/xhtml+xml")

# jar_of USER: the user's cookies, as in  expect_status 200 -b "$(jar_of alice)" https://...
jar_of() {
  echo "$LAB/users/$1.jar"
}

# cookie_of USER: the value of the session cookie.
cookie_of() {
  awk '$6 == "SessionID" { print $7 }' "$(jar_of "$1")"
}

# login_form USER PIN PASSCODE [CURL-ARGUMENTS...]: posts the form; prints "STATUS LOCATION".
# The answer's head is in $LAB/head, its body in $LAB/body.  PIN and passcode do not
# stand on a command line.
login_form() {
  local user=$1 pin=$2 passcode=$3
  shift 3
  printf '%s' "$pin" > "$LAB/pin"
  printf '%s' "$passcode" > "$LAB/passcode"
  "${BROWSE:-browse}" -o "$LAB/body" -D "$LAB/head" -w '%{http_code} %{redirect_url}' \
    -H "Origin: https://$LOGIN_HOST" --data-urlencode "user=$user" \
    --data-urlencode "pin@$LAB/pin" --data-urlencode "passcode@$LAB/passcode" \
    "$@" "https://$LOGIN_HOST/login" || :
}

# login USER [HOST [PATH [CURL-ARGUMENTS...]]]: with the right PIN and passcode; the
# cookie goes into the user's jar.
login() {
  local user=$1 host=${2:-www.$DOMAIN} path=${3:-/} answer
  shift $(($# < 3 ? $# : 3))
  rm -f "$(jar_of "$user")"
  answer=$(login_form "$user" "$(pin_of "$user")" "$(passcode "$user")" -c "$(jar_of "$user")" \
    --data-urlencode "host=$host" --data-urlencode "path=$path" "$@")
  [ "$answer" = "303 https://$host$path" ] || fail "login of $user: $answer: $(cat "$LAB/body")"
  [ -n "$(cookie_of "$user")" ] || fail "login of $user brought no cookie"
}

# python_in_client: a Python program on standard input, with wire.py at hand.
python_in_client() {
  curl_hosts > "$LAB/hosts"
  in_client python3 - "$@"
}

curl_hosts() {
  local host
  for host in "${!ADDRESS_4[@]}"; do
    echo "$host.$DOMAIN ${ADDRESS_4[$host]} ${ADDRESS_6[$host]}"
  done
}
