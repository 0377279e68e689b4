#!/bin/sh
# How the certificates of ../hostile_50_tls_fails_closed.rs were made: an authority nobody trusts
# and three servers'. Valid for a century, but `expired`.
set -eu
cd "$(dirname "$0")"
work=$(mktemp -d)
trap 'rm -r "$work"' EXIT
key() { openssl ecparam -name prime256v1 -genkey -noout | openssl pkcs8 -topk8 -nocrypt -out "$1"; }
key "$work/ca.key"
openssl req -x509 -new -key "$work/ca.key" -days 36500 -subj "/CN=Millrace test authority" \
  -addext "basicConstraints=critical,CA:TRUE" -addext "keyUsage=critical,keyCertSign" -out ca.pem
touch "$work/index.txt"
cat > "$work/ca.cnf" <<CNF
[ca]
default_ca = any
[any]
database = $work/index.txt
rand_serial = yes
default_md = sha256
policy = any_policy
copy_extensions = copy
unique_subject = no
new_certs_dir = $work
[any_policy]
commonName = supplied
CNF
server() { # name, alternative names, end of validity
  key "$1.key"
  openssl req -new -key "$1.key" -subj "/CN=$1" -addext "subjectAltName=$2" -out "$work/$1.csr"
  openssl ca -batch -notext -config "$work/ca.cnf" -keyfile "$work/ca.key" -cert ca.pem \
    -startdate 20200101000000Z -enddate "$3" -in "$work/$1.csr" -out "$1.pem"
}
server good "DNS:localhost,IP:127.0.0.1" 21200101000000Z
server other "DNS:other.test" 21200101000000Z
server expired "DNS:localhost,IP:127.0.0.1" 20210101000000Z
