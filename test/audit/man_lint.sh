#!/bin/sh
# Every manual page passes mandoc's lint without a warning.  Run from the top.
set -eu
command -v mandoc >/dev/null || { echo "man_lint: mandoc is missing (make deps)"; exit 1; }
status=0
pages=0
for page in man/*.[1-9]; do
    mandoc -T lint -W warning "$page" || status=1
    pages=$((pages + 1))
done
[ $status -eq 0 ] && echo "man_lint: $pages pages are clean"
exit $status
