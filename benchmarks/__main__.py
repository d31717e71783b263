"""Run one benchmark: ``python -m benchmarks <Odoo configuration file> <name> [--explain]``; see ``./dev/bench``."""

import importlib
import sys

from .common import Bench


def main(config, name, *options):
    """Run the benchmark ``name``; return 1 if it misses a budget."""
    bench = Bench(config, explain="--explain" in options)
    importlib.import_module(f"benchmarks.{name}").run(bench)
    return bench.report()


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
