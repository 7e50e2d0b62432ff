#!/usr/bin/env bash
# Builds a real control plane of Kubernetes from its Go modules (etcd, API server,
# controllers, scheduler, and kwok, whose nodes run nothing), and lets
# control_plane.py apply deploy/kubernetes to it. No part of the tests: it takes Go
# and root, some 10 minutes of a processor the first time, and 4 GB.
# Usage: control_plane.sh [--only-build] FOLDER_OF_THE_PROGRAMS [CACHE_FOLDER]
set -euo pipefail
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
# shellcheck source=deploy/common.sh
source "$root/deploy/common.sh"

kubernetes=v1.37.2 staging=v0.37.2 etcd=v3.7.3 kwok=v0.8.0 keda=v2.21.0

only_build=""
if [[ ${1-} == --only-build ]]; then
  only_build=yes
  shift
fi
(($# == 1 || $# == 2)) || die 2 "usage: control_plane.sh [--only-build] PROGRAMS [CACHE]"
programs=$(cd "$1" && pwd)
cache=${2:-$root/build/control-plane}
mkdir -p "$cache/bin"
cache=$(cd "$cache" && pwd)
PATH=$PATH:/usr/local/go/bin
command -v go >/dev/null || die $no_tools "there is no go"
export GOMODCACHE=${GOMODCACHE:-$cache/modules} GOCACHE=${GOCACHE:-$cache/objects}
export GOTOOLCHAIN=local GOFLAGS="${GOFLAGS-} -mod=mod"

# A module of our own for each, as the module of Kubernetes cannot be installed by
# itself: it names others by folders that only its repository has.
module() { # NAME MODULE VERSION: goes to its folder.
  mkdir -p "$cache/$1"
  cd "$cache/$1"
  [[ -e go.mod ]] || printf 'module control-plane\n\ngo 1.26.0\n\nrequire %s %s\n' "$2" "$3" >go.mod
}

build_program() { # NAME PACKAGE
  [[ ! -x $cache/bin/$1 ]] || return 0
  say "building $1"
  # Their makefile writes the version, without which they do not know what they are.
  nice -n "${NICE:-10}" go build -trimpath -o "$cache/bin/$1" \
    -ldflags="-s -X k8s.io/component-base/version.gitVersion=$kubernetes" "$2"
}

module kubernetes k8s.io/kubernetes $kubernetes
if ! grep -q '^replace' go.mod; then
  theirs=$(go mod download -json k8s.io/kubernetes@$kubernetes | sed -n 's/.*"GoMod": "\(.*\)",/\1/p')
  sed -nE "s#^\s*(replace )?(k8s.io/[a-z0-9-]+) => ./staging/src/.*#replace \2 => \2 $staging#p" \
    "$theirs" >>go.mod
fi
for name in kubectl kube-apiserver kube-controller-manager kube-scheduler; do
  build_program $name k8s.io/kubernetes/cmd/$name
done
module etcd go.etcd.io/etcd/server/v3 $etcd
build_program etcd go.etcd.io/etcd/server/v3
module kwok sigs.k8s.io/kwok $kwok
build_program kwok sigs.k8s.io/kwok/cmd/kwok
folder_of() { # MODULE@VERSION: where its files are.
  go mod download -json "$1" | sed -n 's/.*"Dir": "\(.*\)",/\1/p'
}
stages=$(folder_of sigs.k8s.io/kwok@$kwok)/kustomize/stage
crds=$(folder_of github.com/kedacore/keda/v2@$keda)/config/crd/bases
[[ -z $only_build ]] || exit 0

((EUID == 0)) || die $no_rights "the rest takes root"
cd "$root"
exec /usr/bin/python3 -B tests/deploy/control_plane.py "$cache/bin" "$stages" "$crds" \
  "$programs" "$root"
