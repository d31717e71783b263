"""What the addon costs, measured against stock Odoo; run by ``./dev/bench``.

A benchmark is a module with a function ``run(bench)``, which gets a :class:`~benchmarks.common.Bench`: it makes its
data (:mod:`benchmarks.data` copies leads by the thousand), measures what people do in a funnel and the same in a stock
team of the same database, prints a row for each comparison, and holds the result against its budgets.
"""
