#!/bin/sh
# Made by geacc-proxy. It carries the certificate of one home:
# SHA-256 @FINGERPRINT@
# Makes Chromium, Chrome and Firefox of this user trust that certificate, or no longer trust it.
# They keep their own lists (NSS databases) and do not read the system's.
set -eu

usage() {
    cat <<'TEXT'
Usage: sh geacc-proxy-linux.sh add
       sh geacc-proxy-linux.sh remove

Adds the certificate that is inside this file to the NSS databases of Chromium, Chrome and Firefox under your
home directory, or removes it. Run it as the user who browses, with the browsers closed, and again after making
a new Firefox profile. Needs certutil (Debian: libnss3-tools, Fedora: nss-tools).
TEXT
}

fail() {
    printf 'geacc-proxy-linux.sh: %s\n' "$1" >&2
    exit "${2:-1}"
}

NICKNAME='geacc-proxy'

certificate() {
    cat <<'PEM'
@CERTIFICATE@
PEM
}

# Prints the directories that hold an NSS database, one a line.
databases() {
    for directory in \
        "$HOME/.pki/nssdb" \
        "${XDG_DATA_HOME:-$HOME/.local/share}/pki/nssdb" \
        "$HOME"/snap/chromium/*/.pki/nssdb \
        "$HOME"/.mozilla/firefox/* \
        "${XDG_CONFIG_HOME:-$HOME/.config}"/mozilla/firefox/* \
        "$HOME"/snap/firefox/common/.mozilla/firefox/* \
        "$HOME"/.var/app/org.mozilla.firefox/.mozilla/firefox/*; do
        # A symbolic link (snap's "current") is a second way to the same database.
        case $directory in */snap/chromium/current/*) continue ;; esac
        if [ -f "$directory/cert9.db" ]; then
            printf '%s\n' "$directory"
        fi
    done
}

has_certificate() {
    certutil -L -d "sql:$1" -n "$NICKNAME" >/dev/null 2>&1
}

# A renewed certificate may stand beside an older one of the same nickname, so remove until there is none.
remove_from() {
    while has_certificate "$1"; do
        certutil -D -d "sql:$1" -n "$NICKNAME" >/dev/null 2>&1 ||
            fail "cannot write to $1; close the browser and see that the files there are yours"
    done
}

add_to() {
    remove_from "$1"
    # C: trusted to sign certificates of websites; not for e-mail, not for programs.
    certificate | certutil -A -d "sql:$1" -n "$NICKNAME" -t 'C,,' -a >/dev/null 2>&1 ||
        fail "cannot write to $1; close the browser and see that the files there are yours"
    printf 'trusted in %s\n' "$1"
}

case "${1:-}" in
-h | --help)
    usage
    exit 0
    ;;
add | remove)
    [ $# -eq 1 ] || fail "$1 takes nothing more" 2
    ;;
*)
    fail 'say add or remove; --help tells more' 2
    ;;
esac

command -v certutil >/dev/null 2>&1 ||
    fail 'certutil is missing; install libnss3-tools (Debian, Ubuntu) or nss-tools (Fedora)'

if [ "$1" = add ]; then
    shared="$HOME/.pki/nssdb"
    # Chromium makes its database only when it first needs one. It uses the newer place where that exists.
    if [ ! -f "$shared/cert9.db" ] && [ ! -f "${XDG_DATA_HOME:-$HOME/.local/share}/pki/nssdb/cert9.db" ]; then
        (umask 077 && mkdir -p "$shared") 2>/dev/null || fail "cannot make $shared"
        certutil -N -d "sql:$shared" --empty-password >/dev/null 2>&1 || fail "cannot make a database in $shared"
    fi
fi

databases | {
    changed=0
    while IFS= read -r database; do
        if [ "$1" = add ]; then
            add_to "$database"
            changed=1
        elif has_certificate "$database"; then
            remove_from "$database"
            printf 'removed from %s\n' "$database"
            changed=1
        fi
    done
    if [ "$changed" -eq 0 ]; then
        echo 'nothing to remove'
    fi
}
