#!/usr/bin/env bash
# Sets up a fresh machine: the virtual environment with everything that demo, tests and checks need, the one system
# library that the packet lab loads (libbpf.so.1), and a browser that tests look at reports with. Runs as root or with
# sudo; without either it installs what it can.
set -euo pipefail
VENV="${VENV:-.venv}"

as_root() {
  if [ "$(id -u)" = 0 ]; then "$@"; elif command -v sudo >/dev/null; then sudo -n "$@"; else return 1; fi
}

apt_install() {
  command -v apt-get >/dev/null || return 1
  echo "setup: installing $* (apt)"
  as_root apt-get update -qq && as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq "$@" >/dev/null
}

python=""
for candidate in python3 python3.11 python3.12 python3.13; do
  if command -v "$candidate" >/dev/null && "$candidate" -c 'import sys; sys.exit(sys.version_info < (3, 11))'; then
    python="$candidate"
    break
  fi
done
if [ -z "$python" ]; then
  apt_install python3 && python=python3
  "$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))' || {
    echo "setup: Cora needs Python 3.11 or newer" >&2
    exit 1
  }
fi

"$python" -c 'import ensurepip, venv' 2>/dev/null || apt_install python3-venv || {
  echo "setup: this Python has no venv module and it could not be installed; install python3-venv" >&2
  exit 1
}
[ -x "$VENV/bin/python" ] || "$python" -m venv "$VENV"

if ! "$VENV/bin/python" -c 'import ctypes; ctypes.CDLL("libbpf.so.1")' 2>/dev/null; then
  apt_install libbpf1 || echo "setup: no libbpf.so.1: the kernel part will be left out (cora doctor says what is missing)" >&2
fi

if ! command -v tc >/dev/null; then
  apt_install iproute2 || echo "setup: no tc: its filters for eSwitches will not be checked" >&2
fi

if ! command -v chromium >/dev/null && ! command -v google-chrome >/dev/null; then
  apt_install --no-install-recommends chromium fonts-dejavu-core ||
    echo "setup: no chromium: reports will not be tested in a browser" >&2
fi

echo "setup: installing Python packages into $VENV"
"$VENV/bin/python" -m pip install -qq --disable-pip-version-check -e '.[lab,dev]'
