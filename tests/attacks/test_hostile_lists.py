"""Attacks: waiting leads of paused lists, and what a list counts."""

from odoo.exceptions import AccessError, UserError
from odoo.fields import Command

from ..cold_lists import ListCase


class TestPausedList(ListCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.waiting = cls.fill(cls.restaurants)
        cls.restaurants.with_user(cls.head).action_pause("Wait")

    def assertRefused(self, attack):
        with self.assertRaisesRegex(UserError, "waits in the list “Restaurants”, which is paused"):
            attack()

    def test_a_waiting_lead_is_not_made_a_deal_to_be_taken_afterwards(self):
        lead = self.as_salesperson(self.waiting)
        self.assertRefused(lambda: lead.convert_opportunity(self.env["res.partner"]))
        self.assertRefused(lambda: lead.write({"type": "opportunity"}))
        self.assertRefused(lambda: lead.write({"type": "opportunity", "team_id": self.deals.id}))

    def test_a_waiting_lead_is_not_lost_to_be_taken_and_restored(self):
        lead = self.as_salesperson(self.waiting)
        lead.action_set_lost(lost_reason_id=self.refusal.id)
        self.assertRefused(lambda: lead.write({"user_id": self.salesperson.id}))
        self.assertRefused(lambda: lead.write({"user_id": self.salesperson.id, "active": True}))
        lead.action_unarchive()
        self.assertFalse(lead.user_id)
        self.assertRefused(lambda: lead.write({"user_id": self.salesperson.id}))

    def test_defaults_of_a_client_take_nothing(self):
        Lead = self.as_salesperson(self.env["crm.lead"])
        forged = Lead.with_context(
            default_funnel_list_id=self.restaurants.id,
            default_user_id=self.salesperson.id,
            default_team_id=self.leads.id,
        )
        self.assertRefused(lambda: forged.create({"name": "Mine"}))


class TestForgedCounters(ListCase):
    def test_defaults_of_a_client_do_not_count(self):
        Lead = self.as_salesperson(self.env["crm.lead"]).with_context(
            default_funnel_list_outcome="converted", default_funnel_past_list_ids=[Command.set(self.restaurants.ids)]
        )
        leads = Lead.create({"name": "Forged", "team_id": self.leads.id})
        leads += Lead.create({"name": "Forged", "team_id": self.leads.id, "funnel_list_id": self.restaurants.id})
        leads += Lead.create({"name": "Stock", "team_id": False})
        self.env.flush_all()
        self.assertEqual(leads.mapped("funnel_list_outcome"), [False, False, False])
        self.assertFalse(leads.funnel_past_list_ids)
        self.assertEqual((self.restaurants.moved_count, self.restaurants.converted_count), (0, 0))

    def test_the_list_writes_no_leads_that_its_owner_may_not(self):
        theirs = self.fill(self.restaurants, user_id=self.oleg.id)
        hotels = self.make_list("Hotels")
        for command in (
            Command.link(theirs.id),
            Command.update(theirs.id, {"name": "Mine"}),
            Command.delete(theirs.id),
        ):
            with self.assertRaises(AccessError):
                hotels.with_user(self.owner).write({"lead_ids": [command]})
        self.assertEqual(theirs.funnel_list_id, self.restaurants)
