"""What a head of sales does in the browser to import a base, and who else gets at it."""

import base64
import io
from unittest.mock import patch

import openpyxl
from odoo import SUPERUSER_ID, api
from odoo.exceptions import AccessError
from odoo.tests import HttpCase, new_test_user, tagged

from .common import FunnelFactory
from .imports import make_csv

CONTENT = make_csv([["Имя", "Телефон"], ["=1+1", "8 912 345-67-89"], ["Oleg", "345-67"]])


@tagged("post_install", "-at_install")
class TestImportScreens(FunnelFactory, HttpCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        group = "sales_team.group_sale_salesman_all_leads"
        cls.head = new_test_user(cls.env, "import_head", group, password="import_head", name="Head")
        cls.other = new_test_user(cls.env, "import_other", group, password="import_other", name="Other")
        cls.anna = new_test_user(cls.env, "import_anna", "sales_team.group_sale_salesman", password="import_anna")
        cls.leads = cls.make_funnel("Requests", "lead", ["New", "Talk"])
        cls.cold_list = cls.env["funnel.list"].create({"name": "Restaurants", "team_id": cls.leads.id})

    def make_import(self):
        values = {"list_id": self.cold_list.id, "file": base64.b64encode(CONTENT), "file_name": "base.csv"}
        return self.env["funnel.import"].with_user(self.head).create(values)

    def run_at_once(self):
        """Let imports run as soon as they are begun: no scheduler works in a test."""

        def wake_up(model):
            model.env.flush_all()
            with model.env.registry.cursor() as cr:
                api.Environment(cr, SUPERUSER_ID, {})["funnel.import"]._cron_run()
            model.env.invalidate_all()

        return patch.object(self.env.registry["funnel.import"], "_wake_up", wake_up)

    def test_a_base_is_checked_and_imported(self):
        path = f"/odoo/action-sales_funnel_addon.funnel_list_action/{self.cold_list.id}"
        with self.run_at_once():
            self.start_tour(path, "sales_funnel_import", login="import_head", timeout=120)
        lead = self.cold_list.lead_ids
        self.assertEqual((lead.contact_name, lead.phone), ("Иван", "8 912 345-67-89"))
        job = self.env["funnel.import"].search([("list_id", "=", self.cold_list.id)])
        self.assertEqual((job.state, job.created_count, job.duplicate_count, job.invalid_count), ("done", 1, 1, 1))

    def test_the_report_is_for_whoever_imports(self):
        job = self.make_import()
        with self.run_at_once():
            job.action_import()
        path = f"/sales_funnel/import/{job.id}/report"
        self.authenticate("import_head", "import_head")
        answer = self.url_open(path)
        self.assertEqual(answer.status_code, 200)
        rows = [[cell.value for cell in row] for row in openpyxl.load_workbook(io.BytesIO(answer.content)).active]
        self.assertEqual(rows[0], ["Row", "What Becomes of It", "Why", "Link", "Имя", "Телефон"])
        self.assertEqual((rows[1][1], rows[1][4]), ("Created", "'=1+1"))
        self.assertEqual(rows[2][:2], ["3", "Invalid"])
        for login in ("import_other", "import_anna"):
            self.authenticate(login, login)
            self.assertEqual(self.url_open(path).status_code, 404, login)

    def test_the_base_is_for_whoever_imports(self):
        job = self.make_import()
        attachment = self.env["ir.attachment"].search(
            [("res_model", "=", "funnel.import"), ("res_id", "=", job.id), ("res_field", "=", "file")]
        )
        self.assertEqual(attachment.raw, CONTENT)
        for user in (self.other, self.anna):
            with self.assertRaises(AccessError):
                attachment.with_user(user).read(["raw"])
            with self.assertRaises(AccessError):
                job.with_user(user).read(["file_name"])
        self.assertFalse(self.env["funnel.import"].with_user(self.other).search([]))
        manager = new_test_user(self.env, "import_boss", "sales_funnel_addon.group_funnel_manager")
        self.assertEqual(job.with_user(manager).file_name, "base.csv")
        with self.assertRaisesRegex(AccessError, "import of a colleague"):
            job.with_user(manager).action_import()

    def test_salespeople_do_not_import(self):
        values = {"list_id": self.cold_list.id, "file": base64.b64encode(CONTENT)}
        with self.assertRaises(AccessError):
            self.env["funnel.import"].with_user(self.anna).create(values)

    def test_another_company_sees_nothing(self):
        company = self.env["res.company"].create({"name": "Other company"})
        self.leads.company_id = self.env.company
        job = self.make_import()
        boss = new_test_user(
            self.env,
            "their_boss",
            "sales_funnel_addon.group_funnel_manager",
            company_id=company.id,
            company_ids=company.ids,
        )
        with self.assertRaises(AccessError):
            job.with_user(boss).read(["file_name"])
        self.assertFalse(self.env["funnel.import.row"].with_user(boss).search([]))
        self.assertFalse(self.env["funnel.import.column"].with_user(boss).search([]))
