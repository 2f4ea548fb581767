# Sourced by the other scripts: finds Swift and installs missing packages that a build needs.
set -euo pipefail
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
cd "$root"

# If swift is not on the PATH, look where toolchains are usually unpacked.
command -v swift >/dev/null 2>&1 || PATH="$PATH:/opt/swift/usr/bin:/usr/local/swift/usr/bin"
if ! command -v swift >/dev/null 2>&1; then
    echo "error: no swift on the PATH; install Swift 6.2 or later from https://www.swift.org/install/linux/" >&2
    exit 1
fi

# install_packages NAME...: installs Debian packages, through sudo unless root.
install_packages() {
    local sudo=()
    if [ "$(id -u)" != 0 ]; then sudo=(sudo); fi
    echo "installing $*" >&2
    "${sudo[@]}" apt-get update -qq >&2
    DEBIAN_FRONTEND=noninteractive "${sudo[@]}" apt-get install -y -qq --no-install-recommends "$@" >&2
}

# SQLite and zlib are the system's. Everything else comes with Swift or through SwiftPM.
if [ ! -e /usr/include/sqlite3.h ]; then install_packages libsqlite3-dev; fi
if [ ! -e /usr/include/zlib.h ]; then install_packages zlib1g-dev; fi

# Release builds have Swift's libraries linked in, if the toolchain has static ones: that takes less memory and makes calls
# into them cheaper (docs/decisions/static-linking.md).
release=(-c release)
swift_libraries=$(swift -print-target-info | sed -n 's/.*"runtimeResourcePath" *: *"\([^"]*\)".*/\1/p')
if [ -d "${swift_libraries}_static" ]; then release+=(--static-swift-stdlib); fi
