#!/bin/sh
# tproxy.sh start|stop: the routes for [listen] mode=tproxy.  What the firewall has
# marked is delivered to this host, whatever address it is for.
set -eu

MARK=${MARK:-1}    # as in nftables/tproxy.nft and iptables/tproxy.sh
TABLE=${TABLE:-100}

stop() {
    for family in -4 -6; do
        while ip $family rule del fwmark "$MARK" lookup "$TABLE" 2>/dev/null; do :; done
        ip $family route flush table "$TABLE" 2>/dev/null || :
    done
}

start() {
    for family in -4 -6; do
        ip $family rule add fwmark "$MARK" lookup "$TABLE"
        ip $family route add local default dev lo table "$TABLE"
    done
}

case ${1:-} in
start)
    stop
    start
    ;;
stop) stop ;;
*)
    echo "usage: $0 start|stop" >&2
    exit 2
    ;;
esac
