"""Reading text files with separated values, whichever encoding and separator their author's program had."""

import codecs
import csv
import io
from collections import Counter

import chardet

from .sheet_cells import to_text, trim
from .sheet_files import LONGEST_CELL, MOST_COLUMNS, SheetError

#: What may stand between values, the likeliest first.
SEPARATORS = ";\t,|"
#: How many lines are looked at to find the separator, and how many bytes for the encoding.
SAMPLE_LINES, SAMPLE_BYTES = 50, 200_000
#: How many characters a line has at most: a single one must not fill the memory with its cells.
LONGEST_LINE = 2**20
#: What the encodings are in truth that are often taken for one another.
SUPERSETS = {"iso-8859-1": "cp1252", "iso-8859-5": "cp1251", "ascii": "utf-8", "gb2312": "gb18030"}


def find_encoding(content):
    """Return the name of the encoding of a text.

    :param bytes content: the whole text

    >>> text = "Имя;Телефон\\nИван Петров;89123456789\\nООО Ромашка;84951234567\\n"
    >>> [find_encoding(text.encode(name)) for name in ("utf-8", "utf-8-sig", "cp1251", "utf-16", "koi8-r", "cp866")]
    ['utf-8', 'utf-8-sig', 'cp1251', 'utf-16', 'koi8-r', 'cp866']
    >>> find_encoding("Name;Phone".encode("utf-16-le")), find_encoding(b"Name")
    ('utf-16-le', 'utf-8')
    """
    if content.startswith(codecs.BOM_UTF8):
        return "utf-8-sig"
    if content.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return "utf-16"
    start = content[:4096]
    for offset, name in ((1, "utf-16-le"), (0, "utf-16-be")):
        if start[offset::2].count(0) > len(start) * 0.2:
            return name
    if _is_utf8(content):
        return "utf-8"
    sample = b"\n".join(line for line in content[:SAMPLE_BYTES].splitlines() if not line.isascii())
    found = (chardet.detect(sample)["encoding"] or "cp1251").lower()
    found = SUPERSETS.get(found, found)
    try:
        return codecs.lookup(found).name
    except LookupError:
        return "cp1251"


def _is_utf8(content):
    decoder = codecs.getincrementaldecoder("utf-8")()
    try:
        for start in range(0, len(content), 2**20):
            decoder.decode(content[start : start + 2**20])
    except UnicodeDecodeError:
        return False
    return True  # a last character may be cut off


def find_separator(lines):
    """Return what stands between the values of lines: what is there equally often in as many of them as possible.

    >>> find_separator(["Name;Phone", "Ivan, Petr;1", "Anna;2"]), find_separator(["a,b,c", '"x;y",2,3'])
    (';', ',')
    >>> find_separator(["Name", "Ivan"]), find_separator(["sep=,", "a;b,c"])
    (';', ',')
    """
    if lines and lines[0].lower().startswith("sep=") and len(lines[0].strip()) == 5:
        return lines[0][4]
    best, found = (0, 0), SEPARATORS[0]
    for separator in SEPARATORS:
        try:
            widths = Counter(len(row) for row in csv.reader(lines, delimiter=separator) if row)
        except csv.Error:
            continue
        width, count = max(widths.items(), key=lambda item: (item[0] > 1, item[1], item[0]), default=(0, 0))
        if width > 1 and (count, width) > best:
            best, found = (count, width), separator
    return found


def read_csv(content):
    """Yield the number and the cells of each row of a text; empty rows are left out.

    :param bytes content: the whole text
    :raises SheetError: when a cell is too long, which mostly means that a quotation mark is missing

    >>> list(read_csv(b'sep=,\\nName,Phone\\n\\n"Petrov, Ivan",1\\x002\\n'))
    [(2, ['Name', 'Phone']), (4, ['Petrov, Ivan', '12'])]
    """
    encoding = find_encoding(content)
    with io.TextIOWrapper(io.BytesIO(content), encoding, errors="replace", newline="") as sample:
        lines = [sample.readline(SAMPLE_BYTES).replace("\x00", "") for _number in range(SAMPLE_LINES)]
    separator = find_separator(lines)
    with io.TextIOWrapper(io.BytesIO(content), encoding, errors="replace", newline="") as stream:
        rows = csv.reader(_read_lines(stream, separator), delimiter=separator)
        number = 0
        while True:
            number += 1
            try:
                cells = next(rows, None)
            except csv.Error as error:
                raise SheetError("long_cell", row=number, limit=LONGEST_CELL) from error
            if cells is None:
                return
            is_hint = number == 1 and len(cells) <= 2 and "".join(cells).lower().startswith("sep=")
            values = [] if is_hint else trim([to_text(cell) for cell in cells])
            if values:
                yield number, values


def _read_lines(stream, separator):
    """Yield the lines of a text, as long as none of them is too long for a row of a table."""
    number = 0
    while line := stream.readline(LONGEST_LINE + 1):
        number += 1
        if len(line) > LONGEST_LINE:
            if line.count(separator) > MOST_COLUMNS:
                raise SheetError("too_many_columns", row=number, limit=MOST_COLUMNS)
            raise SheetError("long_cell", row=number, limit=LONGEST_CELL)
        yield line.replace("\x00", "")
