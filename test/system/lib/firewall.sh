#!/usr/bin/env bash
# firewall.sh MODE nft|iptables: loads the interception rules that are shipped in etc/
# into the network namespace that it is started in.  firewall.sh off takes all away.
set -euo pipefail
etc=$(dirname "$0")/../../../etc
mode=$1 kind=${2:-}

if [ "$mode" = off ]; then
  nft flush ruleset
  for family in -4 -6; do
    ip $family rule del fwmark 1 2>/dev/null || :
    ip $family route flush table 100 2>/dev/null || :
  done
  exit 0
fi

# The same rules, for as long as etc/ has none.
own_rules() {
  if [ "$mode" = redirect ]; then
    cat <<'END'
table inet postern {
  chain prerouting {
    type nat hook prerouting priority dstnat;
    ip daddr 10.1.0.0/16 tcp dport { 80, 443 } redirect
    ip6 daddr fd00:1::/64 tcp dport { 80, 443 } redirect
  }
}
END
  else
    cat <<'END'
table inet postern {
  chain prerouting {
    type filter hook prerouting priority mangle;
    meta l4proto tcp socket transparent 1 meta mark set 1 accept
    ip daddr 10.1.0.0/16 tcp dport 80 tproxy ip to :80 meta mark set 1 accept
    ip daddr 10.1.0.0/16 tcp dport 443 tproxy ip to :443 meta mark set 1 accept
    ip6 daddr fd00:1::/64 tcp dport 80 tproxy ip6 to :80 meta mark set 1 accept
    ip6 daddr fd00:1::/64 tcp dport 443 tproxy ip6 to :443 meta mark set 1 accept
  }
}
END
  fi
}
if [ "$kind" = nft ] && [ -e "$etc/nftables/$mode.nft" ]; then
  nft -f "$etc/nftables/$mode.nft"
else
  own_rules | nft -f -
fi
if [ "$mode" = tproxy ]; then
  ip rule add fwmark 1 lookup 100
  ip route add local default dev lo table 100
  ip -6 rule add fwmark 1 lookup 100
  ip -6 route add local default dev lo table 100
fi
