# Namespaces, links, addresses and the firewall of the lab.  Sourced by lab.sh.
# The interfaces are made inside the namespaces: the machine's own network, its
# routes and its firewall are never touched.

CLIENT_4=198.51.100.2
CLIENT_6=2001:db8:1::2
OTHER_CLIENT_4=198.51.100.3
OTHER_CLIENT_6=2001:db8:1::3
BASTION_4=198.51.100.1
BASTION_6=2001:db8:1::1
BASTION_INSIDE_4=10.1.0.1
BASTION_INSIDE_6=fd00:1::1
NETWORKS=10.1.0.0/16,fd00:1::/64
export CLIENT_4 CLIENT_6 OTHER_CLIENT_4 OTHER_CLIENT_6 BASTION_4 BASTION_6

# The names of the intranet, each with one address of each family.
declare -A ADDRESS_4 ADDRESS_6
name_host() {
  ADDRESS_4[$1]=10.1.0.$2
  ADDRESS_6[$1]=fd00:1::$2
}
name_host login 5
name_host www 10
name_host old 20
name_host mixed 30
name_host silent 40
name_host loop 50
name_host big 60
name_host sink 61
name_host actor 62
name_host liar 70
name_host gone 80

namespace() {  # ROLE [ID]
  echo "postern-${2:-$LAB_ID}-$1"
}

in_namespace() {  # ROLE COMMAND...
  local name
  name=$(namespace "$1")
  shift
  ip netns exec "$name" "$@"
}
in_client() { in_namespace client "$@"; }
in_bastion() { in_namespace bastion "$@"; }
in_intranet() { in_namespace intranet "$@"; }

# spawn ROLE COMMAND...: in the background; SPAWNED is the process itself, no shell around it.
spawn() {
  local name
  name=$(namespace "$1")
  shift
  ip netns exec "$name" "$@" &
  SPAWNED=$!
  disown "$SPAWNED"  # no word from the shell when it is killed
}

# Duplicate address detection would keep IPv6 addresses unusable for a second.
quiet_ipv6() {
  printf '%s\n' "net.ipv6.conf.$1.accept_dad=0" "net.ipv6.conf.$1.accept_ra=0" \
    "net.ipv6.conf.$1.dad_transmits=0"
}

net_namespace() {
  ip netns add "$(namespace "$1")"
  { quiet_ipv6 all; quiet_ipv6 default; echo net.ipv4.ip_unprivileged_port_start=1024; } |
    in_namespace "$1" sysctl -q -p -
}

net_links() {
  local client bastion intranet
  client=$(namespace client) bastion=$(namespace bastion) intranet=$(namespace intranet)
  ip -n "$bastion" link add outside type veth peer name eth0 netns "$client"
  ip -n "$bastion" link add inside type veth peer name eth0 netns "$intranet"
}

net_client() {
  ip -n "$(namespace client)" -batch - <<END
link set lo up
link set eth0 up
addr add $CLIENT_4/24 dev eth0
addr add $OTHER_CLIENT_4/24 dev eth0
addr add $CLIENT_6/64 dev eth0 nodad
addr add $OTHER_CLIENT_6/64 dev eth0 nodad preferred_lft 0
route add default via $BASTION_4
route add default via $BASTION_6
END
}

net_bastion() {
  ip -n "$(namespace bastion)" -batch - <<END
link set lo up
link set outside up
link set inside up
addr add $BASTION_4/24 dev outside
addr add $BASTION_6/64 dev outside nodad
addr add $BASTION_INSIDE_4/16 dev inside
addr add $BASTION_INSIDE_6/64 dev inside nodad
END
}

# The intranet answers for all its names but `login`, which is the gate's own, and
# `gone`, where nobody lives.
net_intranet() {
  local host
  {
    echo "link set lo up"
    echo "link set eth0 up"
    for host in "${!ADDRESS_4[@]}"; do
      [ "$host" != login ] && [ "$host" != gone ] || continue
      echo "addr add ${ADDRESS_4[$host]}/16 dev eth0"
      echo "addr add ${ADDRESS_6[$host]}/64 dev eth0 nodad"
    done
    echo "route add default via $BASTION_INSIDE_4"
    echo "route add default via $BASTION_INSIDE_6"
  } | ip -n "$(namespace intranet)" -batch -
}

# Counts the connections that the bastion opens, and swallows what `silent` gets on 443.
net_watch() {
  in_intranet nft -f - <<END
table inet lab {
  counter opened { }
  chain watch {
    type filter hook input priority -10;
    iifname eth0 tcp flags & (syn | ack) == syn counter name opened
    ip daddr ${ADDRESS_4[silent]} tcp dport 443 drop
    ip6 daddr ${ADDRESS_6[silent]} tcp dport 443 drop
  }
}
END
}

# How many connections were tried into the intranet since lab_up.
connections_opened() {
  in_intranet nft list counter inet lab opened | sed -n 's/.*packets \([0-9]*\).*/\1/p'
}

net_up() {
  net_namespace client
  net_namespace bastion
  net_namespace intranet
  net_links
  net_client
  net_bastion
  net_intranet
  net_watch
}

# net_down ID: ends every process in the namespaces of that lab, then the namespaces.
net_down() {
  local role name pid
  for role in client bastion intranet; do
    name=$(namespace "$role" "$1")
    [ -e "/run/netns/$name" ] || continue
    for _ in 1 2 3 4 5; do  # a supervisor may have started one more meanwhile
      pid=$(ip netns pids "$name")
      [ -n "$pid" ] || break
      kill -KILL $pid 2>/dev/null || :
    done
    ip netns del "$name"
  done
}
