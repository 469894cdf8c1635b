#!/usr/bin/env python3
"""Writes accounts.dat: 500 invented accounts as a mainframe would hand them over.

    python examples/data/make_accounts.py examples/data/accounts.dat
"""

import datetime as dt
import random
import sys

HOLDERS = ["Ada Andersen", "Bruno Byrne", "Chiara Castelli", "Hélène Dubois", "João Ferreira", "Jürgen Müller", "Øyvind Ås"]
COUNTRIES = ["AT", "BE", "DE", "FR", "IT", "NO", "PT"]


def packed(value, width):
    digits = str(abs(value)).rjust(2 * width - 1, "0")
    return bytes.fromhex(digits + ("D" if value < 0 else "C"))


def hex_float(value):
    """A fraction of 24 bits and an exponent of 16, normalized."""
    exponent = 64
    while value < 1 / 16:
        value, exponent = value * 16, exponent - 1
    while value >= 1:
        value, exponent = value / 16, exponent + 1
    return bytes([exponent]) + int(value * (1 << 24)).to_bytes(3, "big")


def main():
    draw = random.Random(1)
    with open(sys.argv[1], "wb") as out:
        for number in range(500):
            opened = dt.date(1985, 1, 1) + dt.timedelta(days=draw.randrange(13_000))
            closed = opened + dt.timedelta(days=draw.randrange(1, 4000)) if draw.random() < 0.3 else None
            record = f"{10_000_000 + 37 * number:010}{draw.choice(HOLDERS):24}{draw.choice(COUNTRIES)}".encode("cp500")
            record += packed(int(f"{opened:%Y%m%d}"), 5)
            record += (f"{closed:%Y%m%d}" if closed else draw.choice(["00000000", " " * 8])).encode("cp500")
            record += packed(draw.randrange(-10**7, 10**9), 7)
            record += draw.randrange(0, 50_000).to_bytes(2, "big")
            record += hex_float(draw.choice([0.125, 0.5, 1.75, 2.25]))
            record += draw.choice("JN").encode("cp500") + b"\x40"
            out.write(record)


if __name__ == "__main__":
    main()
