"""Money that was received for orders."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Receipt:
    """What was received for an order.

    :param float total: everything
    :param prepaid: what was received on down payment invoices, None if there are none
    """

    total: float
    prepaid: float | None = None


def share_out(amount, weights):
    """Return an amount by what it is for, in proportion to the weights; evenly if they come to nothing.

    >>> share_out(90, {"A": 200, "B": 100})
    {'A': 60.0, 'B': 30.0}
    >>> share_out(90, {"A": 0, "B": 0}), share_out(90, {})
    ({'A': 45.0, 'B': 45.0}, {})
    """
    total = sum(weights.values())
    return {key: amount * (weight / total if total else 1 / len(weights)) for key, weight in weights.items()}
