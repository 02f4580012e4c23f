#!/usr/bin/env bash
# compare.sh - builds the load generator and measures the relay beside other servers (docs/benchmarks.md).
#
#   benchmarks/relay/compare.sh [--install] [options of the load generator]
#
# --install fetches nats-server and redis-server from Debian or Ubuntu, as root or with sudo, without starting them as
# services. Without it nothing is installed, and a server that is not there is skipped, which is said.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."

install_peers() {
  local -a as_root=()
  [[ $(id -u) == 0 ]] || as_root=(sudo)
  # A package's service does not start in runlevel 1; RUNLEVEL says so to invoke-rc.d.
  "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive RUNLEVEL=1 \
    apt-get install --yes --no-install-recommends nats-server redis-server >&2
}

if [[ ${1:-} == --install ]]; then
  shift
  install_peers
fi
export PATH=$PATH:/usr/sbin # Debian puts nats-server there
cmake --preset release >&2
cmake --build --preset release --target anochat_load_generator >&2
exec build/release/examples/load_generator/anochat_load_generator "$@"
