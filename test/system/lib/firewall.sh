#!/usr/bin/env bash
# firewall.sh MODE nft|iptables: loads the interception rules that are shipped in etc/,
# with the lab's interface and networks in their variables, into the network namespace
# that it is started in.  firewall.sh off takes all away.
set -euo pipefail
etc=$(dirname "$0")/../../../etc
mode=$1 kind=${2:-}
export OUTSIDE=outside NETWORKS4=10.1.0.0/16 NETWORKS6=fd00:1::/64

if [ "$mode" = off ]; then
  "$etc/iptables/redirect.sh" stop
  "$etc/iptables/tproxy.sh" stop
  nft flush ruleset
  "$etc/routing/tproxy.sh" stop
  exit 0
fi

# filled FILE: the rules with the lab's values at their top.
filled() {
  sed -E -e "s|^(define outside =).*|\1 $OUTSIDE|" \
    -e "s|^(define networks4 =).*|\1 { $NETWORKS4 }|" \
    -e "s|^(define networks6 =).*|\1 { $NETWORKS6 }|" "$1"
}

case $kind in
  nft) filled "$etc/nftables/$mode.nft" | nft -f - ;;
  iptables) "$etc/iptables/$mode.sh" start ;;
  *) echo "firewall.sh: nft or iptables?" >&2; exit 2 ;;
esac
if [ "$mode" = tproxy ]; then "$etc/routing/tproxy.sh" start; fi
