#!/usr/bin/env bash
# Builds fathom for aarch64 on this machine, runs the tests of its arithmetic there
# under qemu, and compares the bits of sweeps with those of this machine.
source "$(dirname "${BASH_SOURCE[0]}")/common.sh"

usage="Usage: bash deploy/test-arm64.sh [--dir DIR] [--mirror URL]

Compiles the three programs and the tests of worker/kernel and worker/engine with
Debian's cross compiler, against libraries of arm64 that debootstrap unpacks into
DIR/system (nothing of theirs is installed here), and runs these tests under
qemu-user. Then one set of sweeps is run by the programs of both machines, with every
instruction set that each has: the audits of all ledgers must give one digest. Takes
root, 4 GB of disk, and the time of two builds.

  --dir DIR     where the system, the build and the ledgers are (build/arm64); what is
                there already is used again
  --mirror URL  where packages come from (debootstrap's own choice)
$exit_codes"

dir=$root/build/arm64 mirror=()
while (($# > 0)); do
  case $1 in
  --dir | --mirror)
    [[ -n ${2-} ]] || die 2 "$1: found nothing, expected a value"
    if [[ $1 == --dir ]]; then dir=$2; else mirror=("$2"); fi
    shift
    ;;
  --help | -h)
    echo "$usage"
    exit 0
    ;;
  *) die 2 "unknown option $1; see --help" ;;
  esac
  shift
done
mkdir -p "$dir"
dir=$(cd "$dir" && pwd)
system=$dir/system
here=$build # The build for this machine.

((EUID == 0)) || die $no_rights "unpacking a system takes root"
[[ $(uname -m) == x86_64 ]] || die $no_tools "found $(uname -m), expected to be on x86_64"
ensure_packages "${build_packages[@]}" libgtest-dev libgmock-dev debootstrap \
  g++-aarch64-linux-gnu qemu-user-static

# The same Debian as here, whose protoc and plugin write the code that its libraries
# go with. Packages are unpacked and never set up, so that nothing of theirs runs.
unpack_system() {
  # The plugin's package for what cmake knows of it.
  local suite package libraries=(libc6-dev libgtest-dev libgmock-dev protobuf-compiler-grpc) list
  suite=$(. /etc/os-release && printf '%s' "$VERSION_CODENAME")
  for package in "${build_packages[@]}"; do
    [[ $package != *-dev ]] || libraries+=("$package")
  done
  list=$(IFS=, && echo "${libraries[*]}")
  say "unpacking $suite for arm64 into $system"
  rm -rf --one-file-system "$system"
  debootstrap --foreign --arch=arm64 --variant=minbase --include="$list" "$suite" "$system" \
    "${mirror[@]}" >"$dir/debootstrap.log" 2>&1 || {
    tail -n 5 "$dir/debootstrap.log" >&2
    die $no_packages "debootstrap failed (its words above)"
  }
  for package in "$system"/var/cache/apt/archives/*.deb; do
    dpkg-deb --fsys-tarfile "$package" | tar -x --keep-directory-symlink -C "$system"
  done
  # Links from the root would lead to libraries of this machine.
  local link target
  find "$system/usr/lib" -type l -lname '/*' -print0 | while IFS= read -r -d '' link; do
    target=$(readlink "$link")
    ln -sfn "$(realpath -ms --relative-to="${link%/*}" "$system$target")" "$link"
  done
  install -m 755 "$(command -v grpc_cpp_plugin)" "$system/usr/bin/grpc_cpp_plugin"
  touch "$dir/unpacked"
}

write_toolchain() {
  cat >"$dir/toolchain.cmake" <<TEXT
set(CMAKE_SYSTEM_NAME Linux)
set(CMAKE_SYSTEM_PROCESSOR aarch64)
set(CMAKE_CXX_COMPILER aarch64-linux-gnu-g++)
set(CMAKE_SYSROOT $system)
set(CMAKE_FIND_ROOT_PATH_MODE_PROGRAM NEVER)
set(CMAKE_FIND_ROOT_PATH_MODE_LIBRARY ONLY)
set(CMAKE_FIND_ROOT_PATH_MODE_INCLUDE ONLY)
set(CMAKE_FIND_ROOT_PATH_MODE_PACKAGE ONLY)
# Ours, since that of the system does not run here.
set(Protobuf_PROTOC_EXECUTABLE $(command -v protoc))
set(CMAKE_CROSSCOMPILING_EMULATOR qemu-aarch64-static;-L;$system)
TEXT
}

# Sweeps that between them go through all kernels: even and real powers, logistic and
# softmax losses, both precisions, products and rules of factors, convolutions.
write_sweeps() { # FOLDER
  mkdir -p "$1"
  awk 'BEGIN {
    for (p = 0; p < 64; ++p) printf "p%d,", p
    print "label"
    for (row = 0; row < 120; ++row) {
      for (p = 0; p < 64; ++p) {
        noise = (row * 37 + p * 101) % 60
        printf "%d,", ((p < 32) == (row % 2 == 0)) ? 255 - noise : noise
      }
      print row % 2
    }
  }' >"$1/images.csv"
  cat >"$1/powers.yaml" <<TEXT
name: powers
data: {synthetic: {rows: 500, columns: 37, noise: 0.1}, standardize: true}
model: {init: {scheme: balanced, norm: 0.1}}
optimizer: {learning_rate: 1e-3}
steps: 60
axes: {lp: [2, 3.5, 4, 6], depth: [1, 3], precision: [double, float]}
TEXT
  cat >"$1/rules.yaml" <<TEXT
name: rules
data: {file: images.csv, target: label, feature_scale: 255, one_hot: true}
loss: {kind: cross_entropy}
model: {hidden_width: 11, init: {scheme: balanced, norm: 0.1}}
optimizer: {learning_rate: 1e-3, batch_size: 32}
steps: 60
axes:
  optimizer.name: [gd, momentum, nesterov, adagrad, adadelta, rmsprop, adam]
  depth: [1, 3]
  precision: [double, float]
TEXT
  cat >"$1/logistic.yaml" <<TEXT
name: logistic
data: {file: images.csv, target: label, target_class: 1, feature_scale: 255}
loss: {kind: cross_entropy}
optimizer: {learning_rate: 1e-3}
steps: 60
axes: {depth: [1, 2], precision: [double, float]}
TEXT
  cat >"$1/net.yaml" <<TEXT
name: net
data: {file: images.csv, target: label, one_hot: true, feature_shift: 127.5,
  feature_scale: 255, test: {rows: 24}}
loss: {kind: cross_entropy}
model: {family: conv_net, conv1: {channels: 16, kernel: 5}, conv2: {channels: 0},
  dense1: {width: 16, dropout: 0.2}}
regularizer: {l2: 1e-4}
optimizer: {name: momentum, momentum: 0.9, learning_rate: 0.002, batch_size: 16,
  batch_order: shuffled}
steps: 20
axes: {depth: [1, 2], activation: [relu, tanh]}
TEXT
}

# Runs the sweeps and appends the digest of what they left to the file digests.
run_sweeps() { # NAME ISA COMMAND...
  local name=$1-$2 isa=$2 sweep digest
  shift 2
  rm -rf "${sweeps:?}/$name.db"*
  for sweep in powers rules logistic net; do
    "$@" run "$sweeps/$sweep.yaml" --isa "$isa" --quiet --db "$sweeps/$name.db" >/dev/null
  done
  digest=$("$@" audit --db "$sweeps/$name.db" | sed -nE 's/.* ledger digest ([0-9a-f]{64})$/\1/p')
  [[ -n $digest ]] || die 1 "$name: the audit names no digest"
  printf '%-18s %s\n' "$name" "$digest" | tee -a "$sweeps/digests"
}

if [[ ! -e $dir/unpacked ]]; then
  need_disk "$dir" 4000 "a system of arm64 and a build for it"
  unpack_system
fi
write_toolchain

build=$dir/release
export PKG_CONFIG_LIBDIR=$system/usr/lib/aarch64-linux-gnu/pkgconfig:$system/usr/share/pkgconfig
export PKG_CONFIG_SYSROOT_DIR=$system
configure "${batches[@]}" -DCMAKE_TOOLCHAIN_FILE="$dir/toolchain.cmake" -DFATHOM_TESTS=ON \
  -DFATHOM_PAGE=OFF
unset PKG_CONFIG_LIBDIR PKG_CONFIG_SYSROOT_DIR
mapfile -t tests < <(ninja -C "$build" -t targets all |
  sed -nE 's/^(worker_(kernel|engine)_[a-z0-9_]*_test): .*/\1/p')
((${#tests[@]} >= 40)) || die 1 "found ${#tests[@]} tests, expected 40 or more"
compile fathom fathom-server fathom-worker "${tests[@]}"

failed=()
say "tests, under qemu"
ctest --test-dir "$build" -R '^worker/(kernel|engine)/' -j "$(nproc)" --timeout 1500 \
  --output-on-failure --no-tests=error | condense || failed+=(tests)
emulated=(qemu-aarch64-static -L "$system")
for program in fathom fathom-server fathom-worker; do
  "${emulated[@]}" "$build/bin/$program" --version
done

say "the bits of four sweeps"
sweeps=$dir/sweeps
write_sweeps "$sweeps"
: >"$sweeps/digests"
for isa in portable neon; do
  run_sweeps aarch64 $isa "${emulated[@]}" "$build/bin/fathom"
done
build=$here
[[ -x $build/bin/fathom ]] || configure "${batches[@]}" -DFATHOM_TESTS=OFF -DFATHOM_PAGE=OFF
compile fathom
for isa in portable avx2 avx512; do
  grep -qw "${isa/avx512/avx512f}" /proc/cpuinfo || [[ $isa == portable ]] || continue
  run_sweeps x86_64 "$isa" "$build/bin/fathom"
done
(($(awk '{ print $2 }' "$sweeps/digests" | sort -u | wc -l) == 1)) ||
  failed+=("the digests above, which should be one")
((${#failed[@]} == 0)) || die 1 "failed: ${failed[*]}"
say "fine on aarch64"
