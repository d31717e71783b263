"""Chains of cards: which card was handed over from which, as ids of origins by id. No database."""


def roots(origins):
    """Return the first card of the chain of each card, by id; None for a card that stands alone.

    :param dict origins: the id of the origin of each card, False for none; an origin that is not among them counts as
        none

    >>> roots({1: False, 2: 1, 3: 2, 4: False, 5: 9})
    {1: 1, 2: 1, 3: 1, 4: None, 5: None}
    """
    parents = {origin for origin in origins.values() if origin}
    found = {}
    for card in origins:
        first = _ancestors(origins, card)[-1:] or [card]
        found[card] = first[0] if first[0] != card or card in parents else None
    return found


def positions(origins):
    """Return which card of its chain each card is, counted from the first, by id.

    >>> positions({1: False, 2: 1, 3: 2, 4: 1})
    {1: 1, 2: 2, 3: 3, 4: 2}
    """
    return {card: len(_ancestors(origins, card)) + 1 for card in origins}


def without(origins, gone):
    """Return the origins when some cards are deleted: what was handed over from them goes to what is left before.

    :param dict origins: as in :func:`roots`
    :param gone: the ids of the cards that are deleted

    >>> without({1: False, 2: 1, 3: 2, 4: 3}, {2, 3})
    {1: False, 4: 1}
    >>> without({1: False, 2: 1}, {1})
    {2: False}
    """
    return {
        card: next((above for above in _ancestors(origins, card) if above not in gone), False)
        for card in origins
        if card not in gone
    }


def merged(origins, kept, others):
    """Return the origins when some cards are merged into one; the merged ones are left out.

    :param dict origins: as in :func:`roots`
    :param kept: the id of the card that stays
    :param others: the ids of the cards that are merged into it

    What was handed over from any of them was handed over from the one that stays:

    >>> merged({1: False, 2: 1, 3: False, 4: 3}, 1, {3})
    {1: False, 2: 1, 4: 1}

    It takes over the origin of another one, and the place of a card that it comes from:

    >>> merged({1: False, 2: False, 3: 2}, 1, {3})
    {1: 2, 2: False}
    >>> merged({1: False, 2: 1, 3: 2, 4: 3}, 4, {2})
    {1: False, 3: 4, 4: 1}

    No card comes from itself, whatever is merged:

    >>> merged({1: False, 2: 1, 3: 2}, 1, {3})
    {1: False, 2: 1}
    >>> merged({1: False, 2: False, 3: 2, 4: 3}, 1, {2, 4})
    {1: False, 3: 1}
    """
    above = _ancestors(origins, kept)
    highest = [card for card in above if card in others][-1:]
    candidates = [origins[card] for card in highest] or [origins[kept], *(origins[card] for card in sorted(others))]
    own = next((card for card in candidates if card and card != kept and card not in others), False)
    result = {
        card: own if card == kept else kept if origin in others else origin
        for card, origin in origins.items()
        if card not in others
    }
    if kept in _ancestors(result, own) or own == kept:
        result[kept] = False
    return result


def is_circle(origins, card):
    """Tell whether a card comes from itself.

    :param dict origins: as in :func:`roots`

    >>> is_circle({1: 2, 2: 3, 3: 1}, 1), is_circle({1: 2, 2: False}, 1), is_circle({1: 2, 2: 3, 3: 2}, 1)
    (True, False, False)
    """
    return card in _ancestors(origins, card)


def _ancestors(origins, card):
    """Return from which cards a card comes, the nearest first; a circle is followed once."""
    found = []
    while (card := origins.get(card)) and card in origins and card not in found:
        found.append(card)
    return found
