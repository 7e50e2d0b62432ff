#!/usr/bin/env bash
# Makes the keys and tokens that the pods of fathom show each other.
set -euo pipefail
umask 077

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
usage="Usage: make-secrets.sh [--folder FOLDER] [NAME_OR_ADDRESS...]

Makes in FOLDER (deploy/kubernetes/secrets), for kubectl apply -k:
  ca.pem ca.key            the authority; take ca.key away when this is done
  server.* ui.*            certificates and keys of coordinator and page, for
                           their names in the namespace fathom and for NAME...,
                           by which others reach them from outside
  tokens                   who may call; lines of 'fathom token new' may follow
  worker.token probe.token ui.token scaler.token
  admin.token              for you: fathom --token-file

Nothing that exists is written over: what is missing is made. Set FATHOM to the
program when it is not in the PATH.
Exit codes: 0 fine, 1 failed, 2 bad usage, 13 a program is missing."

die() { # CODE MESSAGE
  printf 'error: %s\n' "$2" >&2
  exit "$1"
}

folder=$here/secrets
case ${1-} in
--help | -h)
  echo "$usage"
  exit 0
  ;;
--folder)
  (($# >= 2)) || die 2 "--folder takes a FOLDER; see --help"
  folder=$2
  shift 2
  ;;
-*) die 2 "unknown option $1; see --help" ;;
esac
fathom=${FATHOM:-fathom}
command -v "$fathom" >/dev/null ||
  die 13 "$fathom is not in the PATH; set FATHOM to where it was built"
mkdir -p "$folder"

keys() { # NAME HOST...: a certificate for all of them, in NAME.pem and NAME.key.
  local name=$1 work
  shift
  [[ ! -e $folder/$name.pem || ! -e $folder/$name.key ]] || return 0
  [[ ! -e $folder/$name.pem && ! -e $folder/$name.key ]] ||
    die 1 "of $name.pem and $name.key only one is in $folder"
  # The maker of keys has one name for those of a server, so it works elsewhere.
  work=$(mktemp -d "$folder/.make-secrets.XXXXXX")
  [[ ! -e $folder/ca.key ]] || cp "$folder/ca.key" "$folder/ca.pem" "$work"
  if ! bash "$here/../make-keys.sh" "$work" server "$@" >"$work/log"; then
    rm -rf "$work"
    die 1 "no certificate for $name (the words of make-keys.sh above)"
  fi
  [[ -e $folder/ca.key ]] || mv "$work/ca.key" "$work/ca.pem" "$folder"
  mv "$work/server.key" "$folder/$name.key"
  mv "$work/server.pem" "$folder/$name.pem"
  rm -rf "$work"
  echo "made $name.pem, $name.key"
}

token() { # NAME ROLE
  [[ ! -e $folder/$1.token ]] || return 0
  local line text
  line=$("$fathom" token new --role "$2" --name "$1" --out "$folder/$1.token" 2>/dev/null) ||
    die 1 "no token $1 for the role $2: try $fathom token new --role $2 --name $1"
  printf '%s\n' "$line" >>"$folder/tokens"
  # Without the end of the line, which KEDA would send along.
  text=$(<"$folder/$1.token")
  printf '%s' "$text" >"$folder/$1.token"
  echo "made $1.token, for the role $2"
}

in_cluster() { # SERVICE: its names, from its own namespace and from others.
  echo "$1" "$1.fathom" "$1.fathom.svc" "$1.fathom.svc.cluster.local"
}

[[ -e $folder/ca.key || ! -e $folder/ca.pem || -e $folder/ui.pem ]] ||
  die 1 "$folder has ca.pem and no ca.key: bring it back to sign what is missing"
# shellcheck disable=SC2046  # Names are words.
keys server $(in_cluster fathom-server) "$@"
# shellcheck disable=SC2046
keys ui $(in_cluster fathom-ui) "$@"
token worker worker
token probe read
token ui read
token scaler scale
token admin admin
