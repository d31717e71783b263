"""What a cell of text means as the value of a field; what cannot be meant is refused with what was expected."""

import re
from datetime import datetime, timedelta

from .client_keys import email_keys, phone_keys
from .sheet_cells import expand_number

#: How dates are written; the day comes first where the month could.
DATE_FORMATS = ("%Y-%m-%d", "%d.%m.%Y", "%d.%m.%y", "%d/%m/%Y", "%d-%m-%Y", "%Y/%m/%d", "%m/%d/%Y", "%d %m %Y")
TIME_FORMATS = ("", " %H:%M", " %H:%M:%S", "T%H:%M:%S")
#: What Excel counts days from, and between which counts a number is meant as a date: from 1954 to 2064.
_EXCEL_EPOCH = datetime(1899, 12, 30)
_EXCEL_DAYS = (20_000, 60_000)
#: What people write where there is nothing.
BLANKS = frozenset(
    {"-", "--", "—", "–", "нет", "n/a", "na", "none", "null", "nan", "не указан", "не указано", "?", "."}
)
_SEPARATORS = re.compile(r"\s*[;,\n|]\s*")
_NUMBER = re.compile(r"-?\d+(\.\d+)?")
#: As many digits as the longest phone number of the world has (ITU-T E.164).
MOST_DIGITS = 15
_WITHIN = re.compile(r"[;,|\n]+")


class BadValue(Exception):
    """A text that is no value for its field.

    :param str expected: what was expected, one of those the model ``funnel.import`` has words for
    """

    def __init__(self, expected):
        super().__init__(expected)
        self.expected = expected


def is_blank(text):
    """Tell whether a cell says that there is nothing.

    >>> is_blank(" - "), is_blank("Нет"), is_blank("0")
    (True, True, False)
    """
    text = text.strip()
    return not text or text.casefold() in BLANKS


def read_number(text):
    """Return a number as people write it.

    >>> read_number("12 000,50 ₽"), read_number("1,234.5"), read_number("1.234,5"), read_number("7%"), read_number("-3")
    (12000.5, 1234.5, 1234.5, 7.0, -3.0)
    >>> read_number("many")
    Traceback (most recent call last):
    ...
    odoo.addons.sales_funnel_addon.tools.import_values.BadValue: number
    """
    bare = re.sub(r"[^\d.,+e-]|\s", "", text.lower().replace("−", "-").removesuffix("руб.").removesuffix("р."))
    if "," in bare and "." in bare:
        bare = bare.replace("." if bare.rfind(",") > bare.rfind(".") else ",", "")
    bare = bare.replace(",", ".") if bare.count(",") == 1 else bare.replace(",", "")
    if not _NUMBER.fullmatch(bare) or len(bare) > MOST_DIGITS + 4:
        raise BadValue("number")
    return float(bare)


def read_datetime(text):
    """Return a moment as people or Excel write it.

    >>> read_datetime("02.03.2026"), read_datetime("2026-03-02 09:30:00"), read_datetime("46083")
    (datetime.datetime(2026, 3, 2, 0, 0), datetime.datetime(2026, 3, 2, 9, 30), datetime.datetime(2026, 3, 2, 0, 0))
    >>> read_datetime("31.02.2026")
    Traceback (most recent call last):
    ...
    odoo.addons.sales_funnel_addon.tools.import_values.BadValue: date
    """
    text = text.strip()
    if re.fullmatch(r"\d{5}(\.\d+)?", text) and _EXCEL_DAYS[0] < float(text) < _EXCEL_DAYS[1]:
        return (_EXCEL_EPOCH + timedelta(days=float(text))).replace(microsecond=0)
    for day in DATE_FORMATS:
        for time in TIME_FORMATS:
            try:
                found = datetime.strptime(text, day + time)
            except ValueError:
                continue
            if 1900 <= found.year < 2200:
                return found
    raise BadValue("date")


def read_date(text):
    """Return the day of a moment.

    >>> read_date("02.03.26")
    datetime.date(2026, 3, 2)
    """
    return read_datetime(text).date()


def split_names(text):
    """Return the names in a text, each once.

    >>> split_names("VIP; опт , VIP")
    ['VIP', 'опт']
    """
    return list(dict.fromkeys(name for name in _SEPARATORS.split(text.strip()) if name))


def read_clients(texts, read, regions=()):
    """Return the numbers or addresses in cells, and the texts that hold none.

    :param list texts: the cells that should hold them
    :param read: a function of a text and of regions that returns the keys in it

    >>> read_clients(["8 912 345-67-89", "89123456789", "345-67"], read_phones, ("RU",))
    (['8 912 345-67-89'], ['345-67'])
    """
    good, bad, seen = [], [], set()
    for text in texts:
        keys = read(text, regions)
        if not keys:
            bad.append(text)
        elif not seen.issuperset(keys):
            good.append(text)
        seen.update(keys)
    return good, bad


def read_phones(text, regions=()):
    """Return the phone numbers in a cell.

    >>> read_phones("7,9123456789E+10"), read_phones("7.9E+10"), read_phones("9" * 40), read_phones("89123456789.0")
    (('+79123456789',), (), (), ('+79123456789',))
    """
    if any(sum(map(str.isdigit, part)) > 2 * MOST_DIGITS for part in _WITHIN.split(text)):
        return ()
    number = clean_phone(text)
    return phone_keys(number, regions) if number else ()


def clean_phone(text):
    """Return a phone number that a spreadsheet has taken for a number as it was typed, or None if digits are lost.

    >>> clean_phone("7,9123456789E+10"), clean_phone("89123456789.0"), clean_phone("8 912")
    ('79123456789', '89123456789', '8 912')
    """
    text = expand_number(text.strip())
    return text.removesuffix(".0").removesuffix(",0") if text else text


def read_emails(text, regions=()):
    """Return the e-mail addresses in a cell.

    >>> read_emails("Ivan <i@example.com>"), read_emails("ivan@")
    (('i@example.com',), ())
    """
    return email_keys(text)
