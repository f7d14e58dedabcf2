#!/usr/bin/env bash
# Real clients and servers that know nothing of the gate: curl with all it can do over
# HTTP/1.1, nginx and Apache behind it, and WebDAV on a plain port and over TLS.
. "$(dirname "$0")/lab.sh"
. "$LIB/apache.sh"
lab_up
actor_start
sink_start
apache_start
setting wfd policy methods GET,HEAD,POST,PUT,PATCH,DELETE,OPTIONS,PROPFIND,PROPPATCH,MKCOL,COPY,MOVE,LOCK,UNLOCK
gate_start
enroll alice
login alice
jar=$(jar_of alice)
sum=$(make_big file 8)
file=$LAB/servers/big/root/file

expect_json() {  # KEY VALUE: of what /echo told
  python3 - "$LAB/body" "$1" "$2" << 'END' || fail "$1 is not $2: $(cat "$LAB/body")"
import json, sys
with open(sys.argv[1]) as file:
    value = json.load(file)
for part in sys.argv[2].split("."):
    value = value.get(part)
sys.exit(str(value) != sys.argv[3])
END
}

# Every method arrives as it is, and nothing is added to the head.
for method in GET POST PUT PATCH DELETE OPTIONS PROPFIND; do
  expect_status 200 -b "$jar" -X $method -A agent/1 "https://actor.$DOMAIN/echo"
  expect_json method $method
  expect_json head.user-agent agent/1
  expect_json head.accept '*/*'
done
expect_status 200 -b "$jar" -I "https://actor.$DOMAIN/head"
[ "$(status_of -b "$jar" -X TRACE "https://actor.$DOMAIN/echo")" = 405 ] || fail "TRACE"

# Uploads: by length, in chunks, as a form, from a pipe, with 100-continue.
digest() { sha256sum < "$1" | cut -d' ' -f1; }
expect_upload() {  # CURL-ARGUMENTS...
  expect_status 200 -b "$jar" "$@" "https://sink.$DOMAIN/"
  expect_body "$((8 << 20)) $sum"
}
expect_upload -T "$file"
expect_upload -T - < "$file"
expect_upload -H "Expect: 100-continue" --data-binary "@$file"
expect_upload -H "Transfer-Encoding: chunked" -H "Expect:" --data-binary "@$file"
expect_status 200 -b "$jar" --http1.0 --no-alpn -T "$file" "https://sink.$DOMAIN/"
expect_body "$((8 << 20)) $sum"
expect_status 200 -b "$jar" -F "a=b" -F "file=@$LAB/curl4;type=text/plain" "https://actor.$DOMAIN/echo"
grep -q '"content-type": "multipart/form-data; boundary=' "$LAB/body" || fail "the form: $(cat "$LAB/body")"
browse -o "$LAB/body" -v -b "$jar" -T "$file" -H "Expect: 100-continue" "https://sink.$DOMAIN/" 2> "$LAB/talk"
grep -q "HTTP/1.1 100 Continue" "$LAB/talk" || fail "no 100 was said: $(grep '^[<>*]' "$LAB/talk")"

# Downloads: a range, several, the rest of a file, only if it changed, compressed.
browse -b "$jar" -r 1000-1999 -o "$LAB/part" "https://big.$DOMAIN/file"
cmp -n 1000 "$LAB/part" <(tail -c +1001 "$file") || fail "the range is another one"
expect_status 206 -b "$jar" -r 0-9,100-109 "https://big.$DOMAIN/file"
expect_body "Content-Range: bytes 100-109/$((8 << 20))"
expect_status 416 -b "$jar" -r 99999999- "https://big.$DOMAIN/file"
head -c 3000000 "$file" > "$LAB/part"
browse -b "$jar" -C - -o "$LAB/part" "https://big.$DOMAIN/file"
[ "$(digest "$LAB/part")" = "$sum" ] || fail "the download that went on is another file"
browse -b "$jar" --etag-save "$LAB/etag" -o "$LAB/part" "https://big.$DOMAIN/file"
expect_status 304 -b "$jar" --etag-compare "$LAB/etag" "https://big.$DOMAIN/file"
expect_status 304 -b "$jar" -z "$file" "https://big.$DOMAIN/file"
browse -b "$jar" --compressed -o "$LAB/part" "https://big.$DOMAIN/file"
[ "$(digest "$LAB/part")" = "$sum" ] || fail "the compressed download is another file"

# HTTP/2 is offered by the client and not taken; many requests share a connection.
used=$(browse -b "$jar" --http2 -o "$LAB/body" -w '%{http_version}' "https://www.$DOMAIN/")
[ "$used" = 1.1 ] || fail "HTTP/$used"
count=$(browse -b "$jar" -o /dev/null -w '%{num_connects}\n' "https://www.$DOMAIN/?[1-20]" | awk '{ n += $1 } END { print n }')
[ "$count" = 1 ] || fail "twenty requests on $count connections"
browse -Z -b "$jar" -o "$LAB/many-#1" "https://big.$DOMAIN/file?[1-4]"
for n in 1 2 3 4; do
  [ "$(digest "$LAB/many-$n")" = "$sum" ] || fail "parallel download $n is another file"
done
expect_status 200 -b "$jar" -L "http://www.$DOMAIN/"

# WebDAV with Apache, the same on its plain port and over TLS.
webdav() {
  local at=https://$1.$DOMAIN lock
  expect_status 201 -b "$jar" -X MKCOL "$at/folder/"
  expect_status 405 -b "$jar" -X MKCOL "$at/folder/"
  expect_status 201 -b "$jar" -T "$file" "$at/folder/a%20b"
  expect_status 207 -b "$jar" -X PROPFIND -H "Depth: 1" "$at/folder/"
  expect_body "<D:href>/folder/a%20b</D:href>"
  expect_status 207 -b "$jar" -X PROPPATCH -H "Content-Type: application/xml" --data \
    '<propertyupdate xmlns="DAV:"><set><prop><x xmlns="x:">y</x></prop></set></propertyupdate>' "$at/folder/a%20b"
  expect_status 201 -b "$jar" -X COPY -H "Destination: $at/folder/c" "$at/folder/a%20b"
  expect_status 201 -b "$jar" -X MOVE -H "Destination: $at/folder/d" -D "$LAB/head" "$at/folder/c"
  tr -d '\r' < "$LAB/head" | grep -qix "location: $at/folder/d" || fail "MOVE, $1: $(cat "$LAB/head")"
  expect_status 412 -b "$jar" -X MOVE -H "Destination: $at/folder/d" -H "Overwrite: F" "$at/folder/a%20b"
  expect_status 200 -b "$jar" -X LOCK -H "Timeout: Second-60" -D "$LAB/head" --data \
    '<lockinfo xmlns="DAV:"><lockscope><exclusive/></lockscope><locktype><write/></locktype></lockinfo>' "$at/folder/d"
  lock=$(sed -n 's/^Lock-Token: <\(.*\)>.*/\1/Ip' "$LAB/head")
  expect_status 423 -b "$jar" -T "$LAB/curl4" "$at/folder/d"
  expect_status 204 -b "$jar" -T "$LAB/curl4" -H "If: (<$lock>)" "$at/folder/d"
  expect_status 204 -b "$jar" -T "$LAB/curl4" -H "If: <$at/folder/d> (<$lock>)" "$at/folder/d"
  expect_status 204 -b "$jar" -X UNLOCK -H "Lock-Token: <$lock>" "$at/folder/d"
  [ "$(browse -b "$jar" "$at/folder/a%20b" | sha256sum | cut -d' ' -f1)" = "$sum" ] || fail "$1: another file"
  expect_status 204 -b "$jar" -X DELETE "$at/folder/"
  expect_status 404 -b "$jar" "$at/folder/a%20b"
}
webdav dav
webdav davs
note "curl $(curl -V | sed -n '1s/curl \([^ ]*\).*/\1/p'), $(nginx -v 2>&1 | cut -d/ -f2), $(apache2 -v | sed -n '1s/.*: //p')"
