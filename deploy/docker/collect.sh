#!/usr/bin/env bash
# Collects the programs of fathom and what they load, and nothing else, as the root
# of an image: the same files, with the same times and rights, whenever the same
# versions of packages are installed. The Dockerfile runs it.
# Usage: collect.sh FOLDER_WITH_BIN_AND_LICENSE ROOT
set -euo pipefail
umask 022
from=$1 to=$2

put() { # FILE: to where it is, without links on the way.
  local folder
  folder=$(realpath "$(dirname "$1")")
  [[ -e $to$folder/${1##*/} ]] || install -D -m "$2" "$1" "$to$folder/${1##*/}"
}

mkdir -p "$to"
# As in Debian since 12: loaders have their names in /lib and /lib64.
ln -s usr/lib "$to/lib"
ln -s usr/lib64 "$to/lib64"
install -d "$to"/{dev,etc,proc,sys,usr/lib64,usr/local/bin}
install -d -m 1777 "$to/tmp"
install -d -m 0755 -o 10001 -g 10001 "$to/data"
install -m 755 "$from"/bin/{fathom,fathom-server,fathom-worker} "$to/usr/local/bin"
install -D -m 644 "$from/LICENSE" "$to/usr/share/doc/fathom/LICENSE"
echo 'fathom:x:10001:10001::/data:/usr/sbin/nologin' >"$to/etc/passwd"
echo 'fathom:x:10001:' >"$to/etc/group"
put /etc/os-release 644 # A link, for who asks what this is.
chmod 644 "$to/etc/os-release"

# What the programs load, by the names that the loader asks for.
mapfile -t libraries < <(ldd "$from"/bin/* | awk '$2 == "=>" { print $3 } $1 ~ /^\/lib64\// { print $1 }' | sort -u)
((${#libraries[@]} > 10)) || { echo "error: found ${#libraries[@]} libraries, expected more than 10" >&2 && exit 1; }
for library in "${libraries[@]}"; do
  [[ $library == /* ]] || { echo "error: found no library $library" >&2 && exit 1; }
  put "$library" 755
done

# Authorities that workers believe when they fetch datasets from a mirror.
put /etc/ssl/certs/ca-certificates.crt 644

# Whose they are and under which license, for readers and for scanners.
for library in "${libraries[@]}"; do
  dpkg-query -S "$(realpath "$library")" 2>/dev/null ||
    dpkg-query -S "$(realpath "$library" | sed 's,^/usr,,')"
done | cut -d: -f1 | sort -u | while read -r package; do
  install -d "$to/var/lib/dpkg/status.d"
  dpkg-query -s "$package" >"$to/var/lib/dpkg/status.d/$package"
  put "/usr/share/doc/$package/copyright" 644
done

find "$to" -exec touch --no-dereference --date "@${SOURCE_DATE_EPOCH:-0}" {} +
