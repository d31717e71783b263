"""Who was a client before: matching requests by their keys, in memory, for any number of them at once."""

from bisect import bisect_left
from collections import defaultdict
from dataclasses import dataclass, field
from datetime import datetime


@dataclass(frozen=True)
class Request:
    """A lead or a deal, with what matching and the history of a client need to know about it.

    :param frozenset keys: the keys of its client, see :mod:`~sales_funnel_addon.tools.client_keys`
    :param datetime since: since when it is the request of this client
    :param family_id: the company of the contact it is linked to, or that contact itself
    :param dict facts: what a reader is told about it
    """

    id: int
    keys: frozenset
    since: datetime
    company_id: int | bool = False
    user_id: int | bool = False
    family_id: int | bool = False
    facts: dict = field(default_factory=dict, compare=False)

    @property
    def order(self):
        """What tells which of two requests was there first."""
        return self.since, self.id


@dataclass(frozen=True)
class Contact:
    """A contact with keys of its own.

    :param family_id: the company of a person, or the contact itself
    """

    id: int
    keys: frozenset
    since: datetime
    company_id: int | bool = False
    user_id: int | bool = False
    family_id: int | bool = False


@dataclass(frozen=True)
class History:
    """What was known about the client of a request before it: earlier requests, the first one first, and contacts."""

    requests: tuple = ()
    contacts: tuple = ()

    def __bool__(self):
        return bool(self.requests or self.contacts)

    def user_ids(self):
        """Return who has worked with the client."""
        return {item.user_id for item in (*self.requests, *self.contacts)} - {False, None}


def find_histories(asked, requests, contacts):
    """Return the history of the client of each request, by its id.

    :param asked: the requests whose clients are looked for
    :param requests: all requests that share a key with any of them; they may be among them
    :param contacts: all contacts that share a key with any of them

    >>> from datetime import datetime
    >>> day = datetime(2026, 3, 2)
    >>> ivan = [Request(number, frozenset({"+7912"}), day, company_id=company)
    ...         for number, company in ((1, 5), (2, False), (3, 6))]
    >>> histories = find_histories(ivan, ivan, [Contact(9, frozenset({"+7912"}), day, company_id=6)])
    >>> {number: [item.id for item in found.requests] for number, found in histories.items()}
    {1: [], 2: [1], 3: [2]}
    >>> [bool(histories[number].contacts) for number in (1, 2, 3)]
    [False, True, True]
    """
    # whoever has the same keys and company has the same candidates: a number that thousands share is sorted once
    groups = defaultdict(list)
    for request in asked:
        groups[request.keys, request.company_id].append(request)
    known_requests, known_contacts = _index(requests), _index(contacts)
    found = {}
    for (keys, _company_id), group in groups.items():
        candidates = sorted(_find(known_requests, keys, group[0]), key=lambda item: item.order)
        orders = [item.order for item in candidates]
        people = sorted(_find(known_contacts, keys, group[0]), key=lambda item: item.id)
        for request in group:
            found[request.id] = History(
                tuple(candidates[: bisect_left(orders, request.order)]),
                tuple(item for item in people if _says_something_new(item, request)),
            )
    return found


def _index(items):
    found = defaultdict(set)
    for item in items:
        for key in item.keys:
            found[key].add(item)
    return found


def _find(index, keys, request):
    """Return what shares a key with a request, and no other company's facts."""
    return {item for key in keys for item in index[key] if _may_share(item, request)}


def _may_share(one, other):
    """Tell whether two facts belong to the same company, or one of them to all."""
    return not (one.company_id and other.company_id) or one.company_id == other.company_id


def _says_something_new(contact, request):
    """Tell whether a contact was there before a request; the one it is linked to counts if it is somebody else's."""
    if contact.since > request.since:
        return False
    is_own = bool(request.family_id) and request.family_id == contact.family_id
    return not is_own or bool(contact.user_id and request.user_id and contact.user_id != request.user_id)
