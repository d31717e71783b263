"""The buttons for contact attempts, in a real Chromium."""

from odoo.fields import Command
from odoo.tests import HttpCase, new_test_user, tagged

from .common import FunnelFactory


@tagged("post_install", "-at_install")
class TestContactTours(FunnelFactory, HttpCase):
    def test_a_salesperson_notes_attempts_in_one_click(self):
        user = new_test_user(self.env, "tour_caller", "sales_team.group_sale_salesman", password="tour_caller")
        funnel = self.make_funnel("Requests", "lead", ["New", "Talk"])
        silent = self.env["crm.stage"].create(
            {"name": "Silent", "sequence": 9, "is_side_stage": True, "team_ids": [Command.link(funnel.id)]}
        )
        # people work round the clock, so that something is missing on the day on which the test runs
        calendar = self.env["resource.calendar"].create({"name": "Always", "schedule_type": "flexible"})
        funnel.write({"no_answer_stage_id": silent.id, "resource_calendar_id": calendar.id})
        self.stage(funnel, "New").call_quota = 2
        kitchen = self.make_leads(funnel, name="A kitchen", user_id=user.id)
        shelf = self.make_leads(funnel, name="A shelf", user_id=user.id)

        self.start_tour(f"/odoo/crm.lead/{kitchen.id}", "sales_funnel_contacts_form", login="tour_caller")
        self.assertEqual(kitchen.funnel_contact_ids.sorted("id").mapped("outcome"), ["reached", "call_back"])
        self.assertEqual(kitchen.funnel_contact_ids.user_id, user)

        board = f"/odoo/action-{funnel.funnel_action_id.id}"
        self.start_tour(board, "sales_funnel_contacts_board", login="tour_caller")
        self.assertEqual((shelf.stage_id, shelf.funnel_contact_count), (silent, 2))
