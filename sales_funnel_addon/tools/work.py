"""How far the work for a lead has come: the states of its documents, and the stages that follow them."""

from dataclasses import dataclass


@dataclass(frozen=True)
class WorkState:
    """A state in which documents of one model can be; see the model ``funnel.work.state``.

    :param int rank: the higher, the further the work has come
    :param str condition: which documents are in it, as the text of a domain
    """

    id: int
    model_name: str
    rank: int
    condition: str = "[]"


#: Of a document that is in none of the states.
NOT_BEGUN = -1


def is_reached(states, ranks):
    """Tell whether the work has come as far as some states demand, one for each kind of document or more.

    A kind of which there is no document says nothing, as long as there is another; of several documents the slowest
    counts.

    :param states: the :class:`WorkState` of the stage that is asked about
    :param dict ranks: how far each document of the lead is, as lists by the name of their model

    >>> made, bought = WorkState(1, "mrp.production", 30), WorkState(2, "purchase.order", 10)
    >>> is_reached([made], {"mrp.production": [30, 50]}), is_reached([made], {"mrp.production": [30, NOT_BEGUN]})
    (True, False)
    >>> is_reached([made], {}), is_reached([], {"mrp.production": [30]})
    (False, False)
    >>> is_reached([made, bought], {"mrp.production": [50]})
    True
    >>> is_reached([made, bought], {"mrp.production": [50], "purchase.order": [NOT_BEGUN]})
    False
    """
    known = [state for state in states if ranks.get(state.model_name)]
    return bool(known) and all(min(ranks[state.model_name]) >= state.rank for state in known)
