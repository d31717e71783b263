"""The dashboard and the reports in a real Chromium, and the figures of the regular mail."""

from datetime import datetime, timedelta

from odoo.exceptions import AccessError
from odoo.tests import HttpCase, new_test_user, tagged

from benchmarks.history import History

from .common import FunnelCase, FunnelFactory


@tagged("post_install", "-at_install")
class TestDashboardScreens(FunnelFactory, HttpCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.anna, cls.oleg = (
            new_test_user(
                cls.env, f"tour_{name}", "sales_team.group_sale_salesman", name=name.title(), password=f"tour_{name}"
            )
            for name in ("anna", "oleg")
        )
        new_test_user(cls.env, "tour_head", "sales_team.group_sale_salesman_all_leads", password="tour_head")
        History(cls.env, [cls.anna.id, cls.oleg.id]).make(300)

    def test_head_looks_behind_the_figures(self):
        self.start_tour("/odoo/crm", "sales_funnel_dashboard_head", login="tour_head", timeout=180)

    def test_salesperson_sees_own_figures(self):
        self.start_tour("/odoo/crm", "sales_funnel_dashboard_salesperson", login="tour_anna", timeout=180)


class TestReports(FunnelCase):
    def test_every_report_opens_with_all_its_views_and_their_rows_open_leads(self):
        deal = self.make_deal(expected_revenue=100)
        deal.with_user(self.manager).stage_id = self.measurement
        deal.action_set_lost(lost_reason_id=self.price.id)
        self.env.flush_all()
        for key in ("stage", "loss", "cohort", "reminder", "check", "refusal"):
            action = self.env.ref(f"sales_funnel_addon.funnel_{key}_report_action")
            Report = self.env[action.res_model].with_user(self.head)
            views = Report.get_views([(False, kind) for kind in (*action.view_mode.split(","), "search")])["views"]
            self.assertEqual(set(views), {"pivot", "graph", "list", "search"})
            rows = Report.search([("lead_id", "=", deal.id)])
            self.assertEqual(len(rows), {"stage": 2, "reminder": 0, "check": 0}.get(key, 1), key)
            if rows:
                self.assertEqual(rows[0].action_open_lead()["res_id"], deal.id)

    def test_a_corrected_reason_counts(self):
        junk = self.make_reason("Spam", self.deals, category="junk")
        deal = self.make_deal()
        deal.action_set_lost(lost_reason_id=self.price.id)
        deal.with_user(self.manager).write({"lost_reason_id": junk.id, "lost_comment": "An advert"})
        self.env.flush_all()
        row = self.env["funnel.loss.report"].search([("lead_id", "=", deal.id)])
        self.assertEqual((row.category, row.junk_count, row.refusal_count), ("junk", 1, 0))
        self.assertTrue(row.has_comment and row.is_standing)
        deal.with_user(self.manager).action_unarchive()
        self.env.flush_all()
        self.env.invalidate_all()
        self.assertEqual((row.lost_reason_id, row.is_standing), (self.price, False), "what it was lost for then")

    def test_the_first_funnel_stays_the_first(self):
        lead = self.make_leads(self.leads, user_id=self.salesperson.id)
        lead.convert_opportunity(self.env["res.partner"])
        self.assertEqual((lead.team_id, lead.first_funnel_id), (self.deals, self.leads))
        lead.with_user(self.salesperson).write({"first_funnel_id": self.deals.id})
        self.assertEqual(lead.first_funnel_id, self.leads, "nobody writes it")
        forged = self.make_leads(self.deals, first_funnel_id=self.leads.id)
        self.assertEqual(forged.first_funnel_id, self.deals)
        stock = self.env["crm.team"].create({"name": "Stock"})
        outside = self.make_leads(stock, first_funnel_id=self.leads.id)
        self.assertFalse(outside.first_funnel_id)
        outside.write({"first_funnel_id": self.leads.id})
        self.assertFalse(outside.first_funnel_id)
        outside.team_id = self.deals
        self.assertEqual(outside.first_funnel_id, self.deals)


class TestDigest(FunnelCase):
    def test_the_figures_of_the_mail(self):
        deals = self.make_deal() | self.make_deal()
        deals[0].with_user(self.manager).stage_id = self.measurement
        deals[1].action_set_lost(lost_reason_id=self.price.id)
        self.env.flush_all()
        names = ("passed", "refused", "returned", "reminded")
        digest = self.env["digest.digest"].create({"name": "D", **{f"kpi_funnel_{name}": True for name in names}})
        now = datetime.now()
        day = {"start_datetime": now - timedelta(hours=1), "end_datetime": now + timedelta(hours=1)}
        mine = digest.with_user(self.salesperson).with_context(**day)
        self.assertEqual([mine[f"kpi_funnel_{name}_value"] for name in names], [1, 1, 0, 0])
        before = {"start_datetime": now - timedelta(days=9), "end_datetime": now - timedelta(days=8)}
        self.env.invalidate_all()  # as core does: the period is no dependency of the figures
        self.assertEqual(digest.with_user(self.salesperson).with_context(**before).kpi_funnel_passed_value, 0)
        self.env.invalidate_all()
        clerk = new_test_user(self.env, "digest_clerk", "base.group_user")
        with self.assertRaises(AccessError):
            digest.with_user(clerk).with_context(**day).mapped("kpi_funnel_passed_value")
        kpis = digest._compute_kpis(self.env.company, self.salesperson)
        [passed] = [kpi for kpi in kpis if kpi["kpi_name"] == "kpi_funnel_passed"]
        self.assertIn("funnel_dashboard_action", passed["kpi_action"])
