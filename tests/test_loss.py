"""Losing leads: reasons of the funnel, comments, required fields, junk, the dialog."""

from odoo.exceptions import ValidationError
from odoo.fields import Command
from odoo.tests import Form

from .common import FunnelCase


class TestLoss(FunnelCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.competitor = cls.make_reason("Competitor", cls.deals, comment_required=True)
        cls.spam = cls.make_reason("Spam", cls.leads, cls.deals, category="junk")
        cls.stock_reason = cls.env["crm.lost.reason"].create({"name": "For other teams"})
        cls.city = cls.env["ir.model.fields"]._get("crm.lead", "city")

    def test_a_reason_is_needed_on_every_path(self):
        deal = self.make_deal()
        with self.assertRaisesRegex(ValidationError, "reason is needed"):
            deal.action_set_lost()
        with self.assertRaisesRegex(ValidationError, "reason is needed"):
            deal.write({"active": False, "probability": 0})
        with self.assertRaisesRegex(ValidationError, "reason is needed"):
            self.env["crm.lead"].create(
                {"name": "Born lost", "team_id": self.deals.id, "active": False, "probability": 0}
            )

    def test_the_reason_belongs_to_the_funnel(self):
        for reason in (self.stock_reason, self.make_reason("Leads only", self.leads)):
            with self.assertRaisesRegex(ValidationError, "not a lost reason of the funnel “Kitchens”"):
                self.make_deal().action_set_lost(lost_reason_id=reason.id)

    def test_a_comment_where_the_reason_asks_for_one(self):
        deal = self.make_deal()
        for comment in (False, "", "   "):
            with self.assertRaisesRegex(ValidationError, "needs a comment"):
                deal.action_set_lost(lost_reason_id=self.competitor.id, lost_comment=comment)
        deal.action_set_lost(lost_reason_id=self.competitor.id, lost_comment="Took IKEA")
        self.assertEqual((deal.won_status, deal.lost_comment), ("lost", "Took IKEA"))

    def test_comment_is_in_the_chatter_and_in_the_log(self):
        deal = self.make_deal()
        self.flush_tracking()
        deal.action_set_lost(lost_reason_id=self.competitor.id, lost_comment="Took IKEA")
        self.flush_tracking()
        values = deal.message_ids.sudo().tracking_value_ids
        self.assertIn("Took IKEA", values.mapped("new_value_text"))
        lost = deal.funnel_move_ids.filtered(lambda move: move.kind == "lost")
        self.assertEqual(lost.reason, "Competitor — Took IKEA")
        self.assertEqual((lost.from_stage_id, lost.to_stage_id), (self.estimate, self.estimate))

    def test_reason_may_demand_fields(self):
        self.price.required_field_ids = [Command.set(self.city.ids)]
        deal = self.make_deal()
        with self.assertRaisesRegex(ValidationError, "Fill in: City"):
            deal.action_set_lost(lost_reason_id=self.price.id)
        deal.action_set_lost(lost_reason_id=self.price.id, city="Perm")
        self.assertEqual(deal.city, "Perm")

    def test_mass_loss_names_the_lead_and_loses_none(self):
        self.price.required_field_ids = [Command.set(self.city.ids)]
        deals = self.make_leads(self.deals, 3, city="Perm")
        deals[1].city = False
        with self.assertRaises(ValidationError) as caught, self.env.cr.savepoint():
            deals.action_set_lost(lost_reason_id=self.price.id)
        self.assertIn("Lead 1", str(caught.exception))
        self.assertNotIn("Lead 0", str(caught.exception))
        deals.invalidate_recordset()
        self.assertEqual(set(deals.mapped("won_status")), {"pending"})

    def test_what_a_loss_was_told_with_stays(self):
        deal = self.make_deal()
        deal.action_set_lost(lost_reason_id=self.competitor.id, lost_comment="Took IKEA")
        with self.assertRaisesRegex(ValidationError, "needs a comment"):
            deal.lost_comment = False
        with self.assertRaisesRegex(ValidationError, "reason is needed"):
            deal.lost_reason_id = False

    def test_restoring_clears_reason_and_comment_and_keeps_them_in_the_log(self):
        deal = self.make_deal()
        deal.action_set_lost(lost_reason_id=self.competitor.id, lost_comment="Took IKEA")
        deal.action_restore()
        self.assertEqual((deal.won_status, deal.stage_id), ("pending", self.estimate))
        self.assertFalse(deal.lost_reason_id or deal.lost_comment)
        moves = deal.funnel_move_ids.sorted("id")
        self.assertEqual(moves.mapped("kind"), ["created", "lost", "reopened"])
        self.assertEqual(moves[1].reason, "Competitor — Took IKEA")

    def test_an_unlikely_lead_is_lost_with_its_reason(self):
        deal = self.make_deal(probability=0)
        deal.action_set_lost(lost_reason_id=self.price.id)
        self.assertEqual(deal.won_status, "lost")

    def test_junk_stands_apart(self):
        lead, deal = self.make_leads(self.leads), self.make_deal()
        lead.action_set_lost(lost_reason_id=self.spam.id)
        deal.action_set_lost(lost_reason_id=self.price.id)
        for xml_id, expected in (("crm_lead_action_junk", lead), ("crm_lead_action_refusal", deal)):
            action = self.env["ir.actions.act_window"]._for_xml_id(f"sales_funnel_addon.{xml_id}")
            domain = self.env["funnel.requirement"]._parse_domain(action["domain"], "")
            found = self.env["crm.lead"].with_context(active_test=False).search(domain)
            self.assertEqual(found & (lead + deal), expected)

    def flush_tracking(self):
        self.env.flush_all()
        self.cr.precommit.run()


class TestLostDialog(FunnelCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.spam = cls.make_reason("Spam", cls.deals, category="junk")
        cls.city = cls.env["ir.model.fields"]._get("crm.lead", "city")
        cls.price.required_field_ids = [Command.set(cls.city.ids)]

    def open_dialog(self, leads):
        Wizard = self.env["crm.lead.lost"].with_user(self.salesperson)
        return Form(Wizard.with_context(default_lead_ids=leads.ids), "crm.crm_lead_lost_view_form")

    def test_it_offers_the_reasons_of_the_funnel(self):
        dialog = self.open_dialog(self.make_deal())
        self.assertEqual(dialog.available_reason_ids.ids, (self.price | self.spam).ids)

    def test_it_offers_other_reasons_to_other_teams(self):
        team = self.env["crm.team"].create({"name": "Stock"})
        lead = self.env["crm.lead"].create({"name": "Stock", "team_id": team.id, "user_id": self.salesperson.id})
        dialog = self.open_dialog(lead)
        self.assertNotIn(self.price.id, dialog.available_reason_ids.ids)
        self.assertIn(self.env.ref("crm.lost_reason_1").id, dialog.available_reason_ids.ids)

    def test_it_asks_for_what_is_missing_and_fills_it_in(self):
        deal, complete = self.make_deal(), self.make_deal(city="Moscow")
        dialog = self.open_dialog(deal | complete)
        dialog.lost_reason_id = self.price
        self.assertEqual(dialog.missing_fields, ["city"])
        wizard = dialog.save()
        with self.assertRaisesRegex(ValidationError, "Fill in: City"), self.env.cr.savepoint():
            wizard.action_lost_reason_apply()
        wizard.missing_values = {"city": "Perm", "user_id": self.head.id}
        wizard.action_lost_reason_apply()
        self.assertEqual((deal.city, complete.city), ("Perm", "Moscow"))
        self.assertEqual(deal.user_id, self.salesperson, "only what the reason asks for is written")
        self.assertEqual(deal.won_status, "lost")

    def test_choosing_the_category_clears_a_reason_of_the_other(self):
        dialog = self.open_dialog(self.make_deal())
        dialog.lost_reason_id = self.price
        dialog.category = "junk"
        self.assertFalse(dialog.lost_reason_id)
