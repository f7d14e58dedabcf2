#!/usr/bin/env bash
# deps.sh [check|bench]: installs the Debian packages that are missing, and only those; with `check` those
# that the fuzzers need, with `bench` those of the benchmarks, too.  With nothing missing it touches neither apt nor root,
# so it also serves machines without a network.
# DEPS_LIST=1 prints the list.
set -eu

# To build, then to test and to show.
build_packages="g++ make pkg-config libssl-dev openssl libcap-ng-dev libseccomp-dev
  libinih-dev catch2 libsqlite3-dev libqrencode-dev"
lab_packages="nginx-light curl iproute2 nftables iptables procps python3 mandoc oathtool
  universal-ctags strace valgrind chromium chromium-driver nodejs apache2-bin libapache2-mod-auth-openidc
  python3-jwt python3-cryptography"
case ${1:-} in
  check) lab_packages="$lab_packages clang-19 libclang-rt-19-dev" ;;
  bench) lab_packages="$lab_packages haproxy bsdutils" ;;
esac

refuse() {
  echo "deps: $*" >&2
  exit 1
}

is_installed() {
  [ "$(dpkg-query -W -f '${db:Status-Status}' "$1" 2>/dev/null)" = installed ]
}

missing_packages() {
  for package in $build_packages $lab_packages; do
    is_installed "$package" || echo "$package"
  done
}

as_root() {
  if [ "$(id -u)" = 0 ]; then
    "$@"
  else
    sudo "$@"
  fi
}

# Debian starts nginx when it installs it; we want the program, not a server on the
# ports of this machine.  For the time of the installation a policy says no, unless
# the machine has a policy of its own.
install_quietly() {
  as_root env DEBIAN_FRONTEND=noninteractive sh -c '
    policy=/usr/sbin/policy-rc.d
    if [ ! -e $policy ]; then
      trap "rm -f $policy" EXIT
      trap "exit 1" HUP INT TERM
      printf "#!/bin/sh\nexit 101\n" > $policy
      chmod 755 $policy
    fi
    apt-get -q update && apt-get -q -y install --no-install-recommends "$@"' install "$@"
}

# What the policy kept from starting now must not come at the next boot either.
keep_off() {  # SERVICE
  if [ -d /run/systemd/system ]; then
    as_root systemctl disable --quiet "$1.service"
  else
    as_root update-rc.d "$1" disable
  fi
}

if [ "${DEPS_LIST:-}" = 1 ]; then
  printf '%s\n' $build_packages $lab_packages
  exit 0
fi

command -v dpkg-query >/dev/null || refuse "needs Debian (no dpkg-query here)"
missing=$(missing_packages | xargs)
[ -n "$missing" ] || exit 0
[ "$(id -u)" = 0 ] || command -v sudo >/dev/null ||
  refuse "missing: $missing; installing them needs root or sudo"

new_servers=
for server in nginx haproxy; do
  is_installed $server || new_servers="$new_servers $server"
done
echo "deps: installing $missing"
install_quietly $missing || refuse "apt-get could not install: $missing"
for server in $new_servers; do
  if is_installed $server; then
    keep_off $server || refuse "$server is installed, but cannot be kept from starting at boot"
  fi
done
