#!/usr/bin/env bash
# Sets Redub up on Linux and runs it; a second run finds everything in place.
#
#   bash installer/linux.sh demo    dubs the puppet: demo/dubbed.mp4; where there is a screen, the editor opens on it
#   bash installer/linux.sh edit    sets up, and opens the editor
#   bash installer/linux.sh test    sets up, and runs all checks: ruff, pyright, import-linter, pytest
#   bash installer/linux.sh check [PROGRAM ...]    runs the checks by these programs, or all but pytest; sets nothing up
#
# What is missing of the system's packages is installed with apt-get (as root, or through sudo); Python packages go
# into .venv. PYTHON names the Python to use, where that is not the first of python3, python3.11 and python3.12
# that is new enough.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

fail() {
    printf 'installer: %s\n' "$1" >&2
    exit 1
}

right_version() {
    "$1" -c 'import sys; raise SystemExit(not (3, 11) <= sys.version_info[:2] < (3, 13))' >/dev/null 2>&1
}

find_python() {
    local name
    for name in ${PYTHON:+"$PYTHON"} python3 python3.11 python3.12; do
        if right_version "$name"; then
            printf '%s\n' "$name"
            return
        fi
    done
    fail "Redub needs Python 3.11 or 3.12 and found neither: install one, or name it (PYTHON=/path/to/python3.11)."
}

has_library() {
    "$1" -c 'import ctypes, sys; ctypes.CDLL(sys.argv[1])' "$2" >/dev/null 2>&1
}

# Libraries that OpenCV's and Qt's wheels are linked to, with the Debian packages that hold them.
LIBRARIES="
libGL.so.1 libgl1
libgthread-2.0.so.0 libglib2.0-0
libEGL.so.1 libegl1
libdbus-1.so.3 libdbus-1-3
libfontconfig.so.1 libfontconfig1
libgssapi_krb5.so.2 libgssapi-krb5-2
libpulse.so.0 libpulse0
libxkbcommon-x11.so.0 libxkbcommon-x11-0
libxcb-cursor.so.0 libxcb-cursor0
libxcb-icccm.so.4 libxcb-icccm4
libxcb-image.so.0 libxcb-image0
libxcb-keysyms.so.1 libxcb-keysyms1
libxcb-randr.so.0 libxcb-randr0
libxcb-render-util.so.0 libxcb-render-util0
libxcb-shape.so.0 libxcb-shape0
libxcb-xfixes.so.0 libxcb-xfixes0
libxcb-xkb.so.1 libxcb-xkb1
"

# The Debian packages that are missing, one a line: $1 the Python, $2 the verb.
missing_packages() {
    local library package
    while read -r library package; do
        [ -z "$library" ] || has_library "$1" "$library" || echo "$package"
    done <<<"$LIBRARIES"
    # Qt's wheel brings no font
    [ -n "$(find /usr/share/fonts /usr/local/share/fonts ~/.fonts ~/.local/share/fonts -name '*.[to]tf' -print -quit 2>/dev/null)" ] ||
        echo fonts-dejavu-core
    "$1" -c 'import ensurepip, venv' >/dev/null 2>&1 ||
        "$1" -c 'import sys; print(f"python{sys.version_info[0]}.{sys.version_info[1]}-venv")'
    if [ "$2" = test ]; then
        command -v ffprobe >/dev/null || echo ffmpeg # reads our files as others would
        command -v Xvfb >/dev/null || echo xvfb      # a screen for the one test that needs one
        has_library "$1" libespeak-ng.so.1 || echo libespeak-ng1
    fi
}

install_packages() {
    local -a as_root=()
    command -v apt-get >/dev/null ||
        fail "this system has no apt-get; install what Debian calls $* and run this again."
    if [ "$(id -u)" != 0 ]; then
        command -v sudo >/dev/null || fail "as root, run \`apt-get install $*\`, then run this again."
        as_root=(sudo)
    fi
    printf 'installer: installing %s\n' "$*"
    ${as_root[@]+"${as_root[@]}"} apt-get update -qq
    ${as_root[@]+"${as_root[@]}"} env DEBIAN_FRONTEND=noninteractive \
        apt-get install -y -qq --no-install-recommends "$@" >/dev/null
}

# What decides what .venv holds; `test` holds all that `demo` needs.
fingerprint() {
    cat pyproject.toml installer/constraints.txt | sha256sum | cut -d ' ' -f 1
}

is_installed() {
    local verb
    for verb in "$1" test; do
        if [ "$(cat .venv/redub-installed 2>/dev/null)" = "$(fingerprint) $verb" ]; then
            return 0
        fi
    done
    return 1
}

install_python_packages() {
    local extras="" pip=(.venv/bin/python -m pip install --disable-pip-version-check --quiet -c installer/constraints.txt)
    is_installed "$1" && return
    [ "$1" = test ] && extras="[test]"
    printf 'installer: installing Python packages into .venv; the first time this takes some minutes\n'
    rm -f .venv/redub-installed
    # PyTorch alone and first: what follows then finds it there, and takes no other build of it
    "${pip[@]}" "$(grep -oE 'torch==[0-9.]+' pyproject.toml)"
    "${pip[@]}" -e ".$extras"
    printf '%s %s\n' "$(fingerprint)" "$1" >.venv/redub-installed
}

set_up() {
    local python packages
    python="$(find_python)"
    packages="$(missing_packages "$python" "$1")"
    # shellcheck disable=SC2086 # one word a package
    [ -z "$packages" ] || install_packages $packages
    right_version .venv/bin/python || "$python" -m venv --clear .venv
    install_python_packages "$1"
}

# What must pass: `test`, `check`, the Makefile and the hooks of pre-commit all read it here.
CHECKS=(
    "ruff check ."
    "ruff format --check ."
    "pyright"
    "lint-imports --config importlinter.ini --no-logo"
    "pytest -n auto -q"
)

# Runs every check by one of the programs named, so that one run tells all that is wrong.
run_checks() {
    local failed=() check program
    for program in "$@"; do
        [[ "${CHECKS[*]/#/|}" = *"|$program "* ]] || fail "there is no check by $program: CHECKS in installer/linux.sh lists them."
    done
    export PATH="$PWD/.venv/bin:$PATH"
    for check in "${CHECKS[@]}"; do
        [[ " $* " = *" ${check%% *} "* ]] || continue
        printf '\n== %s\n' "$check"
        # shellcheck disable=SC2086 # a command and its arguments
        $check || failed+=("${check%% -*}")
    done
    [ "${#failed[@]}" = 0 ] || fail "these checks failed: $(printf '%s; ' "${failed[@]}")see above."
    printf '\nAll checks passed.\n'
}

case "${1:-}" in
demo)
    set_up demo
    .venv/bin/python main.py demo --out demo
    [ -z "${DISPLAY:-}${WAYLAND_DISPLAY:-}" ] || exec .venv/bin/python main.py demo/demo.redub
    ;;
edit)
    set_up demo
    shift
    exec .venv/bin/python main.py "$@"
    ;;
test)
    set_up test
    run_checks ruff pyright lint-imports pytest
    ;;
check)
    shift
    [ -x .venv/bin/ruff ] || fail "nothing is set up yet: run \`bash installer/linux.sh test\` once."
    [ $# -gt 0 ] || set -- ruff pyright lint-imports
    run_checks "$@"
    ;;
*)
    fail "say what to do: \`bash installer/linux.sh demo\`, \`edit\`, \`test\` or \`check\`."
    ;;
esac
