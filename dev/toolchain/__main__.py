"""Second half of every command, inside the Python environment."""

import importlib
import sys

from .console import main_with_errors


def main():
    """Run the command named by the first argument with the others."""
    module = importlib.import_module(f".{sys.argv[1].replace('-', '_')}", __package__)
    return module.main(sys.argv[2:])


if __name__ == "__main__":
    main_with_errors(main)
