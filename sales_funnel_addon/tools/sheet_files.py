"""What kind of file somebody has uploaded, by its content, and whether it can be opened without harm."""

import re
import zipfile
from io import BytesIO

from lxml import etree

#: How much is read, far more than a base of clients has: bytes of a file and of what it unpacks to, rows, columns, and
#: characters in a cell (as in Excel).
MOST_BYTES = 50 * 2**20
MOST_UNPACKED = 600 * 2**20
MOST_ROWS = 200_000
MOST_COLUMNS = 200
LONGEST_CELL = 32_767
#: What the parts of a workbook may unpack to that are read at once; rows are read one after the other.
MOST_TEXTS = 150 * 2**20
MOST_SETTINGS = 20 * 2**20
#: How many tags the parts have that become objects, all at once: twice what Excel's 65,490 formats of cells take.
MOST_TAGS = 300_000
#: Where a document type stands if there is one, which a workbook never has: it is how entities get into a file.
PROLOG = 65_536
#: What may stand before the first tag of a part: comments and instructions.
_PREFACE = re.compile(rb"<!--.*?(?:-->|\Z)|<\?.*?(?:\?>|\Z)", re.DOTALL)
_CONTENT_TYPES = "[Content_Types].xml"
#: Where the formats of cells stand, whatever else the workbook says.
_STYLES = "xl/styles.xml"

_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_BIFF = (b"\x09\x00", b"\x09\x02", b"\x09\x04", b"\x09\x08")
_BINARY = (b"%PDF", b"\x89PNG", b"\xff\xd8\xff", b"GIF8", b"Rar!", b"7z\xbc\xaf", b"\x1f\x8b", b"\x7fELF", b"MZ")


class SheetError(Exception):
    """A file that cannot be read as a table.

    :param str code: what is wrong, one of those the model ``funnel.import`` has words for
    :param facts: what the words mention

    >>> str(SheetError("long_cell", row=5))
    "long_cell {'row': 5}"
    """

    def __init__(self, code, **facts):
        super().__init__(code, facts)
        self.code, self.facts = code, facts

    def __str__(self):
        return f"{self.code} {self.facts}"


def detect(content):
    """Return what a file is: ``xlsx``, ``xls`` or ``csv``; its name says nothing.

    :param bytes content: the whole file
    :raises SheetError: when it is none of these, or protected by a password

    >>> detect("Имя;Телефон".encode("cp1251")), detect("Имя".encode("utf-16"))
    ('csv', 'csv')
    >>> for content in (b"", b"  ", b"<html><table>", b"%PDF-1.7", b"ab" + bytes(range(32)) * 9):
    ...     try:
    ...         detect(content)
    ...     except SheetError as error:
    ...         print(error.code)
    empty
    empty
    html
    not_a_sheet
    not_a_sheet
    """
    if len(content) > MOST_BYTES:
        raise SheetError("too_big", limit=MOST_BYTES // 2**20)
    if not content.strip(b"\x00 \t\r\n\xef\xbb\xbf\xff\xfe"):
        raise SheetError("empty")
    if content.startswith(b"PK"):
        return _detect_zip(content)
    if content.startswith(_OLE):
        return _detect_ole(content)
    if content.startswith(_BIFF):
        return "xls"
    return _detect_text(content)


def check_workbook(archive):
    """Refuse a workbook that would fill the memory, or whose parts refer to files outside of it.

    Python unpacks no more than the directory of the archive says. Any part counts, whatever it is called: it is the
    workbook that says which of them are its sheets.

    :param zipfile.ZipFile archive: the workbook
    :raises SheetError: when it is too big, or has a document type
    """
    if sum(info.file_size for info in archive.infolist()) > MOST_UNPACKED:
        raise SheetError("unpacked_too_big", limit=MOST_UNPACKED // 2**20)
    kinds = _read_kinds(archive)
    for info in archive.infolist():
        kind = kinds.get(info.filename, "")
        # pictures hardly shrink, and nobody reads them
        is_picture = not kind and info.file_size < 4 * info.compress_size
        if info.file_size > _get_part_limit(info.filename, kind) and not is_picture:
            raise SheetError("unpacked_too_big", limit=MOST_UNPACKED // 2**20)
        if info.flag_bits & 1:
            raise SheetError("password")
        if kind or not info.filename.startswith("xl/media/"):
            _check_part(archive, info, kind)


def _read_kinds(archive):
    """Return what the parts of a workbook are that it says something of, by name."""
    info = archive.getinfo(_CONTENT_TYPES)
    if info.file_size > MOST_SETTINGS:
        raise SheetError("unpacked_too_big", limit=MOST_UNPACKED // 2**20)
    _check_part(archive, info, "")
    parser = etree.XMLParser(resolve_entities=False, no_network=True)
    kinds = {}
    for item in etree.fromstring(archive.read(info), parser):
        name = (item.get("PartName") or "").lstrip("/")
        # what is said twice counts both times
        kinds[name] = f"{kinds.get(name, '')} {item.get('ContentType') or ''}"
    kinds.pop("", None)
    return kinds


def _get_part_limit(name, kind):
    """Return how many bytes a part may unpack to."""
    if "sharedStrings+xml" in kind or name == "xl/sharedStrings.xml":
        return MOST_TEXTS
    if "worksheet+xml" in kind and not _becomes_objects(name, kind):
        return MOST_UNPACKED
    return MOST_SETTINGS


def _becomes_objects(name, kind):
    """Tell whether a part is read as a whole."""
    return name in (_STYLES, _CONTENT_TYPES) or name.endswith(".rels") or "main+xml" in kind


def _check_part(archive, info, kind):
    """Refuse a part with a document type, which nothing but comments comes before, or with too many tags."""
    with archive.open(info) as part:
        start = part.read(PROLOG).replace(b"\x00", b"")
        head = _PREFACE.sub(b"", start).upper()
        text = start.lstrip(b"\xef\xbb\xbf\xff\xfe \t\r\n")
        is_xml = text.startswith(b"<") or not text and info.file_size > PROLOG
        if b"<!DOCTYPE" in head or (is_xml and b"<" not in head):
            raise SheetError("entities")
        if _becomes_objects(info.filename, kind):
            tags = start.count(b"<")
            while tags <= MOST_TAGS and (more := part.read(2**20)):
                tags += more.count(b"<")
            if tags > MOST_TAGS:
                raise SheetError("unpacked_too_big", limit=MOST_UNPACKED // 2**20)


def _detect_zip(content):
    try:
        with zipfile.ZipFile(BytesIO(content)) as archive:
            names = set(archive.namelist())
    except (zipfile.BadZipFile, ValueError, OSError, NotImplementedError) as error:
        raise SheetError("damaged") from error
    if "xl/workbook.xml" in names:
        return "xlsx"
    if "xl/workbook.bin" in names or "content.xml" in names:
        raise SheetError("other_format")
    raise SheetError("not_a_sheet")


def _detect_ole(content):
    if "EncryptedPackage".encode("utf-16-le") in content:
        raise SheetError("password")
    if any(name.encode("utf-16-le") in content for name in ("Workbook", "Book")):
        return "xls"
    raise SheetError("not_a_sheet")


def _detect_text(content):
    start = content[:4096]
    if start.startswith((b"\xff\xfe", b"\xfe\xff")):
        return "csv"
    text = start.lstrip(b"\xef\xbb\xbf \t\r\n").lower()
    if text.startswith((b"<!doctype html", b"<html", b"<table", b"<head", b"<body", b"<meta")) or (
        text.startswith(b"<?xml") and b"<html" in text
    ):
        raise SheetError("html")
    if text.startswith(b"<?xml"):
        raise SheetError("other_format")
    if start.startswith(_BINARY) or _looks_binary(start):
        raise SheetError("not_a_sheet")
    return "csv"


def _looks_binary(start):
    """Tell whether bytes are no text; that every other byte is zero is text in UTF-16 without a mark.

    >>> _looks_binary(b"a;b"), _looks_binary("a;b".encode("utf-16-le")), _looks_binary(bytes(range(30)))
    (False, False, True)
    """
    zeros = start.count(0)
    if zeros and max(start[::2].count(0), start[1::2].count(0)) > len(start) * 0.2:
        return False
    strange = sum(byte < 32 and byte not in b"\t\n\r\x00\x0b\x0c\x1a\x1b" for byte in start)
    return strange + zeros > len(start) * 0.1
