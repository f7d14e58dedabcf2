#!/usr/bin/env bash
# mode=tproxy: the same service without address translation, over IPv4 and IPv6.
. "$(dirname "$0")/lab.sh"
MODE=tproxy
lab_up
gate_start
. "$LIB/tour.sh"
tour
