"""Where the time of an operation goes: its queries, and the methods of the addon in order of their time.

A profiler would slow Python down and the database not at all. So only what the addon defines is timed.
"""

import contextlib
import functools
import inspect
import time
from collections import Counter
from unittest import mock

from odoo.orm.model_classes import is_model_definition
from odoo.sql_db import Cursor

ADDON = "odoo.addons.sales_funnel_addon.models."
#: Of how many runs the times are the mean, how many methods are listed, and how much of a query.
RUNS, METHODS, QUERY_WIDTH = 20, 30, 230


def explain(title, registry, run, prepare):
    """Print the queries of an operation and the methods of the addon that it spends its time in.

    :param str title: what it is
    :param registry: the registry whose models take part
    :param run: does it once; it is called once for the queries and :data:`RUNS` times for the times
    :param prepare: is called before each of them, and its queries are not shown
    """
    prepare()
    print(f"\n--- {title}: queries")
    for number, query in enumerate(_queries(run), 1):
        print(f"{number:4} {' '.join(query.split())[:QUERY_WIDTH]}")
    seconds, calls = _times(registry, run, prepare)
    print(f"--- {title}: methods of the addon, with what they call\n      ms   calls")
    for name, total in seconds.most_common(METHODS):
        print(f"{total * 1000 / RUNS:8.2f} {calls[name] / RUNS:7.1f}  {name}")


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


def _times(registry, run, prepare):
    """Return the seconds and the number of calls of each method of the addon in :data:`RUNS` runs, by its name."""
    seconds, calls = Counter(), Counter()

    def timed(name, method):
        @functools.wraps(method)
        def wrapper(*args, **kwargs):
            started = time.perf_counter()
            try:
                return method(*args, **kwargs)
            finally:
                seconds[name] += time.perf_counter() - started
                calls[name] += 1

        return wrapper

    classes = {cls for model in registry.values() for cls in model.mro() if is_model_definition(cls)}
    with contextlib.ExitStack() as patches:
        for cls in classes:
            if cls.__module__.startswith(ADDON):
                for name, method in vars(cls).items():
                    if inspect.isfunction(method) and not inspect.isgeneratorfunction(inspect.unwrap(method)):
                        label = f"{cls.__module__.removeprefix(ADDON)}.{name}"
                        patches.enter_context(mock.patch.object(cls, name, timed(label, method)))
        for _number in range(RUNS):
            prepare()
            run()
    return seconds, calls
