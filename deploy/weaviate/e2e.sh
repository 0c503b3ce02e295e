#!/bin/sh
# Runs the tests of knowledge/weaviate against real servers. The server is built
# once (minutes) and kept in the cache folder. It listens on all interfaces
# whatever it is told, so servers and tests run in a network namespace that has
# nothing but a loopback.
#
#   deploy/weaviate/e2e.sh                      what must work: one node, three nodes, one killed
#   deploy/weaviate/e2e.sh -run TestQuality -quality
#   deploy/weaviate/e2e.sh -run TestGrowth -growth=1000,10000
set -eu

version=v1.35.2
cache=${XDG_CACHE_HOME:-$HOME/.cache}/tribune-tools/weaviate-$version
server=$cache/weaviate-server
go=${GO:-go}
root=$(cd "$(dirname "$0")/../.." && pwd)

command -v unshare >/dev/null || { echo 'unshare (util-linux) is missing: these tests run on Linux only' >&2; exit 1; }

if [ ! -x "$server" ]; then
	echo "Building weaviate-server $version: minutes the first time, kept in $cache" >&2
	mkdir -p "$cache"
	empty=$(mktemp -d)
	(cd "$empty" && GOBIN="$cache" GOFLAGS=-mod=mod nice "$go" install -p 1 "github.com/weaviate/weaviate/cmd/weaviate-server@$version")
	rmdir "$empty"
fi

tests=$(mktemp -d)
trap 'rm -rf "$tests"' EXIT
(cd "$root" && "$go" test -c -o "$tests/weaviate.test" ./knowledge/weaviate)

# Without root the namespace needs one of users too.
namespace='unshare -n'
[ "$(id -u)" = 0 ] || namespace='unshare -rn'

cd "$root/knowledge/weaviate"
[ $# -gt 0 ] || set -- -run '^Test(Real|Three)$'
flags=
for a in "$@"; do
	case $a in
	-run | -v | -count | -timeout) a=-test.${a#-} ;;
	esac
	flags="$flags '$a'"
done
eval "set -- $flags"
$namespace sh -c 'ip link set lo up && exec "$@"' sh "$tests/weaviate.test" -test.v -test.timeout 60m "-weaviate=$server" "$@"
