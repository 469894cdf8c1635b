#!/usr/bin/env bash
# Tried as a new vendor would: `tests/vendor.sh HOST_BINARY`.
#
# First the commands of docs/vendor-guide.md as they stand, in an empty directory. Then every language and kind: new,
# build, test, check, copy, run, and the rows that come out. It needs a C and a C++ compiler, make and cargo.
set -euo pipefail

if [ $# != 1 ] || [ ! -x "$1" ]; then
    echo "usage: tests/vendor.sh HOST_BINARY" >&2
    exit 2
fi
host="$(realpath "$1")"
root="$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)"
scratch="$(mktemp -d)"
trap 'rm -rf "$scratch"' EXIT

# A vendor has the program on the path. Projects in Rust start with the versions of crates that the tests build anyway.
mkdir "$scratch/bin"
cat >"$scratch/bin/artemis-host" <<WRAPPER
#!/usr/bin/env bash
set -euo pipefail
"$host" "\$@"
case " \$* " in *" plugins new "*)
    for manifest in */Cargo.toml; do
        lock="\${manifest%.toml}.lock"
        if [ -f "\$manifest" ] && [ ! -e "\$lock" ]; then cp "$root/tests/third-party/Cargo.lock" "\$lock"; fi
    done
esac
WRAPPER
chmod +x "$scratch/bin/artemis-host"
export PATH="$scratch/bin:$PATH"
export ARTEMIS_SDK="$root/plugin-api" ARTEMIS_SHIPPED_PLUGINS="$root/plugins" NO_COLOR=1
# What projects share is built once; the libraries still lie where the guide says.
export CARGO_BUILD_BUILD_DIR="${CARGO_TARGET_DIR:-$root/target}"
if [ -n "${CARGO_TARGET_DIR:-}" ]; then export ARTEMIS_TARGET_DIR="$CARGO_TARGET_DIR"; fi
unset CARGO_TARGET_DIR ARTEMIS_PLUGINS ARTEMIS_STORE
# Stricter than a vendor has to be.
export CFLAGS="-O2 -g -Werror" CXXFLAGS="-O2 -g -Werror"

echo "== the commands of docs/vendor-guide.md"
awk '/^```sh$/ { inside = 1; next } /^```$/ { inside = 0 } inside' "$root/docs/vendor-guide.md" >"$scratch/guide.sh"
test "$(grep -c 'plugins new' "$scratch/guide.sh")" -ge 3
mkdir "$scratch/guide"
(cd "$scratch/guide" && bash -euxo pipefail "$scratch/guide.sh")

expected() {
    case "$1" in
    reader) printf 'name,value\ninlet,21.5\noutlet,19.25\nspare,\npump-1,3.2\npump-2,3.4\n' ;;
    algorithm) printf 'column,count,sum\namount,3,215\npieces,4,7\n' ;;
    tool) printf 'city,amount,pieces\nOSLO,120,3\nBERN,80,1\nOSLO,,2\nLIMA,15,1\n' ;;
    esac
}

for language in rust c cpp; do
    for kind in reader algorithm tool; do
        name="try-$language-$kind"
        echo "== $name"
        cd "$scratch"
        artemis-host --quiet plugins new "$name" --lang "$language" --kind "$kind"
        cd "$name"
        if [ "$language" = rust ]; then
            cargo fmt --check
            cargo build --quiet --release
            cargo test --quiet
            library="target/release/libtry_${language}_$kind.so"
        else
            make
            make test
            library="build/libtry_${language}_$kind.so"
        fi
        artemis-host plugins check "$library"
        mkdir plugins
        cp "$library" plugins/
        export ARTEMIS_PLUGINS="plugins:$ARTEMIS_SHIPPED_PLUGINS"
        artemis-host --quiet run example/job.toml
        artemis-host --store example/artemis-store store cat "$name-example" >rows.csv
        diff <(expected "$kind") rows.csv
    done
done
echo "== all languages and kinds work as the guide says"
