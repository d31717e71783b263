"""Where the time of an operation goes: its queries, and the functions of the addon in order of their time."""

import cProfile
import pstats
from unittest import mock

from odoo.sql_db import Cursor

ADDON = "sales_funnel_addon"
#: How many functions are listed, and how much of a query.
FUNCTIONS, QUERY_WIDTH = 30, 230


def explain(title, run):
    """Print the queries and the profile of an operation.

    :param str title: what it is
    :param run: does it once; it is called twice, for profiling slows it down
    """
    print(f"\n--- {title}: queries")
    for number, query in enumerate(_queries(run), 1):
        print(f"{number:4} {' '.join(query.split())[:QUERY_WIDTH]}")
    print(f"--- {title}: functions of {ADDON} by their time, with what they call")
    profile = cProfile.Profile()
    profile.runcall(run)
    pstats.Stats(profile).sort_stats("cumulative").print_stats(ADDON, FUNCTIONS)
    print(f"--- {title}: functions by their own time")
    pstats.Stats(profile).sort_stats("tottime").print_stats(FUNCTIONS)


def _queries(run):
    """Return the queries of one run."""
    queries, execute = [], Cursor.execute

    def recording(cursor, query, params=None, log_exceptions=True):
        result = execute(cursor, query, params, log_exceptions)
        queries.append(cursor._obj.query.decode(errors="replace"))
        return result

    with mock.patch.object(Cursor, "execute", recording):
        run()
    return queries
