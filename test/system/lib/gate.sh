# The gate: its configuration, jails, daemons, users.  Sourced by lab.sh.
#
#   setting DAEMON SECTION KEY VALUE    before gate_start, any number of times; the value
#                                       - leaves the key out
#   gate_start                          jails, configuration, firewall, the three daemons
#   enroll alice                        a user with a TOTP token; `enroll alice --hotp` with HOTP

UID_BASE=61000
MODE=redirect
declare -A SETTING DEFAULT

setting() {
  SETTING["$1|$2|$3"]=$4
}

default() {
  DEFAULT["$1|$2|$3"]=$4
}

default_settings() {
  local daemon
  for daemon in redird wfd authd; do
    default $daemon process uid_base $UID_BASE
    default $daemon process chroot "$LAB/jail/$daemon"
    default $daemon process pidfile "$LAB/run/$daemon.pid"
    default $daemon log socket "$LAB/run/log"
  done
  redird_settings
  wfd_settings
  authd_settings
}

redird_settings() {
  default redird listen address 0.0.0.0,::
  default redird listen mode $MODE
  default redird redirect domain $DOMAIN
  busy_client redird
}

# One client of the lab does what a thousand do elsewhere; a test of the limits sets its own.
busy_client() {
  default "$1" limits per_source 10000
  default "$1" limits per_source_rate 1000000
  default "$1" limits penalty_limit 1000000
}

wfd_settings() {
  default wfd listen address 0.0.0.0,::
  default wfd listen mode $MODE
  default wfd tls certificate "$LAB/certs/gate.pem"
  default wfd tls key "$LAB/certs/gate.key"
  default wfd domain name $DOMAIN
  default wfd intranet networks $NETWORKS
  default wfd upstream_tls ca_file "$LAB/certs/intranet-ca.pem"
  default wfd login host $LOGIN_HOST
  default wfd authd socket "$LAB/run/gate.sock"
  busy_client wfd
}

authd_settings() {
  default authd listen gate "$LAB/run/gate.sock"
  default authd listen admin "$LAB/run/admin.sock"
  default authd session domain $DOMAIN
  default authd store path /db/users.db
  default authd store sealing_key "$LAB/keys/sealing.key"
}

gate_keys() {
  [ ! -d "$LAB/keys" ] || return 0
  mkdir -m 700 "$LAB/keys"
  head -c 32 /dev/urandom > "$LAB/keys/sealing.key"
  chmod 600 "$LAB"/keys/*
}

gate_jails() {
  [ -d "$LAB/jail" ] ||
    make -s -C "$ROOT" jails JAIL="$LAB/jail" UID_BASE=$UID_BASE > "$LAB/run/jails.err" 2>&1 ||
    fail "make jails: $(cat "$LAB/run/jails.err")"
}

# write_conf DAEMON: $LAB/DAEMON.conf, section by section; a setting goes before a default.
write_conf() {
  local daemon=$1 name value
  for name in "${!DEFAULT[@]}" "${!SETTING[@]}"; do
    value=${SETTING[$name]-${DEFAULT[$name]-}}
    [ "${name%%|*}" = "$daemon" ] && [ "$value" != - ] || continue
    printf '%s|%s\n' "${name#*|}" "$value"
  done | sort -u -t'|' -k1,1 -k2,2 | awk -F'|' '
    $1 != section { section = $1; print "[" section "]" }
    { value = $0; sub(/^[^|]*\|[^|]*\|/, "", value); print $2 " = " value }' > "$LAB/$daemon.conf"
}

gate_configure() {
  local daemon
  DEFAULT=()
  default_settings
  for daemon in redird wfd authd; do write_conf $daemon; done
}

# firewall MODE [nft|iptables]: the rules that etc/ ships, for the networks of the lab.
firewall() {
  [ "$1" != direct ] || return 0
  in_bastion "$LIB/firewall.sh" "$1" "${2:-nft}" || fail "the firewall rules do not load"
}

# firewall_off: no rules at all.
firewall_off() {
  in_bastion "$LIB/firewall.sh" off
}

# daemon_start DAEMON: returns when it serves.
daemon_start() {
  local status=0
  in_bastion "$BIN/$1" -c "$LAB/$1.conf" ${GATE_FLAGS:-} \
    < /dev/null > "$LAB/run/$1.err" 2>&1 || status=$?
  [ $status = 0 ] || fail "$1 does not start (exit $status): $(cat "$LAB/run/$1.err")"
}

daemon_pid() {
  cat "$LAB/run/$1.pid"
}

daemon_stop() {
  local pid
  pid=$(daemon_pid "$1")
  kill -TERM "$pid"
  wait_for 15 is_gone "$pid" || fail "$1 does not stop"
}

gate_start() {
  local name
  for name in authd wfd redird; do
    [ -x "$BIN/$name" ] || fail "$BIN/$name is not there: make first"
  done
  gate_keys
  gate_jails
  gate_configure
  firewall "$MODE" "${FIREWALL:-nft}"
  daemon_start authd
  daemon_start wfd
  daemon_start redird
}

# authd_start: authd alone, for tests that ask it without a browser.
authd_start() {
  gate_keys
  gate_jails
  gate_configure
  daemon_start authd
}

# gate_tool: builds what lib/gatecrowd.py drives.
gate_tool() {
  make -s -C "$ROOT" build/test-tools/gate-client > "$LAB/run/make.err" 2>&1 ||
    fail "make build/test-tools/gate-client: $(cat "$LAB/run/make.err")"
}

gate_stop() {
  daemon_stop redird
  daemon_stop wfd
  daemon_stop authd
}

ctl() {
  "$BIN/authctl" -s "$LAB/run/admin.sock" "$@"
}

# Each user of the lab has a PIN of his own, easy to find in a log that should not have it.
pin_of() {
  printf '%08d' $((0x$(printf 'pin %s' "$1" | sha256sum | cut -c1-8) % 90000000 + 10000000))
}

secret_of() {
  printf 'secret %s' "$1" | sha1sum | cut -d' ' -f1 | base32_of_hex
}

base32_of_hex() {
  tr a-f A-F | tr -d '\n' | basenc --base16 -d | basenc --base32
}

# enroll USER [--totp|--hotp] [AUTHCTL-ARGUMENTS...]
enroll() {
  local user=$1
  shift
  # A token that was somebody's before counts on from there.
  case " $* " in *" --hotp "*) [ -e "$LAB/users/$user.counter" ] || echo 0 > "$LAB/users/$user.counter" ;; esac
  pin_of "$user" | ctl user add "$user" "$@" --secret "$(secret_of "$user")" \
    --pin-stdin --no-proof --json > "$LAB/users/$user.json" || fail "authctl user add $user"
}

# passcode USER: the next one of a HOTP token, the current one of a TOTP token.
passcode() {
  local counter=$LAB/users/$1.counter n
  if [ ! -e "$counter" ]; then
    oathtool --totp -b "$(secret_of "$1")"
    return
  fi
  n=$(cat "$counter")
  echo $((n + 1)) > "$counter"
  oathtool --hotp -b -c "$n" "$(secret_of "$1")"
}

# sid_of USER: the public name of the user's newest session.
sid_of() {
  ctl session list --user "$1" --json | python3 -c '
import json, sys
sessions = [json.loads(line) for line in sys.stdin]
print(max(sessions, key=lambda s: s["login"])["sid"])'
}

# role_pids DAEMON ROLE: the processes of that title below that daemon's master.
role_pids() {
  local master pid
  master=$(daemon_pid "$1")
  for pid in $(descendants "$master"); do
    if [ "$(title_of "$pid")" = "postern-$1: $2" ]; then echo "$pid"; fi
  done
}

descendants() {  # none, when there are none or it is gone: that is no failure
  local child
  for child in $(ps -o pid= --ppid "$1" || :); do
    echo "$child"
    descendants "$child"
  done
}

# The title without what may follow the role's name (a number, a state).
title_of() {
  { tr '\0' ' ' < "/proc/$1/cmdline"; } 2>/dev/null | sed -E 's/^(postern-[a-z]+: [a-z]+).*/\1/'
}
