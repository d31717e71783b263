"""Cold lists in a real Chromium: each step as the person who takes it."""

from .common import TourCase


class TestListTours(TourCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
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
