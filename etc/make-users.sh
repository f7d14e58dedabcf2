#!/bin/sh
# make-users.sh: makes the user and group of every role that has none yet, as system
# users without a home or a shell.  Users that are there stay as they are.
set -eu

[ "$(id -u)" = 0 ] || { echo "make-users: must be run as root" >&2; exit 1; }
for user in _redird-logger _redird-porter _redird-worker \
    _wfd-logger _wfd-porter _wfd-worker _wfd-signer _wfd-broker \
    _authd-logger _authd-sessions _authd-vault; do
    id "$user" >/dev/null 2>&1 ||
        useradd --system --user-group --no-create-home --home-dir /nonexistent \
            --shell /usr/sbin/nologin "$user"
done
