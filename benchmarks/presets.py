"""Presets: how long loading each takes on a live database with 10,000 leads of other teams.

Every round loads one preset in a transaction that is taken back, so that all rounds find the same.
"""

import time

from odoo import SUPERUSER_ID, api

from .common import Measure

LEADS, ROUNDS = 10_000, 5
#: Seconds that an administrator waits without wondering.
LIMIT = 10


def run(bench):
    """Measure and hold against the budgets; see the head of this module."""
    with bench.environment() as env:
        team = env["crm.team"].create({"name": "Others"})
        env.cr.execute(
            """INSERT INTO crm_lead (name, type, team_id, stage_id, active, won_status, priority)
               SELECT 'Lead ' || number, 'lead', %s, %s, TRUE, 'pending', '0' FROM generate_series(1, %s) AS number""",
            [team.id, env["crm.stage"].search([("team_ids", "=", False)], limit=1).id, LEADS],
        )
        presets = env["funnel.preset"].search([("loaded_date", "=", False)])
        codes = {preset.id: preset.code for preset in presets}
    for preset_id, code in codes.items():
        measure = Measure()
        for _round in range(ROUNDS):
            load(bench, preset_id, measure)
        bench.add_row(f"load the preset {code}", None, measure)
        bench.add_budget(f"preset_{code}_seconds", measure.median, LIMIT)


def load(bench, preset_id, measure):
    """Load one preset and take it back."""
    with bench.registry.cursor() as cr:
        preset = api.Environment(cr, SUPERUSER_ID, {})["funnel.preset"].browse(preset_id)
        queries, started = cr.sql_log_count, time.perf_counter()
        preset.action_load()
        preset.env.flush_all()
        measure.seconds.append(time.perf_counter() - started)
        measure.queries.append(cr.sql_log_count - queries)
        cr.rollback()
    # what the rules and the views remember of a preset that is gone
    bench.registry.clear_all_caches()
