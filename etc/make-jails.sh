#!/bin/sh
# make-jails.sh [-s SKELETON] [-p PAGES] JAIL [UID_BASE]: builds JAIL/DAEMON/ROLE for all
# roles, as the manifest in SKELETON says, and checks that nothing else is there.  What
# stands in PAGES is laid over the shipped pages: a site's own languages and looks
# (/etc/postern/pages when this script is installed, and no SKELETON is named).  With
# UID_BASE, owners are numbers from it on ([process] uid_base); else they are users by
# name.  A database that is there already is left alone.  To be run again after an update.
set -eu
umask 022

fail() {
    echo "make-jails: $*" >&2
    exit 1
}

usage() {
    echo "usage: $0 [-s SKELETON] [-p PAGES] JAIL [UID_BASE]" >&2
    exit 2
}

skeleton=$(dirname "$0")/chroot-skel
pages=/etc/postern/pages
page_tree=wfd/worker/pages
if [ ! -d "$skeleton" ]; then
    skeleton=$(dirname "$0")/../chroot-skel
    pages=
fi
while getopts s:p: option; do
    case $option in
    s) skeleton=$OPTARG pages= ;;
    p) pages=$OPTARG; [ -d "$pages" ] || fail "there is no $pages" ;;
    *) usage ;;
    esac
done
shift $((OPTIND - 1))
[ $# -ge 1 ] && [ $# -le 2 ] && [ -n "$1" ] || usage
[ -d "${pages:-/nowhere}" ] || pages=
jail=$1 uid_base=${2:-}
case $uid_base in *[!0-9]*) fail "UID_BASE must be a number: $uid_base" ;; esac
[ "$(id -u)" = 0 ] || fail "must be run as root (it gives directories to their owners)"
[ -r "$skeleton/manifest" ] || fail "there is no $skeleton/manifest"

# owner_of OWNER: user and group numbers, as chown takes them.
owner_of() {
    case $1 in
    root) echo 0:0 ;;
    *+*)
        if [ -n "$uid_base" ]; then
            echo "$((uid_base + ${1#*+})):$((uid_base + ${1#*+}))"
        else
            id "${1%+*}" >/dev/null 2>&1 || fail "there is no user ${1%+*} (make install makes it)"
            echo "$(id -u "${1%+*}"):$(id -g "${1%+*}")"
        fi
        ;;
    *) fail "not an owner: $1" ;;
    esac
}

# make_dir MODE OWNER PATH
make_dir() {
    [ ! -L "$jail/$3" ] || fail "$jail/$3 is a symbolic link"
    mkdir -p "$jail/$3"
    owner=$(owner_of "$2")
    chown "$owner" "$jail/$3"
    chmod "$1" "$jail/$3"
}

# make_tree MODE OWNER PATH: an exact copy; what the skeleton has no more goes away.
make_tree() {
    [ -d "$skeleton/$3" ] || fail "there is no $skeleton/$3"
    [ ! -L "$jail/$3" ] || fail "$jail/$3 is a symbolic link"
    rm -rf "${jail:?}/$3"
    copy_tree "$1" "$2" "$skeleton/$3" "$3"
    if [ "$3" = "$page_tree" ] && [ -n "$pages" ]; then copy_tree "$1" "$2" "$pages" "$3"; fi
}

# copy_tree MODE OWNER FROM PATH: over what is there.
copy_tree() {
    strange=$(find "$3" ! -type f ! -type d)
    [ -z "$strange" ] || fail "neither a file nor a directory: $strange"
    (cd "$3" && find . -type d) | while read -r path; do
        make_dir 0755 "$2" "$4/${path#.}"
    done
    (cd "$3" && find . -type f) | while read -r path; do
        cp "$3/$path" "$jail/$4/$path"
        chown "$(owner_of "$2")" "$jail/$4/$path"
        chmod "$1" "$jail/$4/$path"
    done
}

# What the manifest accounts for, one path a line; of the database's directory, all.
expected() {
    entries | while read -r kind _ owner path; do
        echo "$path"
        if [ "$kind" = tree ]; then tree_files "$path" | sort -u; fi
        if [ "$owner" != root ]; then (cd "$jail" && find "$path" -mindepth 1); fi
    done
}

# tree_files PATH: what is copied there, from wherever.
tree_files() {
    (cd "$skeleton" && find "$1" -mindepth 1)
    if [ "$1" = "$page_tree" ] && [ -n "$pages" ]; then
        (cd "$pages" && find . -mindepth 1) | sed "s|^\.|$1|"
    fi
}

entries() {
    grep -v -e '^#' -e '^$' "$skeleton/manifest"
}

mkdir -p "$jail"
entries | while read -r kind mode owner path; do
    case $kind in
    dir) make_dir "$mode" "$owner" "$path" ;;
    tree) make_tree "$mode" "$owner" "$path" ;;
    *) fail "not a line of a manifest: $kind $mode $owner $path" ;;
    esac
done
surplus=$(
    {
        expected
        expected
        (cd "$jail" && find . -mindepth 1) | sed 's|^\./||'
    } | sort | uniq -u
)
[ -z "$surplus" ] || fail "has no place in a jail: $(echo "$surplus" | sed "s|^|$jail/|" | tr '\n' ' ')"
