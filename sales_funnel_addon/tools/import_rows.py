"""Rows of an imported table on their way to becoming leads."""

from dataclasses import dataclass, field


@dataclass
class Row:
    """A row that has been read: the values of its lead, or what is wrong with it.

    :param int number: as in the file
    :param dict vals: the values of the lead
    :param str keys: its phone numbers and e-mail addresses, see :mod:`~sales_funnel_addon.tools.client_keys`
    :param list problems: lines of text; a row with any of them becomes no lead
    """

    number: int
    vals: dict = field(default_factory=dict)
    keys: str | None = None
    problems: list = field(default_factory=list)

    @property
    def key_set(self):
        """Return the keys as a set."""
        return frozenset((self.keys or "").split())


@dataclass(frozen=True)
class Verdict:
    """What has become of a row."""

    number: int
    state: str
    message: str | None = None
    lead_id: int | None = None


def find_repeats(rows, earlier):
    """Return which rows repeat the client of another row that comes before them.

    :param rows: rows in their order
    :param dict earlier: the numbers of former rows by key
    :returns: the number of the other row by the number of the row

    >>> rows = [Row(number, keys=keys) for number, keys in ((5, "a"), (6, "b a"), (7, None), (8, "b"), (9, "c"))]
    >>> find_repeats(rows, {"c": 2})
    {6: 5, 9: 2}
    """
    known, found = dict(earlier), {}
    for row in rows:
        others = [known[key] for key in row.key_set if key in known]
        if others:
            found[row.number] = min(others)
        else:
            known.update(dict.fromkeys(row.key_set, row.number))
    return found
