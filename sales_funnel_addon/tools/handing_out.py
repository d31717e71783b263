"""Handing out leads: who gets which of those that wait."""

from dataclasses import dataclass


@dataclass
class Taker:
    """Somebody to whom leads of a list are handed out.

    :param int open_count: how many leads of the list they have that are not processed yet
    :param int total_count: how many leads of the list they have got in all
    :param company_ids: in which companies they may work; None: in all of them
    """

    user_id: int
    open_count: int = 0
    total_count: int = 0
    company_ids: frozenset | None = None

    def may_take(self, company_id):
        """Tell whether this person may work on leads of a company.

        >>> Taker(1, company_ids=frozenset({7})).may_take(8), Taker(1, company_ids=frozenset({7})).may_take(False)
        (False, True)
        """
        return not company_id or self.company_ids is None or company_id in self.company_ids


def share_out(waiting, takers, portion=0, limit=None):
    """Give each lead to whoever has the fewest open ones; of those who have as few, to whoever has got the fewest.

    :param waiting: pairs of a lead id and the id of its company, or False, in the order in which they are given out
    :param takers: the :class:`Taker` instances in their order; their counts follow what they get
    :param int portion: how many open leads one of them has at most; 0 for any number
    :param limit: how many leads are given out at most; None for all of them
    :returns: lists of lead ids by user id
    :rtype: dict

    >>> share_out([(1, False), (2, False), (3, False)], [Taker(10), Taker(11)])
    {10: [1, 3], 11: [2]}
    >>> share_out([(1, False), (2, False), (3, False)], [Taker(10, 2), Taker(11)], portion=2)
    {11: [1, 2]}
    >>> share_out([(1, False), (2, False)], [Taker(10, 0, 5), Taker(11, 0, 4)], limit=1)
    {11: [1]}
    >>> share_out([(1, 7), (2, False)], [Taker(10, company_ids=frozenset({8}))])
    {10: [2]}
    """
    shares = {}
    for lead_id, company_id in waiting:
        if limit is not None and limit <= 0:
            break
        free = [
            taker for taker in takers if not (portion and taker.open_count >= portion) and taker.may_take(company_id)
        ]
        if not free:
            continue
        taker = min(free, key=lambda taker: (taker.open_count, taker.total_count))
        taker.open_count += 1
        taker.total_count += 1
        shares.setdefault(taker.user_id, []).append(lead_id)
        limit = limit and limit - 1
    return shares
