"""Errors that say that another transaction was in the way, wherever they are wrapped."""

from odoo.exceptions import ConcurrencyError
from odoo.service.model import PG_CONCURRENCY_EXCEPTIONS_TO_RETRY
from psycopg2.errors import UniqueViolation

#: What Odoo answers by beginning the transaction again.
COLLISIONS = (*PG_CONCURRENCY_EXCEPTIONS_TO_RETRY, ConcurrencyError)


def is_collision(error, *, perhaps=False):
    """Tell whether an error goes back to another transaction, so that it helps to begin again.

    The rendering of a message, for one, hands on whatever happens in it as an error of the template.

    :param BaseException error: what was raised
    :param bool perhaps: count what only may be one: something is there twice, and the other one may be so new that
        this transaction could not see it

    >>> from psycopg2.errors import SerializationFailure
    >>> is_collision(SerializationFailure()), is_collision(ValueError())
    (True, False)
    >>> is_collision(UniqueViolation()), is_collision(UniqueViolation(), perhaps=True)
    (False, True)
    >>> try:
    ...     try:
    ...         raise SerializationFailure("could not serialize access")
    ...     except SerializationFailure as cause:
    ...         raise ValueError("The template is broken") from cause
    ... except ValueError as wrapped:
    ...     is_collision(wrapped)
    True
    """
    kinds = (*COLLISIONS, UniqueViolation) if perhaps else COLLISIONS
    seen = []
    while error is not None and error not in seen:
        if isinstance(error, kinds):
            return True
        seen.append(error)
        error = error.__cause__ or (None if error.__suppress_context__ else error.__context__)
    return False
