"""A plain reference for the forms of fixed-width fields: layouts and records by seed, and what they must become.

Nothing here knows how the reader does it: a field is read from its bytes by the definition of its form, with Python's
codecs, integers, fractions and strptime.
"""

import datetime as dt
import math
import struct
from decimal import Decimal, getcontext
from fractions import Fraction

getcontext().prec = 100

ASCII_PLUS = {"{": 0, **{chr(ord("A") + i): i + 1 for i in range(9)}, **{str(i): i for i in range(10)}}
ASCII_MINUS = {"}": 0, **{chr(ord("J") + i): i + 1 for i in range(9)}, **{chr(ord("p") + i): i for i in range(10)}}
EBCDIC = {"cp037", "cp273", "cp500", "cp1140"}
CODECS = {"utf-8": "utf-8", "latin-1": "latin-1", "windows-1252": "cp1252", "cp037": "cp037", "cp273": "cp273",
          "cp500": "cp500", "cp1140": "cp1140", "big5": "big5", "shift_jis": "shift_jis"}
PATTERNS = {
    "date": ["%Y%m%d", "%d.%m.%Y", "%y%m%d", "%Y%j"],
    "time": ["%H%M", "%H:%M:%S"],
    "timestamp": ["%Y%m%d%H%M%S", "%Y-%m-%d-%H.%M.%S.%f"],
}
KINDS = ["text", "bytes", "bool", "integer", "decimal", "float", "date", "time", "timestamp", "zoned", "packed",
         "binary", "hex-float", "ieee-float"]
WORDS = ["", "Ada", "Zoë", "Øre 7", "naïve", "x" * 9, "a  b", "-", "ÄÖÜ"]


class Bad(Exception):
    """A cell that does not convert."""


def layout(random, count):
    """A layout of `count` fields as TOML values, with gaps between some of them."""
    encoding = random.choice(["utf-8", "latin-1", "windows-1252", "cp037", "cp273", "cp500", "cp1140"])
    fields, start = [], 1
    for number in range(count):
        start += random.choice([0, 0, 0, 1, 5])
        field = {"name": f"f{number}", "start": start, **field_of(random, random.choice(KINDS), encoding)}
        start += field["width"]
        fields.append(field)
    return {"encoding": encoding, "record_bytes": start - 1 + random.choice([0, 0, 3]), "fields": fields}


def field_of(random, kind, encoding):
    field = {"type": kind, "encoding": encoding}
    if kind == "text":
        field["width"] = random.randint(1, 24)
        field["trim"] = random.choice(["both", "left", "right", "none"])
        if random.random() < 0.2:
            field["encoding"] = random.choice(["big5", "shift_jis"])
    elif kind in ("bytes", "float"):
        field["width"] = random.randint(1, 12)
    elif kind == "bool":
        field["width"] = random.randint(1, 3)
    elif kind in ("integer", "decimal"):
        field["width"] = random.choice([1, 3, 9, 18, 19, 31, 38, 39, 76])
        if kind == "decimal":
            field["scale"] = random.randint(0, min(field["width"], 10))
    elif kind in PATTERNS:
        field["pattern"] = random.choice(PATTERNS[kind])
        field["width"] = len(shown(dt.datetime(2024, 1, 31, 1, 2, 3, 456), field["pattern"]))
    elif kind == "zoned":
        field["sign"] = random.choice(["trailing", "leading", "trailing-separate", "leading-separate", "none"])
        digits = random.choice([1, 2, 9, 18, 19, 31, 38, 39, 60])
        field["width"] = digits + ("separate" in field["sign"])
        field["scale"] = random.choice([0, 0, 2, digits, -3, digits + 2])
    elif kind == "packed":
        field["width"] = random.choice([1, 2, 5, 9, 10, 16, 20, 30])
        field["digits"] = 2 * field["width"] - random.choice([1, 1, 2] if field["width"] > 1 else [1])
        field["signed"] = random.random() < 0.7
        field["scale"] = random.choice([0, 0, 2, field["digits"], -3])
    elif kind == "binary":
        field["width"] = random.randint(1, 8)
        field["signed"] = random.random() < 0.6
        field["endian"] = random.choice(["big", "little"])
        field["scale"] = random.choice([0, 0, 2, -2])
    else:
        field["width"] = random.choice([4, 8])
        field["endian"] = random.choice(["big", "little"])
    if random.random() < 0.5:
        characters = kind not in ("bytes", "packed", "binary", "hex-float", "ieee-float")
        words = ["blank", "low-values", "high-values"] + (["zeros"] if kind != "bytes" else [])
        field["nulls"] = random.sample(words, random.randint(0, 3))
        if characters and random.random() < 0.5:
            field["null_fillers"] = "9*"
    return field


def record(random, made):
    """The bytes of a record: most cells are values of their field, some anything."""
    pad = b"\x40" if made["encoding"] in EBCDIC else b" "
    out = bytearray(pad * made["record_bytes"])
    for field in made["fields"]:
        cell = any_cell(random, field) if random.random() < 0.15 else cell_of(random, field)
        out[field["start"] - 1:field["start"] - 1 + field["width"]] = cell
    return bytes(out)


def any_cell(random, field):
    width, codec = field["width"], CODECS[field["encoding"]]
    # Of anything, Python and the Encoding Standard read different texts in these two.
    if random.random() < 0.5 and codec not in ("big5", "shift_jis"):
        return random.randbytes(width)
    char = random.choice([" ", "0", "9", "*"])
    return random.choice([b"\0" * width, b"\xff" * width, (char * width).encode(codec)])


def cell_of(random, field):
    kind, width, codec = field["type"], field["width"], CODECS[field["encoding"]]
    blank = " ".encode(codec)
    if kind == "text":
        word = random.choice(WORDS) if codec not in ("big5", "shift_jis") else random.choice(["", "a b", "日本", "中"])
        text = (random.choice(["", " "]) + word).encode(codec, "ignore")
        return (text + blank * width)[:width]
    if kind == "bool":
        return random.choice("YN10TFx").encode(codec).ljust(width, blank)
    if kind in ("integer", "decimal"):
        digits = str(random.randrange(10 ** random.randint(1, width)))[:width]
        if width > 1 and random.random() < 0.3:
            digits = random.choice("+-") + digits[:width - 1]
        if kind == "decimal" and len(digits) < width and random.random() < 0.5:
            at = random.randint(0, len(digits))
            digits = digits[:at] + "." + digits[at:]
        return digits.rjust(width).encode(codec)
    if kind == "float":
        return f"{random.uniform(-1e6, 1e6):.{random.randint(0, 3)}{random.choice('feg')}}".encode(codec)[:width].rjust(width, blank)
    if kind in PATTERNS:
        moment = dt.datetime(1970, 1, 1) + dt.timedelta(seconds=random.randrange(3_000_000_000), microseconds=random.randrange(10 ** 6))
        return shown(moment, field["pattern"]).encode(codec)
    if kind == "zoned":
        return zoned_of(random, field)
    if kind == "packed":
        digits = [random.randrange(10) for _ in range(field["digits"])]
        halves = [0] * (2 * width - 1 - len(digits)) + digits + [random.choice([0xC, 0xD, 0xF, 0xA, 0xB, 0xE])]
        return bytes(high << 4 | low for high, low in zip(halves[::2], halves[1::2]))
    if kind == "ieee-float":
        value = random.choice([0.0, -0.0, 1.5, math.inf, random.uniform(-1e9, 1e9)])
        order = "<" if field["endian"] == "little" else ">"
        return struct.pack(order + ("f" if width == 4 else "d"), value)
    return random.randbytes(width)


def zoned_of(random, field):
    separate = "separate" in field["sign"]
    digits = [random.randrange(10) for _ in range(field["width"] - separate)]
    minus = random.random() < 0.5
    if field["encoding"] in EBCDIC:
        cells = [0xF0 + digit for digit in digits]
        punched = random.choice([0xD0, 0xB0] if minus else [0xC0, 0xF0, 0xA0, 0xE0])
        sign = 0x60 if minus else 0x4E
    else:
        cells = [ord(str(digit)) for digit in digits]
        table = ASCII_MINUS if minus else ASCII_PLUS
        at = 0 if field["sign"] == "leading" else -1
        punched = ord(random.choice([char for char, value in table.items() if value == digits[at]])) - digits[at]
        sign = ord("-" if minus else "+")
    if field["sign"] == "trailing":
        cells[-1] = punched + digits[-1]
    elif field["sign"] == "leading":
        cells[0] = punched + digits[0]
    elif field["sign"] == "trailing-separate":
        cells.append(sign)
    elif field["sign"] == "leading-separate":
        cells.insert(0, sign)
    return bytes(cells)


def shown(moment, pattern):
    return moment.strftime(pattern)


def expected(field, cell):
    """What a cell must become; None for a missing value. Raises Bad where it does not convert."""
    kind, codec = field["type"], CODECS[field["encoding"]]
    characters = kind in ("text", "bool", "integer", "decimal", "float", "date", "time", "timestamp", "zoned")
    nulls = field.get("nulls")
    fillers = field.get("null_fillers", "")
    if nulls is None:
        # Either of the two keys alone replaces the default.
        nulls = ["blank"] if characters and not fillers else []
    if "low-values" in nulls and cell == b"\0" * len(cell):
        return None
    if "high-values" in nulls and cell == b"\xff" * len(cell):
        return None
    if "blank" in nulls and cell == " ".encode(codec) * len(cell):
        return None
    if characters and any(cell == char.encode(codec) * len(cell) for char in fillers):
        return None
    numbers = ("integer", "decimal", "float", "zoned", "packed", "binary", "hex-float", "ieee-float")
    if "zeros" in nulls and characters and kind not in numbers and cell == "0".encode(codec) * len(cell):
        return None
    value = READ[kind](field, cell)
    return None if "zeros" in nulls and kind in numbers and value == 0 else value


def decoded(field, cell):
    try:
        return cell.decode(CODECS[field["encoding"]])
    except UnicodeDecodeError:
        raise Bad from None


def read_text(field, cell):
    text = decoded(field, cell)
    left, right = field["trim"] in ("both", "left"), field["trim"] in ("both", "right")
    text = text.lstrip(" ") if left else text
    return text.rstrip(" ") if right else text


def plain(field, cell):
    """The characters of a number or time without the white space around it."""
    try:
        text = cell.decode(CODECS[field["encoding"]])
    except UnicodeDecodeError:
        raise Bad from None
    if not text.isascii():
        raise Bad
    return text.strip("\t\n\f\r ")


def read_bool(field, cell):
    text = plain(field, cell)
    if text in ("1", "Y", "T"):
        return True
    if text in ("0", "N", "F"):
        return False
    raise Bad


def read_number(field, cell):
    text, scale = plain(field, cell), field.get("scale", 0)
    if len(text) > 1 and text[0] in "+-":
        sign, text = text[0], text[1:]
    elif len(text) > 1 and text[-1] in "+-":
        text, sign = text[:-1], text[-1]
    else:
        sign = "+"
    whole, point, part = text.partition(".")
    digits = whole + part
    if not digits or any(char not in "0123456789" for char in digits) or (point and scale == 0):
        raise Bad
    if point and len(part) > scale:
        raise Bad
    value = int(digits) * 10 ** (scale - len(part) if point else 0)
    if value >= 10 ** max(field["width"], scale):
        raise Bad
    value = Decimal(value).scaleb(-scale)
    return -value if sign == "-" else value


def read_float(field, cell):
    text = plain(field, cell)
    if "_" in text or any(char.isspace() for char in text):
        raise Bad
    try:
        return float(text)
    except ValueError:
        raise Bad from None


def read_time(field, cell):
    text, pattern = plain(field, cell), field["pattern"]
    try:
        moment = dt.datetime.strptime(text, pattern)
    except ValueError:
        raise Bad from None
    # strptime is lenient about widths; the width of a field is not.
    fraction = len(text.rpartition(".")[2]) if pattern.endswith("%f") else 0
    again = shown(moment, pattern)
    if (again[:len(again) - 6 + fraction] if fraction else again) != text:
        raise Bad
    return {"date": moment.date(), "time": moment.time(), "timestamp": moment}[field["type"]]


def read_zoned(field, cell):
    ebcdic, sign, cells = field["encoding"] in EBCDIC, field["sign"], list(cell)
    minus, punched = False, None
    if "separate" in sign:
        byte = cells.pop(0 if sign == "leading-separate" else -1)
        signs = {0x4E: False, 0x60: True} if ebcdic else {ord("+"): False, ord("-"): True}
        if byte not in signs:
            raise Bad
        minus = signs[byte]
    elif sign != "none":
        byte = cells.pop(0 if sign == "leading" else -1)
        if ebcdic:
            if byte >> 4 < 0xA or byte & 15 > 9:
                raise Bad
            punched, minus = byte & 15, byte >> 4 in (0xB, 0xD)
        elif chr(byte) in ASCII_PLUS:
            punched = ASCII_PLUS[chr(byte)]
        elif chr(byte) in ASCII_MINUS:
            punched, minus = ASCII_MINUS[chr(byte)], True
        else:
            raise Bad
    zero = 0xF0 if ebcdic else 0x30
    digits = [byte - zero for byte in cells]
    if punched is not None:
        digits.insert(0 if sign == "leading" else len(digits), punched)
    return number_of(field, digits, minus)


def read_packed(field, cell):
    halves = [half for byte in cell for half in (byte >> 4, byte & 15)]
    sign = halves.pop()
    if sign < 0xA or (sign in (0xB, 0xD) and not field["signed"]):
        raise Bad
    if len(halves) > field["digits"]:
        if halves.pop(0) != 0:
            raise Bad
    return number_of(field, halves, sign in (0xB, 0xD))


def number_of(field, digits, minus):
    if any(not 0 <= digit <= 9 for digit in digits):
        raise Bad
    value = Decimal(int("".join(map(str, digits)))).scaleb(-field["scale"])
    return -value if minus else value


def read_binary(field, cell):
    return Decimal(int.from_bytes(cell, field["endian"], signed=field["signed"])).scaleb(-field["scale"])


def read_hex_float(field, cell):
    bits = int.from_bytes(cell, field["endian"])
    length = 8 * len(cell) - 8
    fraction = Fraction(bits & (1 << length) - 1, 1 << length)
    head = bits >> length
    value = float(fraction * Fraction(16) ** ((head & 0x7F) - 64))
    return -value if head & 0x80 else value


def read_ieee_float(field, cell):
    order = "<" if field["endian"] == "little" else ">"
    return struct.unpack(order + ("f" if len(cell) == 4 else "d"), cell)[0]


READ = {
    "text": read_text, "bytes": lambda _, cell: cell, "bool": read_bool, "integer": read_number, "decimal": read_number,
    "float": read_float, "date": read_time, "time": read_time, "timestamp": read_time, "zoned": read_zoned,
    "packed": read_packed, "binary": read_binary, "hex-float": read_hex_float, "ieee-float": read_ieee_float,
}
