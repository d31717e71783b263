"""What stands in the cells of a table, as text: the way people read it, and nothing else."""

import datetime
import re
from decimal import Decimal

#: What Excel shows where a formula has failed.
ERRORS = frozenset({"#N/A", "#NAME?", "#NULL!", "#NUM!", "#REF!", "#VALUE!", "#DIV/0!", "#Н/Д", "#ИМЯ?", "#ЗНАЧ!"})
#: Control characters, and halves of characters: neither has a place in a database.
_CONTROLS = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ufeff\ufffe\uffff\ud800-\udfff]")
#: How a number is shown that is too long for its column.
_SCIENTIFIC = re.compile(r"([1-9])(?:[.,](\d+))?e\+?(\d{1,2})", re.IGNORECASE)
#: What begins a formula, for a program that reads a table without being told that it is text.
_FORMULA = re.compile("[=@\t\r]|[+-](?![\\d\\s()./–—-]*$)")


def to_text(value):
    """Return the value of a cell as text.

    Whole numbers have no decimal point, and no number is shortened; dates are written as in the ISO standard.

    :param value: what a reader of spreadsheets gives for a cell

    >>> [to_text(value) for value in (None, " Ivan ", 79123456789.0, 7.9123456789e10, 1.5, 1e22, "#N/A", True)]
    ['', 'Ivan', '79123456789', '79123456789', '1.5', '10000000000000000000000', '', 'TRUE']
    >>> to_text(datetime.datetime(2026, 3, 2)), to_text(datetime.datetime(2026, 3, 2, 9, 30)), to_text("a\\x00b")
    ('2026-03-02', '2026-03-02 09:30:00', 'ab')
    """
    if value is None:
        return ""
    if isinstance(value, str):
        text = _CONTROLS.sub("", value).strip()
        return "" if text in ERRORS else text
    if isinstance(value, bool):
        return str(value).upper()
    if isinstance(value, float):
        return number_to_text(value)
    if isinstance(value, datetime.datetime):
        return value.date().isoformat() if value.time() == datetime.time() else value.isoformat(" ", "seconds")
    return _CONTROLS.sub("", str(value)).strip()


def number_to_text(number):
    """Return a number with all of its digits.

    >>> number_to_text(-0.25), number_to_text(1e-7), number_to_text(float("nan")), number_to_text(float("inf"))
    ('-0.25', '0.0000001', '', '')
    """
    if number != number or number in (float("inf"), float("-inf")):
        return ""
    return f"{Decimal(repr(number)).normalize():f}"


def expand_number(text):
    """Return a number that a spreadsheet has shortened with all of its digits, or None if some of them are lost.

    Any other text stays as it is.

    >>> expand_number("7,9123456789E+10"), expand_number("7.9E+10"), expand_number("8 912 345-67-89")
    ('79123456789', None, '8 912 345-67-89')
    """
    match = _SCIENTIFIC.fullmatch(text)
    if not match:
        return text
    digits, exponent = match[1] + (match[2] or ""), int(match[3])
    return digits[: exponent + 1] if len(digits) > exponent and not digits[exponent + 1 :].strip("0") else None


def neutralise(text):
    """Return a text that no program takes for a formula, whatever the table that it stands in is saved as.

    >>> neutralise("=1+1"), neutralise("@SUM(A1)"), neutralise("+cmd|' /C calc'!A0"), neutralise("-1+1")
    ("'=1+1", "'@SUM(A1)", "'+cmd|' /C calc'!A0", "'-1+1")
    >>> neutralise("+7 (912) 345-67-89"), neutralise("-5.5"), neutralise("Ivan")
    ('+7 (912) 345-67-89', '-5.5', 'Ivan')
    """
    return f"'{text}" if _FORMULA.match(text) else text


def trim(cells):
    """Return the cells of a row without the empty ones at its end.

    >>> trim(["a", "", "b", "", ""]), trim(["", ""])
    (['a', '', 'b'], [])
    """
    while cells and not cells[-1]:
        cells.pop()
    return cells
