#!/bin/sh
# What a container runs: `docker run geacc-proxy [ARGUMENT…]`.
#
#   nothing                          geacc-proxy run
#   a command of geacc-proxy, a flag geacc-proxy ARGUMENT…
#   a program of the container       that program, such as bash
#   anything else                    geacc-proxy, which says what is wrong with it
set -eu

if [ "$#" -eq 0 ]; then
  set -- run
fi

case "$1" in
  -* | run | predict | explain | log | cert | models | train | evaluate | dataset | device | profile | token | password | doctor | bench | icap)
    exec geacc-proxy "$@"
    ;;
esac

if [ -n "$1" ] && command -v -- "$1" >/dev/null 2>&1; then
  exec "$@"
fi
exec geacc-proxy "$@"
