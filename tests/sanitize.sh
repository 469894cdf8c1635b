#!/bin/bash
# The boundary under AddressSanitizer, UndefinedBehaviorSanitizer and valgrind, and the manifest after each way of building.
#
#     tests/sanitize.sh PATH_OF_ARTEMIS_HOST
#
# Takes the projects that `plugins new` writes in C and C++, one of each kind. Their tests, which run every call of the ABI
# and count what is released, run under the sanitizers and under valgrind; any error or leak fails. Needs cc, c++, make,
# valgrind; says so and fails when one is missing.
set -euo pipefail

host=$(realpath "${1:?the path of artemis-host}")
for needed in cc c++ make valgrind; do
    command -v "$needed" >/dev/null || { echo "sanitize: $needed is not installed" >&2; exit 2; }
done
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
cd "$scratch"

# Runs quietly; what it said is shown when it fails.
quiet() {
    "$@" >log 2>&1 || { echo "FAILED: $*" >&2; cat log >&2; return 1; }
}

san="-O1 -g -fsanitize=address,undefined -fno-sanitize-recover=all -fno-omit-frame-pointer"
plain="-O1 -g"
# Options that throw away what nobody names; the manifest must survive them all.
stripping=(
    "-O2"
    "-O2 -fvisibility=hidden"
    "-O2 -ffunction-sections -fdata-sections -Wl,--gc-sections"
    "-O2 -ffunction-sections -fdata-sections -Wl,--gc-sections -flto -s"
    "-O3 -fvisibility=hidden -ffunction-sections -fdata-sections -Wl,--gc-sections -flto -s"
)

for language in c cpp; do
    for kind in reader algorithm tool; do
        name=$language-$kind
        quiet "$host" plugins new "$name" --lang "$language" --kind "$kind"

        quiet make -C "$name" CFLAGS="$san" CXXFLAGS="$san" LDFLAGS="$san" test
        grep -q "all checks hold" log
        echo "$name: AddressSanitizer and UndefinedBehaviorSanitizer: no error, no leak"

        quiet make -C "$name" clean
        quiet make -C "$name" CFLAGS="$plain" CXXFLAGS="$plain" test
        library=$(echo "$name"/build/lib*.so)
        quiet valgrind --quiet --leak-check=full --show-leak-kinds=all --errors-for-leak-kinds=definite,indirect,possible \
            --error-exitcode=9 "$name/build/test" "$library"
        grep -q "all checks hold" log
        echo "$name: valgrind: no error, no leak"

        if [ "$language" = c ]; then compiler=(cc -std=c11); source=$name/src/plugin.c
        else compiler=(c++ -std=c++17); source=$name/src/plugin.cpp; fi
        for flags in "${stripping[@]}"; do
            rm -rf plugins && mkdir plugins
            # shellcheck disable=SC2086 # The flags are words.
            quiet "${compiler[@]}" $flags -fPIC -shared -I"$name/include" -o plugins/libstripped.so "$source"
            "$host" --plugins plugins plugins show "$name" >shown
            grep -q "$kind" shown || { echo "$name: no manifest after $flags" >&2; cat shown >&2; exit 1; }
        done
        echo "$name: the manifest is found after all ${#stripping[@]} ways of building"
    done
done
