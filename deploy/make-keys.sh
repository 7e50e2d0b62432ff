#!/usr/bin/env bash
# Makes the keys and certificates for TLS between fathom's programs.
set -euo pipefail
umask 077

usage="Usage: make-keys.sh FOLDER server NAME_OR_ADDRESS...
       make-keys.sh FOLDER client NAME

The first call makes an authority in FOLDER as well:
  ca.key      signs certificates: keep it off line, only this script needs it
  ca.pem      for everyone: fathom --tls-ca, fathom-worker --tls-ca
then 'server' makes, for a coordinator with these names,
  server.key server.pem    fathom-server --tls-key, --tls-cert
                           (localhost, 127.0.0.1 and ::1 are always among them)
and 'client', when fathom-server is to ask for certificates as well
(--tls-client-ca ca.pem), for a worker or a person
  NAME.key NAME.pem        --tls-key, --tls-cert

Nothing that exists is written over. Valid for 2 years, the authority for 10.
Exit codes: 0 fine, 1 failed, 2 bad usage, 13 openssl is missing."

die() { # CODE MESSAGE
  printf 'error: %s\n' "$2" >&2
  exit "$1"
}
bad_usage() {
  printf 'error: %s\n%s\n' "$1" "$usage" >&2
  exit 2
}

[[ ${1:-} != --help && ${1:-} != -h ]] || { echo "$usage" && exit 0; }
(($# >= 3)) || bad_usage "found $# arguments"
folder=$1 kind=$2
shift 2
command -v openssl >/dev/null || die 13 "openssl is missing: apt-get install openssl"

case $kind in
server) name=server ;;
client)
  (($# == 1)) || bad_usage "'client' takes one NAME"
  name=$1
  ;;
*) bad_usage "found '$kind', expected server or client" ;;
esac
[[ $name =~ ^[A-Za-z0-9_][A-Za-z0-9._@-]{0,63}$ && $name != ca ]] ||
  bad_usage "a name has 1 to 64 letters, digits and . _ - @, and is not 'ca'"
names=()
for each in "$@"; do
  if [[ $each =~ ^[0-9.]+$ || $each == *:* ]]; then
    names+=("IP:$each")
  elif [[ $each =~ ^[A-Za-z0-9*][A-Za-z0-9.@_-]*$ ]]; then
    names+=("DNS:$each")
  else
    bad_usage "'$each' is neither a host name nor an address"
  fi
done

mkdir -p "$folder"
for file in "$folder/$name.key" "$folder/$name.pem"; do
  [[ ! -e $file ]] || die 1 "$file exists; move it away to make a new one"
done
# Only a whole pair is moved to its place.
work=$(mktemp -d "$folder/.make-keys.XXXXXX")
trap 'rm -rf "$work"' EXIT

run() { # COMMAND...
  "$@" 2>"$work/log" || {
    cat "$work/log" >&2
    die 1 "$1 $2 failed (its words above)"
  }
}
new_key() { run openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -out "$1"; }

if [[ ! -e $folder/ca.key && ! -e $folder/ca.pem ]]; then
  new_key "$work/ca.key"
  run openssl req -x509 -new -key "$work/ca.key" -sha256 -days 3650 \
    -subj '/CN=fathom authority' -out "$work/ca.pem" \
    -addext 'basicConstraints=critical,CA:TRUE,pathlen:0' \
    -addext 'keyUsage=critical,keyCertSign,cRLSign'
  chmod 644 "$work/ca.pem"
  mv -n "$work/ca.key" "$work/ca.pem" "$folder/"
  echo "made $folder/ca.key, $folder/ca.pem"
fi
[[ -e $folder/ca.key && -e $folder/ca.pem ]] ||
  die 1 "of ca.key and ca.pem only one is in $folder"

{
  echo 'basicConstraints=critical,CA:FALSE'
  echo 'keyUsage=critical,digitalSignature'
  echo 'subjectKeyIdentifier=hash'
  echo 'authorityKeyIdentifier=keyid'
  if [[ $kind == server ]]; then
    names+=(DNS:localhost IP:127.0.0.1 IP:::1)
    echo 'extendedKeyUsage=serverAuth'
  else
    echo 'extendedKeyUsage=clientAuth'
  fi
  # Each once.
  printf 'subjectAltName=%s\n' \
    "$(printf '%s\n' "${names[@]}" | awk '!seen[$0]++' | paste -sd,)"
} >"$work/extensions"

new_key "$work/$name.key"
run openssl req -new -key "$work/$name.key" -sha256 -subj "/CN=$name" -out "$work/csr"
run openssl x509 -req -in "$work/csr" -sha256 -days 730 \
  -CA "$folder/ca.pem" -CAkey "$folder/ca.key" -set_serial "0x$(openssl rand -hex 16)" \
  -extfile "$work/extensions" -out "$work/$name.pem"
run openssl verify -CAfile "$folder/ca.pem" "$work/$name.pem" >/dev/null
chmod 644 "$work/$name.pem"
mv -n "$work/$name.key" "$work/$name.pem" "$folder/"
echo "made $folder/$name.key, $folder/$name.pem for ${names[*]#*:}"
