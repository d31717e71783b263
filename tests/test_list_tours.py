"""Cold lists in a real Chromium: each step as the person who takes it."""

from odoo.tests import HttpCase, new_test_user, tagged

from .common import FunnelFactory


@tagged("post_install", "-at_install")
class TestListTours(FunnelFactory, HttpCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.anna = cls.make_user("tour_anna", "sales_team.group_sale_salesman", "Tour Anna")
        cls.head = cls.make_user("tour_head", "sales_team.group_sale_salesman_all_leads", "Tour Head")
        cls.requests = cls.make_funnel("Tour Requests", "lead", ["New", "Talk"], user_id=cls.head.id)
        cls.projects = cls.make_funnel("Tour Projects", "lead", ["Start", "Next"], user_id=cls.head.id)
        cls.cafes, cls.hotels = (
            cls.env["funnel.list"].create(
                {
                    "name": name,
                    "team_id": team.id,
                    "user_id": cls.head.id,
                    "user_ids": cls.anna.ids,
                    "threshold": 50,
                    "sample_size": 2,
                    "audience": "Small cafés",
                }
            )
            for name, team in (("Tour cafés", cls.requests), ("Tour hotels", cls.projects))
        )

    @classmethod
    def make_user(cls, login, group, name):
        return new_test_user(cls.env, login, group, name=name, password=login)

    def walk(self, url, tour, user):
        self.start_tour(url, f"sales_funnel_{tour}", login=user.login, timeout=120)
        self.env.invalidate_all()

    def test_the_head_resumes_a_paused_list(self):
        reason = self.make_reason("No need at all", self.requests)
        lost = self.make_leads(self.requests, 2, funnel_list_id=self.cafes.id)
        waiting = self.make_leads(self.requests, 3, funnel_list_id=self.cafes.id)
        lost.action_set_lost(lost_reason_id=reason.id)
        self.assertEqual(self.cafes.state, "paused")
        self.walk("/odoo/funnel-lists", "resume_list", self.head)
        self.assertEqual(self.cafes.state, "running")
        self.assertEqual(waiting.user_id, self.anna)
        self.assertIn("We have better phone numbers now", "".join(self.cafes.message_ids.mapped("body")))

    def test_a_salesperson_moves_a_misfit(self):
        lead = self.make_leads(self.requests, name="Forty rooms", user_id=self.anna.id, funnel_list_id=self.cafes.id)
        self.walk(f"/odoo/crm.lead/{lead.id}", "move_misfit", self.anna)
        self.assertEqual((lead.funnel_list_id, lead.team_id), (self.hotels, self.projects))
        self.assertFalse(lead.user_id)
        self.assertEqual(self.cafes.moved_count, 1)
