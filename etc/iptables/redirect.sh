#!/bin/sh
# redirect.sh start|stop: what nftables/redirect.nft does, for sites with iptables.
# PREROUTING sees only what comes in by an interface: the connections that this host
# itself opens to the intranet leave through OUTPUT and are not touched.
set -eu

# The interface towards the Internet, and the intranet ([intranet] networks of wfd.conf),
# divided by blanks.  The login host's address must be among them, or be this host's own.
OUTSIDE=${OUTSIDE:-eth0}
NETWORKS4=${NETWORKS4:-10.0.0.0/8}
NETWORKS6=${NETWORKS6:-fd00::/8}
# [listen] port of redird.conf and wfd.conf.
REDIRD_PORT=${REDIRD_PORT:-80}
WFD_PORT=${WFD_PORT:-443}

# remove COMMAND TABLE HOOK CHAIN: also when only half of it is there.
remove() {
    while "$1" -w -t "$2" -D "$3" -i "$OUTSIDE" -j "$4" 2>/dev/null; do :; done
    if "$1" -w -t "$2" -F "$4" 2>/dev/null; then "$1" -w -t "$2" -X "$4"; fi
}

stop() {
    for command in iptables ip6tables; do
        remove $command nat PREROUTING POSTERN
        remove $command filter FORWARD POSTERN
    done
}

# start_family COMMAND NETWORK...
start_family() {
    command=$1
    shift
    $command -w -t nat -N POSTERN
    $command -w -t filter -N POSTERN
    for network in "$@"; do
        $command -w -t nat -A POSTERN -d "$network" -p tcp --dport 80 -j REDIRECT --to-ports "$REDIRD_PORT"
        $command -w -t nat -A POSTERN -d "$network" -p tcp --dport 443 -j REDIRECT --to-ports "$WFD_PORT"
        $command -w -t filter -A POSTERN -d "$network" -j DROP
    done
    $command -w -t filter -I FORWARD -i "$OUTSIDE" -j POSTERN
    $command -w -t nat -A PREROUTING -i "$OUTSIDE" -j POSTERN
}

case ${1:-} in
start)
    stop
    # shellcheck disable=SC2086
    start_family iptables $NETWORKS4
    # shellcheck disable=SC2086
    start_family ip6tables $NETWORKS6
    ;;
stop) stop ;;
*)
    echo "usage: $0 start|stop" >&2
    exit 2
    ;;
esac
