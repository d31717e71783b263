"""What tells whether two requests come from the same client: phone numbers and e-mail addresses, spelled one way."""

import re
from functools import lru_cache

import phonenumbers
from odoo.tools import SQL
from odoo.tools.mail import email_split
from phonenumbers import NumberParseException, PhoneNumberFormat, ValidationResult

#: How numbers are read that make no sense in the country of the lead or of the company.
FALLBACK_REGION = "RU"
#: What stands between several numbers or addresses in one field.
_SEPARATORS = re.compile(r"[;,|\n\r\t]+|\s+(?:и|или|and|or)\s+", re.IGNORECASE)
_LATIN = re.compile("[a-z]", re.IGNORECASE)
#: How much of a text is read: what is longer is no number and no address, however long it takes to find that out.
LONGEST_TEXT = 1000
#: No e-mail address is longer (RFC 5321, 4.5.3.1.3), and no index takes a key of any length.
LONGEST_ADDRESS = 254


def client_keys(phone, email, regions=()):
    """Return the keys of a client in one text, separated by blanks, or False if there are none.

    :param str phone: a phone number in any spelling, or several of them
    :param str email: an e-mail address, with or without a name, or several of them
    :param tuple regions: codes of the countries in which the number may be a national one, the likeliest first

    >>> client_keys("8 (912) 345-67-89", '"Ivan" <Ivan@Example.COM>', ("RU",))
    '+79123456789 ivan@example.com'
    >>> client_keys(" ", None), client_keys("no phone", "none")
    (False, False)
    """
    return " ".join(sorted({*phone_keys(phone or "", tuple(regions)), *email_keys(email or "")})) or False


@lru_cache(maxsize=8192)
def phone_keys(text, regions=()):
    """Return the phone numbers in a text the way the whole world writes them, without extensions.

    :param str text: a phone number in any spelling, or several of them
    :param tuple regions: codes of the countries in which the number may be a national one, the likeliest first
    :rtype: tuple

    >>> spellings = ["8 (912) 345-67-89", "+7 912 3456789", "9123456789", "79123456789", "tel:+7-912-345-67-89",
    ...              "+7 912 345-67-89 доб. 12", "8(912)345-67-89 (Ivan)", "0079123456789"]
    >>> {phone_keys(spelling, ("RU",)) for spelling in spellings}
    {('+79123456789',)}
    >>> phone_keys("020 7946 0958", ("GB", "RU")), phone_keys("8-10-44-20-7946-0958", ("RU",))
    (('+442079460958',), ('+442079460958',))
    >>> phone_keys("+7 912 345-67-89, 8-495-123-45-67 ext. 5"), phone_keys("89123456789 / 84951234567")
    (('+79123456789', '+74951234567'), ('+79123456789', '+74951234567'))
    >>> phone_keys("89123456789 84951234567", ("US",))
    ('+79123456789', '+74951234567')

    What is too short, and what is typed in where nobody knows the number, belongs to no client:

    >>> phone_keys("112"), phone_keys("345-67-89"), phone_keys("+7 (000) 000-00-00"), phone_keys("9999999999")
    ((), (), (), ())
    """
    regions = tuple(dict.fromkeys(filter(None, (*regions, FALLBACK_REGION))))
    found = []
    for part in filter(str.strip, _SEPARATORS.split(text[:LONGEST_TEXT])):
        found += _read_part(part.strip(), regions)
    return tuple(dict.fromkeys(found))


@lru_cache(maxsize=8192)
def email_keys(text):
    """Return the e-mail addresses in a text in small letters; what follows a plus sign is part of the address.

    :param str text: an e-mail address, with or without a name, or several of them
    :rtype: tuple

    >>> email_keys("Ivan <IVAN@example.com>, ivan+shop@example.com")
    ('ivan@example.com', 'ivan+shop@example.com')
    >>> email_keys("Ivan"), email_keys("  "), email_keys("ИВАН@почта.рф"), email_keys("x" * 300 + "@example.com")
    ((), (), ('иван@почта.рф',), ())
    """
    parts = text[:LONGEST_TEXT].splitlines()
    found = dict.fromkeys(address.lower() for part in parts for address in email_split(part))
    return tuple(key for key in found if len(key) <= LONGEST_ADDRESS and not re.search(r"\s", key))


def contact_key(contact_id):
    """Return the key of a contact, or none for no contact; in a list for extending others.

    >>> contact_key(5), contact_key(False)
    (['=5'], [])
    """
    return [f"={contact_id}"] if contact_id else []


def read_contact_key(key):
    """Return the id of the contact whose key this is, or None for a number or an address.

    >>> read_contact_key("=5"), read_contact_key("=5@example.com"), read_contact_key("+79123456789")
    (5, None, None)
    """
    return int(key[1:]) if key.startswith("=") and "@" not in key else None


def _read_part(part, regions):
    """Return the numbers in a text that is most likely one number."""
    number = _read_number(part, regions)
    if number:
        return [number]
    if "/" in part:
        return [number for piece in part.split("/") for number in _read_part(piece.strip(), regions)]
    for region in regions:
        matches = phonenumbers.PhoneNumberMatcher(part, region)
        found = [_format(match.number) for match in matches if not _is_filler(match.number)]
        if found:
            return found
    return []


def _read_number(text, regions):
    """Return the number a text is, or False; a number that is in use counts for more than one that could be."""
    candidates = [_parse(text, region) for region in regions]
    digits = re.sub(r"\D", "", text)
    if "+" not in text and len(digits) > 10:  # the plus sign is often left out, or written as two zeros
        candidates.append(_parse("+" + digits.removeprefix("00"), None))
    candidates = [number for number in candidates if number]
    possible = [] if _LATIN.search(text) else candidates  # letters stand for digits, but hardly ever on purpose
    number = next(filter(phonenumbers.is_valid_number, candidates), possible[0] if possible else None)
    return _format(number) if number and not _is_filler(number) else False


def _parse(text, region):
    """Return a number that could exist, read in a country, or None."""
    try:
        number = phonenumbers.parse(text, region)
    except NumberParseException:
        return None
    possible = phonenumbers.is_possible_number_with_reason(number) == ValidationResult.IS_POSSIBLE
    return number if possible else None


def _is_filler(number):
    """Tell whether a number is what people type in to fill a field, such as zeros."""
    return len(set(str(number.national_number))) == 1


def _format(number):
    return phonenumbers.format_number(number, PhoneNumberFormat.E164)


def rows_with_keys(table, keys):
    """Return the ids of the rows of a table whose ``client_keys`` hold any of some keys, as an array in SQL.

    One look into the index for each key: the overlap of two arrays would be compared one by one, row by row, as soon as
    PostgreSQL thinks that many rows match, which it does from some dozens of keys on.

    :param str table: a table with an index over ``string_to_array(client_keys, ' ')``
    :param keys: phone numbers and e-mail addresses, as :func:`client_keys` spells them
    :rtype: odoo.tools.SQL
    """
    return SQL(
        """ARRAY(SELECT found.id FROM unnest(%s::text[]) AS wanted (key)
                   JOIN %s AS found ON string_to_array(found.client_keys, ' ') @> ARRAY[wanted.key])""",
        sorted(keys),
        SQL.identifier(table),
    )
