"""The cache of the rules, while people work and somebody configures."""

import pytest
from odoo import SUPERUSER_ID, api

from .reminder_workers import environment, own_database


@pytest.fixture(scope="module")
def registry():
    with own_database("rules_cache") as registry:
        yield registry


def test_whoever_began_before_a_change_does_not_bring_the_old_rules_back(registry):
    with registry.cursor() as slow:
        slow.execute("SELECT 1 FROM crm_team")  # from here on it sees the database as it is now
        with environment(registry) as env:
            team = env["crm.team"].search([("funnel_kind", "=", "lead")], limit=1)
            team_id, old, new = team.id, team.call_gap, team.call_gap + 7
            team.call_gap = new
        rules = api.Environment(slow, SUPERUSER_ID, {})["crm.team"]._get_funnel_rules()
        assert rules.funnels[team_id].call_gap == old
    with environment(registry) as env:
        assert env["crm.team"]._get_funnel_rules().funnels[team_id].call_gap == new
        # and from now on it is kept
        before = env.cr.sql_log_count
        assert env["crm.team"]._get_funnel_rules().funnels[team_id].call_gap == new
        assert env.cr.sql_log_count == before
