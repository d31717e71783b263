"""Pure functions and value objects: nothing here needs a database, so doctests cover it."""

from . import funnel_rules, lead_moves, preset_xml, sampling, values
