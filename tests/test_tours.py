"""What people do in the browser, in a real Chromium."""

from odoo.fields import Command
from odoo.tests import HttpCase, new_test_user, tagged


@tagged("post_install", "-at_install")
class TestTours(HttpCase):
    def test_salesperson_works_a_lead_through_the_funnels(self):
        salesperson = new_test_user(self.env, "tour_anna", "sales_team.group_sale_salesman", password="tour_anna")
        expensive = self.env.ref("sales_funnel_addon.reason_expensive")
        expensive.required_field_ids = [Command.set(self.env["ir.model.fields"]._get("crm.lead", "city").ids)]
        # the checklists are ticked in tours of their own; here one task is enough
        analysis = self.env.ref("sales_funnel_addon.task_lead_new_analysis")
        (self.env["funnel.task.template"].search([]) - analysis).active = False
        self.start_tour("/odoo", "sales_funnel_salesperson", login="tour_anna", timeout=120)
        lead = self.env["crm.lead"].with_context(active_test=False).search([("contact_name", "=", "Ivan Smirnov")])
        self.assertEqual((lead.won_status, lead.city, lead.user_id), ("lost", "Perm", salesperson))
        self.assertEqual(lead.lost_comment, "Twice the budget")
        self.assertEqual(lead.preferred_channel, "whatsapp")
        kinds = lead.funnel_move_ids.sorted("id").mapped("kind")
        self.assertEqual(kinds, ["created", "moved", "converted", "moved", "lost"])
