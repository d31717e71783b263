"""The demo data: it loads without demo data of Odoo itself, and shows every part of the funnels."""

from odoo.tests import TransactionCase, new_test_user, tagged
from odoo.tools import convert_file


@tagged("post_install", "-at_install")
class TestDemo(TransactionCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        if not cls.env.ref("base.user_demo", raise_if_not_found=False):
            user = new_test_user(cls.env, "demo_head", "sales_team.group_sale_salesman")
            cls.env["ir.model.data"]._update_xmlids([{"xml_id": "base.user_demo", "record": user}])
        for name in ("funnel_demo", "funnel_contact_demo", "funnel_refusal_demo", "funnel_list_demo"):
            convert_file(cls.env, "sales_funnel_addon", f"demo/{name}.xml", {}, "init", noupdate=True)
        cls.leads = cls.env["crm.lead"].with_context(active_test=False).search([("team_id.funnel_kind", "!=", False)])

    def test_salespeople_may_write_to_clients(self):
        """A message to a client who is no contact yet makes one; Odoo drops it silently for people who may not."""
        for name in ("anna", "oleg"):
            user = self.env.ref(f"sales_funnel_addon.demo_user_{name}")
            self.assertTrue(user.has_group("base.group_partner_manager"), name)

    def test_thirty_leads_in_every_stage_of_leads_and_deals(self):
        self.assertGreaterEqual(len(self.leads), 30)
        for kind in ("leads", "deals"):
            funnel = self.env.ref(f"sales_funnel_addon.funnel_{kind}")
            self.assertEqual(self.leads.filtered(lambda lead, f=funnel: lead.team_id == f).stage_id, funnel.stage_ids)

    def test_deferred_deals_stand_in_the_month_of_their_date(self):
        deferred = self.leads.filtered(lambda lead: lead.funnel_kind == "deferred")
        self.assertTrue(deferred)
        for deal in deferred:
            self.assertEqual(deal.stage_id.deferral_month, deal.deferral_date.month)

    def test_refusals_and_junk(self):
        lost = self.leads.filtered(lambda lead: lead.won_status == "lost")
        self.assertEqual(set(lost.mapped("lost_category")), {"refusal", "junk"})

    def test_history_leads_to_where_the_lead_is(self):
        for lead in self.leads.filtered(lambda lead: lead.won_status != "lost"):
            moves = lead.funnel_move_ids.sorted(lambda move: (move.date, move.id))
            self.assertEqual((moves[0].kind, moves[-1].to_stage_id), ("created", lead.stage_id), lead.name)

    def test_the_dashboard_has_something_to_tell(self):
        stays = self.leads.funnel_move_ids.filtered("outcome")
        self.assertGreaterEqual({*stays.mapped("outcome")}, {"here", "forward", "lost"})
        open_leads = self.leads.filtered(lambda lead: lead.won_status == "pending")
        here = open_leads.funnel_move_ids.filtered(lambda move: move.outcome == "here")
        self.assertEqual(here.lead_id, open_leads)

    def test_clients_were_called(self):
        self.assertGreaterEqual(len(self.leads.funnel_contact_ids), 15)
        self.assertTrue(self.leads.filtered("funnel_call_date"))

    def test_salespeople_can_log_in(self):
        for login in ("anna", "oleg"):
            user = self.env["res.users"].search([("login", "=", login)])
            self.assertTrue(user.has_group("sales_funnel_addon.group_funnel_user"))
