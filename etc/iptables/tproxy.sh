#!/bin/sh
# tproxy.sh start|stop: what nftables/tproxy.nft does, for sites with iptables.  The
# routes of routing/tproxy.sh are needed too.  PREROUTING sees only what comes in by an
# interface: the connections that this host itself opens to the intranet leave through
# OUTPUT and are not touched.
set -eu

# The interface towards the Internet, and the intranet ([intranet] networks of wfd.conf),
# divided by blanks.  The login host's address must be among them, or be this host's own.
OUTSIDE=${OUTSIDE:-eth0}
NETWORKS4=${NETWORKS4:-10.0.0.0/8}
NETWORKS6=${NETWORKS6:-fd00::/8}
# [listen] port of redird.conf and wfd.conf.
REDIRD_PORT=${REDIRD_PORT:-80}
WFD_PORT=${WFD_PORT:-443}
# MARK of routing/tproxy.sh.
MARK=${MARK:-1}

# remove COMMAND TABLE CHAIN HOOK MATCH...: also when only half of it is there.
remove() {
    command=$1 table=$2 chain=$3 hook=$4
    shift 4
    while $command -w -t "$table" -D "$hook" "$@" -j "$chain" 2>/dev/null; do :; done
    if $command -w -t "$table" -F "$chain" 2>/dev/null; then $command -w -t "$table" -X "$chain"; fi
}

stop() {
    for family in iptables ip6tables; do
        remove $family mangle POSTERN PREROUTING -i "$OUTSIDE" -p tcp
        remove $family mangle POSTERN-OLD PREROUTING -p tcp -m socket --transparent
        remove $family filter POSTERN FORWARD -i "$OUTSIDE"
    done
}

# start_family COMMAND NETWORK...
start_family() {
    command=$1
    shift
    # Packets of connections that exist; listeners bound to any address do not count.
    $command -w -t mangle -N POSTERN-OLD
    $command -w -t mangle -A POSTERN-OLD -j MARK --set-mark "$MARK"
    $command -w -t mangle -A POSTERN-OLD -j ACCEPT
    $command -w -t mangle -N POSTERN
    $command -w -t filter -N POSTERN
    for network in "$@"; do
        $command -w -t mangle -A POSTERN -d "$network" -p tcp --dport 80 \
            -j TPROXY --on-port "$REDIRD_PORT" --tproxy-mark "$MARK"
        $command -w -t mangle -A POSTERN -d "$network" -p tcp --dport 443 \
            -j TPROXY --on-port "$WFD_PORT" --tproxy-mark "$MARK"
        $command -w -t filter -A POSTERN -d "$network" -j DROP
    done
    $command -w -t filter -I FORWARD -i "$OUTSIDE" -j POSTERN
    $command -w -t mangle -A PREROUTING -p tcp -m socket --transparent -j POSTERN-OLD
    $command -w -t mangle -A PREROUTING -i "$OUTSIDE" -p tcp -j POSTERN
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
