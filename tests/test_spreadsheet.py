"""The spreadsheet in the app Dashboards: everything that it names exists, and everybody reads what is theirs."""

import base64
import json
from unittest.mock import patch

from odoo import tools
from odoo.addons.spreadsheet.utils.validate_data import fields_in_spreadsheet, odoo_charts

from .common import FunnelCase


class TestSpreadsheet(FunnelCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.dashboard = cls.env.ref("sales_funnel_spreadsheet.spreadsheet_dashboard_funnels")
        cls.data = json.loads(base64.b64decode(cls.dashboard.spreadsheet_binary_data))
        cls.sources = [*cls.data["pivots"].values(), *odoo_charts(cls.data)]

    def model_of(self, source):
        return self.env[source["model"] if "model" in source else source["metaData"]["resModel"]]

    def test_models_fields_and_menus_exist(self):
        with patch.dict(tools.config.options, {"test_enable": True}):  # Odoo checks its own dashboards only then
            self.dashboard.spreadsheet_binary_data = base64.b64encode(json.dumps(self.data).encode())
        models = fields_in_spreadsheet(self.data)
        self.assertEqual(
            set(models), {f"funnel.{name}.report" for name in ("stage", "loss", "cohort", "reminder")}, "nothing else"
        )

    def test_every_filter_reaches_every_figure(self):
        filters = {one["id"]: one for one in self.data["globalFilters"]}
        self.assertEqual([one["type"] for one in filters.values()], ["date", *["relation"] * 3])
        for source in self.sources:
            self.assertEqual(source["fieldMatching"].keys(), filters.keys())
            for key, matching in source["fieldMatching"].items():
                field = self.model_of(source)._fields[matching["chain"]]
                self.assertEqual(field.type, matching["type"])
                self.assertEqual(field.comodel_name or None, filters[key].get("modelName"))

    def test_salespeople_read_their_own_figures(self):
        deal, foreign = self.make_deal(), self.make_leads(self.deals, user_id=self.head.id)
        (deal.sudo() | foreign).action_set_lost(lost_reason_id=self.price.id)
        self.env.flush_all()
        shown = json.loads(self.dashboard.with_user(self.salesperson)._get_serialized_readonly_dashboard())
        self.assertEqual(shown["snapshot"]["pivots"].keys(), self.data["pivots"].keys())
        for source in self.sources:
            Report = self.model_of(source).with_user(self.salesperson)
            leads = Report.search([("lead_id", "in", (deal | foreign).ids)]).lead_id
            self.assertNotIn(foreign, leads)
        self.assertEqual(
            self.env["funnel.loss.report"].with_user(self.salesperson).search([("lead_id", "=", deal.id)]).lead_id, deal
        )
