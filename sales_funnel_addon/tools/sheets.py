"""Reading tables: rows of text, one after the other, whatever the file is and whatever is wrong with it."""

import io
import zipfile
from dataclasses import dataclass, field

import openpyxl
import xlrd

from .sheet_cells import to_text, trim
from .sheet_csv import read_csv
from .sheet_files import LONGEST_CELL, MOST_COLUMNS, MOST_ROWS, MOST_TEXTS, SheetError, check_workbook, detect

#: The last row that Excel knows; what claims to come after it is no table.
LAST_ROW = 1_048_576
#: How many cells are looked at, the empty ones included: rows of formatted cells reach to the last column.
MOST_CELLS = MOST_ROWS * MOST_COLUMNS


@dataclass
class Sheet:
    """A table that can be read once.

    :param str kind: what the file is: ``xlsx``, ``xls`` or ``csv``
    :param list names: the names of the sheets of the workbook
    :param str name: which of them this is
    :param rows: an iterator over the numbers and the cells of the rows; empty rows are left out
    """

    kind: str
    rows: object
    names: list = field(default_factory=list)
    name: str = ""


def open_sheet(content, name=""):
    """Open a table.

    :param bytes content: the file
    :param str name: which sheet of a workbook; by default the first one with rows
    :rtype: Sheet
    :raises SheetError: when it cannot be read; also while its rows are read

    >>> sheet = open_sheet(b"Name;Phone\\nIvan;8 912")
    >>> sheet.kind, list(sheet.rows)
    ('csv', [(1, ['Name', 'Phone']), (2, ['Ivan', '8 912'])])
    """
    kind = detect(content)
    if kind == "csv":
        return Sheet(kind, _guard(read_csv(content)))
    with _Harmless():
        names, read = (_open_xlsx if kind == "xlsx" else _open_xls)(content)
        if name and name not in names:
            raise SheetError("no_such_sheet", sheet=name, sheets=", ".join(names))
        chosen = name or next((each for each in names if next(read(each), None)), "")
        if not chosen:
            raise SheetError("empty")
    return Sheet(kind, _guard(read(chosen)), names, chosen)


class _Harmless:
    """Turns whatever a reader of spreadsheets raises about a file into :class:`SheetError`."""

    def __enter__(self):
        return self

    def __exit__(self, kind, error, traceback):
        if error is None or isinstance(error, SheetError) or not isinstance(error, Exception):
            return False
        # a damaged file breaks them in any way: attributes of nothing, indexes out of range, endless numbers
        if "encrypted" in str(error).lower():
            raise SheetError("password") from error
        raise SheetError("damaged") from error


def _guard(rows):
    """Yield rows as long as there are not too many and not too wide ones.

    A text that stands in a workbook once can be in all of its cells.

    >>> list(_guard(iter([(1, ["x" * 40_000])])))
    Traceback (most recent call last):
    ...
    odoo.addons.sales_funnel_addon.tools.sheet_files.SheetError: long_cell {'row': 1, 'limit': 32767}
    """
    size = 0
    with _Harmless():
        for count, (number, cells) in enumerate(rows, 1):
            if count > MOST_ROWS + 1 or number > LAST_ROW:
                raise SheetError("too_many_rows", limit=MOST_ROWS)
            if len(cells) > MOST_COLUMNS:
                raise SheetError("too_many_columns", row=number, limit=MOST_COLUMNS)
            if any(len(cell) > LONGEST_CELL for cell in cells):
                raise SheetError("long_cell", row=number, limit=LONGEST_CELL)
            size += sum(map(len, cells))
            if size > MOST_TEXTS:
                raise SheetError("unpacked_too_big", limit=MOST_TEXTS // 2**20)
            yield number, cells


def _open_xlsx(content):
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        check_workbook(archive)
    book = openpyxl.load_workbook(io.BytesIO(content), read_only=True, data_only=True, keep_links=False)
    sheets = {to_text(sheet.title): sheet for sheet in book.worksheets}

    def read(name):
        sheet = sheets[name]
        sheet.reset_dimensions()  # what the file says about its size need not be true
        count = 0
        for number, cells in enumerate(sheet.iter_rows(values_only=True), 1):
            count += len(cells)
            if count > MOST_CELLS:
                raise SheetError("too_many_columns", row=number, limit=MOST_COLUMNS)
            values = trim([to_text(cell) for cell in _trim_blank(cells)])
            if values or number > LAST_ROW:
                yield number, values

    return list(sheets), read


def _trim_blank(cells):
    """Return the cells up to the last one with a value.

    >>> _trim_blank((1, None, 2, None, None)), _trim_blank((None,))
    ((1, None, 2), ())
    """
    end = len(cells)
    while end and cells[end - 1] is None:
        end -= 1
    return cells[:end]


def _open_xls(content):
    book = xlrd.open_workbook(file_contents=content, on_demand=True, ragged_rows=True, logfile=io.StringIO())
    places = {to_text(name): place for place, name in enumerate(book.sheet_names())}

    def read(name):
        sheet = book.sheet_by_index(places[name])
        try:
            for number in range(sheet.nrows):
                values = trim([_xls_text(cell, book.datemode) for cell in sheet.row(number)])
                if values:
                    yield number + 1, values
        finally:
            book.unload_sheet(places[name])

    return list(places), read


def _xls_text(cell, datemode):
    """Return the text of a cell of an old workbook, in which dates are numbers and errors are codes."""
    if cell.ctype == xlrd.XL_CELL_ERROR:
        return ""
    if cell.ctype == xlrd.XL_CELL_BOOLEAN:
        return to_text(bool(cell.value))
    if cell.ctype == xlrd.XL_CELL_DATE:
        try:
            return to_text(xlrd.xldate_as_datetime(cell.value, datemode))
        except (ValueError, OverflowError):
            return to_text(cell.value)
    return to_text(cell.value)
