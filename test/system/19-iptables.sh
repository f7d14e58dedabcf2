#!/usr/bin/env bash
# The iptables rules do what the nftables rules do, in both ways of interception.
. "$(dirname "$0")/lab.sh"
lab_up
. "$LIB/tour.sh"
FIREWALL=iptables
gate_start
tour
gate_stop
firewall_off
MODE=tproxy
gate_start
ctl user remove tourist
: > "$LAB/syslog"
tour
