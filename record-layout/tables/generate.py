#!/usr/bin/env python3
"""Writes `src/encoding/tables.rs`: the code pages of one byte per character, from tables that others maintain.

    python record-layout/tables/generate.py > record-layout/src/encoding/tables.rs
    python record-layout/tables/generate.py --check

An EBCDIC page comes from the GNU C library's `iconv`, and by way of its younger twin with the euro sign (1140 to
1149), with the currency sign put back: the library's own 278, 285 and 871 differ from their twins in five bytes,
and ICU sides with the twins. The codecs of CPython must agree wherever it has the page, but for one byte that is
argued below. If ICU's `uconv` is there, it must agree too. `--check` compares with the file that is there and
writes nothing.
"""

import argparse
import shutil
import subprocess
import sys
from pathlib import Path

OUT = Path(__file__).resolve().parent.parent / "src" / "encoding" / "tables.rs"
UNDEFINED = 0xFFFF
# CPython has U+203E (overline) for 0xBC of its page 273. IBM's name of the character, SM150000, is that of 0xBC in
# page 037, where CPython has U+00AF (macron), as has the GNU C library in both.
MACRON = {("cp273", 0xBC): 0xAF}
# Constant: the page of `iconv`, the codec of CPython, the page of ICU; None where there is none.
PAGES = {
    "CP1252": (None, "cp1252", None),
    "CP037": ("IBM1140", "cp037", "ibm-37"),
    "CP273": ("IBM1141", "cp273", "ibm-273"),
    "CP277": ("IBM1142", None, "ibm-277"),
    "CP278": ("IBM1143", None, "ibm-278"),
    "CP280": ("IBM1144", None, "ibm-280"),
    "CP284": ("IBM1145", None, "ibm-284"),
    "CP285": ("IBM1146", None, "ibm-285"),
    "CP297": ("IBM1147", None, "ibm-297"),
    "CP500": ("IBM1148", "cp500", "ibm-500"),
    "CP871": ("IBM1149", None, "ibm-871"),
    "CP1047": ("IBM1047", None, "ibm-1047"),
}
EURO, CURRENCY = 0x20AC, 0xA4


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--check", action="store_true", help="compare with the file that is there")
    options = parser.parse_args()
    text = rust({name: page(*sources) for name, sources in PAGES.items()})
    if not options.check:
        sys.stdout.write(text)
    elif OUT.read_text() != text:
        sys.exit(f"{OUT} is not what this script writes")


def page(conversion, codec, icu):
    found = {}
    if conversion:
        chars = by_command("iconv", conversion)
        found[conversion] = [CURRENCY if char == EURO else char for char in chars]
    if codec:
        found[codec] = by_python(codec)
    if icu and shutil.which("uconv"):
        found[icu] = by_command("uconv", icu)
    for byte, chars in enumerate(zip(*found.values())):
        if len(set(chars)) > 1:
            sys.exit(f"{', '.join(found)} differ at {byte:#04x}: {chars}")
    return next(iter(found.values()))


def by_python(codec):
    chars = []
    for byte in range(256):
        try:
            char = ord(bytes([byte]).decode(codec))
            chars.append(MACRON.get((codec, byte), char))
        except UnicodeDecodeError:
            chars.append(UNDEFINED)
    return chars


def by_command(command, name):
    words = [command, "-f", name, "-t", "UTF-32LE"]
    done = subprocess.run(words, input=bytes(range(256)), capture_output=True, check=True)
    chars = [int.from_bytes(done.stdout[at:at + 4], "little") for at in range(0, len(done.stdout), 4)]
    if len(chars) != 256:
        sys.exit(f"{command} gives {len(chars)} characters for the 256 bytes of {name}")
    return chars


def rust(pages):
    lines = [
        "//! Code pages of one byte per character: the Unicode scalar value of each byte, `0xFFFF` where there is none.",
        "//!",
        "//! Written by `tables/generate.py` from the codecs of CPython and the `iconv` of the GNU C library.",
    ]
    for name, chars in pages.items():
        lines += ["", "#[rustfmt::skip]", f"pub(super) const {name}: [u16; 256] = ["]
        for start in range(0, 256, 16):
            lines.append("    " + " ".join(f"0x{char:02X}," for char in chars[start:start + 16]))
        lines.append("];")
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    main()
