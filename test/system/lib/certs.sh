#!/usr/bin/env bash
# certs.sh DIR: the certificates of the lab, all EC P-256 and good for a month.
#   gate-ca.pem      signs what the browsers see      gate.pem gate.key      *.corp.example
#   intranet-ca.pem  signs the servers of the intranet  intranet.pem intranet.key  their names
#   liar.pem liar.key  a server's certificate that nobody signed, for a name it has not
set -euo pipefail
dir=$1
mkdir -p "$dir"
cd "$dir"
umask 077

names="www old mixed silent loop big sink actor socket echo ntlm twin strict annex gone davs app"

# request NAME SUBJECT EXTENSIONS... : a key and a certificate.
request() {
  local name=$1 subject=$2
  shift 2
  openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -sha256 -days 30 \
    -keyout "$name.key" -out "$name.pem" -subj "/O=Postern lab/CN=$subject" "$@" 2>/dev/null
}

authority() {
  request "$1" "$2" -addext basicConstraints=critical,CA:TRUE \
    -addext keyUsage=critical,keyCertSign,cRLSign
}

server() {  # NAME SUBJECT AUTHORITY ALTERNATIVE-NAMES
  request "$1" "$2" -CA "$3.pem" -CAkey "$3.key" -addext "subjectAltName=$4" \
    -addext basicConstraints=critical,CA:FALSE -addext extendedKeyUsage=serverAuth
}

alternatives=
for name in $names; do alternatives=$alternatives${alternatives:+,}DNS:$name.corp.example; done

authority gate-ca "Postern lab gate authority" &
authority intranet-ca "Postern lab intranet authority" &
request liar other.example -addext subjectAltName=DNS:other.example &
wait
server gate '*.corp.example' gate-ca 'DNS:*.corp.example,DNS:corp.example' &
server intranet www.corp.example intranet-ca "$alternatives" &
wait
chmod 644 ./*.pem
