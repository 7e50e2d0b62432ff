#!/usr/bin/env bash
# Builds the image fathom-service with buildah, and says what is in it.
source "$(dirname "${BASH_SOURCE[0]}")/common.sh"

usage="Usage: bash deploy/images.sh [--twice] [--programs FOLDER] [--base IMAGE | --debootstrap]

Builds the image fathom-service:VERSION of deploy/docker/Dockerfile with buildah
into build/images/fathom-service.tar, which docker load, podman load and kind load
image-archive take.
  --twice            builds it once more, from nothing, and compares the digests
  --programs FOLDER  takes the programs from there instead of compiling them
  --base IMAGE       builds on that instead of debian:bookworm-slim
  --debootstrap      makes the base with debootstrap, where no registry can be
                     reached
$exit_codes"

twice="" programs="" base=debian:bookworm-slim debootstrap=""
while (($# > 0)); do
  case $1 in
  --twice) twice=yes ;;
  --programs | --base)
    (($# >= 2)) || die 2 "$1 takes a value; see --help"
    if [[ $1 == --base ]]; then base=$2; else programs=$(cd "$2" && pwd); fi
    shift
    ;;
  --debootstrap) debootstrap=yes ;;
  --help | -h)
    echo "$usage"
    exit 0
    ;;
  *) die 2 "unknown option $1; see --help" ;;
  esac
  shift
done
command -v buildah >/dev/null || die $no_tools "buildah is missing; as root:" \
  "apt-get install --no-install-recommends buildah crun"

images=$root/build/images
version=$(sed -nE 's/^project\(fathom VERSION ([0-9.]+).*/\1/p' "$root/CMakeLists.txt")
epoch=$(git -C "$root" log -1 --format=%ct 2>/dev/null || echo 0)
mkdir -p "$images"
need_disk "$images" 4000 "the images"
work=$(mktemp -d "$images/work.XXXXXX")

# Its own storage, so that nothing of a machine's is used or left. Without a
# container around them, steps run also where there is no cgroup.
export BUILDAH_ISOLATION=chroot
tool() { buildah --root "$work/storage" --runroot "$work/run" "$@"; }
finish() {
  tool umount --all >/dev/null 2>&1 || true
  tool rm --all >/dev/null 2>&1 || true
  tool rmi --all --force >/dev/null 2>&1 || true
  rm -rf "$work"
}
trap finish EXIT

make_base() {
  ((EUID == 0)) || die $no_rights "debootstrap wants root"
  command -v debootstrap >/dev/null || die $no_tools "debootstrap is missing; as root:" \
    "apt-get install --no-install-recommends debootstrap"
  if [[ ! -e $images/base.tar ]]; then
    say "base: debootstrap (a minute or two)"
    debootstrap --variant=minbase bookworm "$work/base" >"$work/log" 2>&1 || {
      tail -n 5 "$work/log" >&2
      die $no_packages "debootstrap failed (its words above)"
    }
    local mirror # The one that it was fetched from.
    mirror=$(awk '$1 == "deb" { print $2; exit }' "$work/base/etc/apt/sources.list")
    printf 'deb %s main\n' "$mirror bookworm" "$mirror bookworm-updates" \
      "${mirror%/}-security bookworm-security" >"$work/base/etc/apt/sources.list"
    rm -rf "$work/base"/var/cache/apt/* "$work/base"/var/lib/apt/lists/*
    tar -C "$work/base" --one-file-system -cf "$work/base.tar" .
    rm -rf "$work/base"
    mv "$work/base.tar" "$images/base.tar"
  fi
  local container
  container=$(tool from scratch)
  tool add --quiet "$container" "$images/base.tar" / >/dev/null
  tool config --cmd /bin/bash "$container"
  tool commit --quiet --rm "$container" localhost/debian:bookworm >/dev/null
  base=localhost/debian:bookworm
}

build_image() { # NAME
  local from=()
  # Takes the place of the stage that compiles.
  [[ -z $programs ]] || from=(--build-context "build=$work/programs")
  tool build --quiet --no-cache --layers=false --format oci \
    --file "$root/deploy/docker/Dockerfile" \
    --ignorefile "$root/deploy/docker/Dockerfile.dockerignore" \
    --target service --build-arg "BASE=$base" --build-arg "SOURCE_DATE_EPOCH=$epoch" \
    --timestamp "$epoch" "${from[@]}" --iidfile "$work/id" --tag "$1" "$root" \
    >"$work/log" 2>&1 || {
    tail -n 30 "$work/log" >&2
    die $no_build "the image could not be built (buildah's words above)"
  }
  cat "$work/id"
}

[[ -z $debootstrap ]] || make_base
if [[ -n $programs ]]; then
  mkdir -p "$work/programs/opt/fathom/bin"
  for program in fathom fathom-server fathom-worker; do
    install -m 755 -s "$programs/$program" "$work/programs/opt/fathom/bin/"
  done
fi
name=localhost/fathom-service:$version
say "image: fathom-service:$version"
first=$(build_image "$name")
if [[ -n $twice ]]; then
  say "once more, to compare"
  second=$(build_image "$name-again")
  [[ $first == "$second" ]] ||
    die 1 "the same sources made two images: $first and $second"
  say "twice the same: $first"
fi
rm -f "$images/fathom-service.tar"
tool push --quiet "$name" "docker-archive:$images/fathom-service.tar:fathom-service:$version"
say "build/images/fathom-service.tar: $(du -m "$images/fathom-service.tar" | cut -f1) MB," \
  "$(gzip -c "$images/fathom-service.tar" | wc -c | awk '{ printf "%d", $1 / 1e6 }') MB to download"
