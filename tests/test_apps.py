"""Cards with the documents of apps, on a database that has these apps; and without any of them."""

import os
import subprocess
import sys

from odoo.exceptions import ValidationError

from .common import ADDON, FunnelCase


def test_cards_follow_documents_of_the_apps():
    """Run ``tests/apps`` where manufacturing, purchase and repair are installed."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith("PYTEST_")}
    command = [sys.executable, "-m", "toolchain", "test", "tests/apps"]
    result = subprocess.run(command, env=environment, capture_output=True, text=True, stdin=subprocess.DEVNULL)
    assert result.returncode == 0, result.stdout[-10000:] + result.stderr[-2000:]


class TestWithoutApps(FunnelCase):
    def test_no_app_no_documents(self):
        self.assertEqual(self.env["funnel.work.state"].search_count([]), 0)
        self.assertEqual(self.env["funnel.work.state"]._get_models(), [])
        self.assertFalse(self.estimate.has_work_states)
        with self.assertRaisesRegex(ValidationError, "there are no documents “mrp.production” to follow"):
            self.env["funnel.work.state"].create({"name": "Done", "model_name": "mrp.production"})

    def test_what_an_app_has_left_behind_stops_nobody(self):
        self.env.cr.execute(
            """INSERT INTO funnel_work_state (name, model_name, condition, sequence)
               VALUES ('{"en_US": "Gone"}', 'gone.model', '[]', 10) RETURNING id"""
        )
        [state_id] = self.env.cr.fetchone()
        self.env["funnel.work.rule"].create({"stage_id": self.measurement.id, "state_id": state_id})
        self.assertFalse(self.env["crm.team"]._get_funnel_rules().work_states)
        self.make_deal().stage_id = self.measurement

    def test_the_states_of_an_app_are_no_part_of_a_preset_without_it(self):
        names = self.env["ir.model.data"].search([("module", "=", ADDON), ("model", "=", "funnel.work.rule")])
        self.assertFalse(names)
