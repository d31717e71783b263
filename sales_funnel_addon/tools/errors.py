"""What lies behind an error: another transaction that was in the way, or what an administrator has to mend."""

from odoo.exceptions import ConcurrencyError, UserError
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
    return any(isinstance(cause, kinds) for cause in _causes(error))


def describe_error(error):
    """Return what went wrong, in a line that an administrator can read: what it all began with.

    The rendering of a message puts the whole template and a traceback around it.

    :param BaseException error: what was raised

    >>> describe_error(ValueError("No such field")), describe_error(KeyError())
    ('No such field', 'KeyError')
    >>> try:
    ...     try:
    ...         1 / 0
    ...     except ZeroDivisionError as cause:
    ...         raise ValueError("Failed to render …") from cause
    ... except ValueError as wrapped:
    ...     describe_error(wrapped)
    'ZeroDivisionError: division by zero'
    """
    *wrappers, first = _causes(error)
    text = str(first).strip() or type(first).__name__
    return f"{type(first).__name__}: {text}" if wrappers and not isinstance(first, UserError) else text


def _causes(error):
    """Return an error and everything that it goes back to, the first cause last."""
    causes = []
    while error is not None and error not in causes:
        causes.append(error)
        error = error.__cause__ or (None if error.__suppress_context__ else error.__context__)
    return causes
