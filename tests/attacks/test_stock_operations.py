"""Attacks: stock operations used as a way round: handing over, converting, merging."""

from odoo.exceptions import ValidationError
from odoo.fields import Command
from odoo.tests import Form

from odoo.addons.sales_funnel_addon.tools.lead_moves import GateBatch

from ..common import FunnelCase


class TestHandover(FunnelCase):
    def test_salesperson_converts_for_a_colleague(self):
        self.demand(self.talk, "phone", moment="leave")
        self.demand(self.estimate, "city")
        lead = self.as_salesperson(self.make_leads(self.leads, user_id=self.salesperson.id, city="Perm", phone="1"))
        self.convert_for_the_head(lead)
        self.assertEqual((lead.sudo().user_id, lead.sudo().stage_id), (self.head, self.estimate))
        self.assertEqual(lead.sudo().funnel_move_ids.mapped("kind"), ["converted", "created"])

    def test_refused_conversion_for_a_colleague_is_a_readable_error(self):
        self.demand(self.talk, "phone", moment="leave")
        lead = self.as_salesperson(self.make_leads(self.leads, user_id=self.salesperson.id))
        with self.assertRaisesRegex(ValidationError, "Phone"):
            self.convert_for_the_head(lead)

    def convert_for_the_head(self, lead):
        self.env.flush_all()
        self.env.invalidate_all()
        dialog = self.env["crm.lead2opportunity.partner"].with_user(self.salesperson)
        dialog = dialog.with_context(active_model="crm.lead", active_id=lead.id, active_ids=lead.ids)
        values = {"name": "convert", "action": "create", "user_id": self.head.id, "lead_id": lead.id}
        dialog.create(values)._action_convert()
        self.env.flush_all()

    def test_salesperson_hands_a_deal_over(self):
        self.demand(self.estimate, "city")
        self.demand(self.measurement, "phone")
        self.measurement.is_irreversible = True
        deal = self.make_deal(city="Perm", phone="1")
        deal.stage_id = self.measurement
        self.env.flush_all()
        self.env.invalidate_all()
        deal.write({"user_id": self.head.id, "stage_id": self.contract.id})
        self.env.flush_all()
        self.assertEqual(deal.sudo().user_id, self.head)

    def test_refused_handover_is_a_readable_error(self):
        self.demand(self.measurement, "city")
        deal = self.make_deal()
        self.env.flush_all()
        self.env.invalidate_all()
        with self.assertRaisesRegex(ValidationError, "City"):
            deal.write({"user_id": self.head.id, "stage_id": self.measurement.id})

    def test_salesperson_loses_and_hands_over(self):
        self.price.required_field_ids = self.env["ir.model.fields"]._get("crm.lead", "city")
        deal = self.make_deal(city="Perm")
        self.env.flush_all()
        self.env.invalidate_all()
        deal.action_set_lost(lost_reason_id=self.price.id, user_id=self.head.id)
        self.assertEqual(deal.sudo().won_status, "lost")


class TestConversionInOneTransaction(FunnelCase):
    def test_a_conversion_that_did_nothing_does_not_switch_the_gate_off_for_the_next(self):
        self.demand(self.talk, "phone", moment="leave")
        lost, lead = self.make_leads(self.leads, 2)
        lost.action_set_lost(lost_reason_id=self.make_reason("Spam", self.leads).id)
        lost.convert_opportunity(self.env["res.partner"])
        with self.assertRaisesRegex(ValidationError, "Phone"):
            lead.convert_opportunity(self.env["res.partner"])

    def test_two_batches_are_never_the_same_context(self):
        """Odoo uses an environment again whose context is equal, and with it the batch of somebody else."""
        self.assertNotEqual(GateBatch(), GateBatch())

    def test_two_refused_conversions_are_both_refused(self):
        self.demand(self.talk, "phone", moment="leave")
        lead = self.make_leads(self.leads)
        for _attempt in range(2):
            with self.assertRaisesRegex(ValidationError, "Phone"), self.env.cr.savepoint():
                lead.convert_opportunity(self.env["res.partner"])
            self.assertEqual((lead.type, lead.stage_id), ("lead", self.new))


class TestMerge(FunnelCase):
    def test_history_survives_a_merge(self):
        first, second = self.make_deal(), self.make_deal()
        first.stage_id = self.contract
        second.with_user(self.manager).funnel_override_move(self.measurement.id, "Secret")
        moves = (first | second).sudo().funnel_move_ids
        (first | second).merge_opportunity()
        self.assertEqual(moves.exists(), moves)

    def test_merge_dialog_leaves_the_deals_in_their_funnel(self):
        self.env["crm.team"].create({"name": "Stock", "member_ids": [Command.link(self.salesperson.id)]})
        deals = self.make_leads(self.deals, 2, user_id=self.salesperson.id)
        deals[0].stage_id = self.contract
        dialog = Form(
            self.env["crm.merge.opportunity"].with_user(self.salesperson).with_context(active_ids=deals.ids),
            "crm.merge_opportunity_form",
        )
        dialog.user_id = self.salesperson
        merged = dialog.save()
        merged.action_merge()
        deal = deals.exists()
        self.assertEqual((deal.team_id, deal.stage_id), (self.deals, self.contract))

    def test_merge_into_another_funnel_starts_in_its_first_stage(self):
        second = self.make_funnel("Second", "deal", ["One", "Two"])
        deals = self.make_leads(self.deals, 2)
        merged = deals.merge_opportunity(team_id=second.id)
        self.assertEqual((merged.team_id, merged.stage_id.name), (second, "One"))

    def test_merge_of_a_lead_and_a_deal_stays_a_deal(self):
        lead, deal = self.make_leads(self.leads), self.make_leads(self.deals)
        deal.stage_id = self.contract
        merged = (lead | deal).merge_opportunity()
        self.assertEqual(
            (merged, merged.team_id, merged.stage_id, merged.type), (deal, self.deals, self.contract, "opportunity")
        )

    def test_merge_of_a_lost_and_an_open_lead(self):
        spam = self.make_reason("Spam", self.leads)
        lost, lead = self.make_leads(self.leads, 2)
        lost.action_set_lost(lost_reason_id=spam.id)
        merged = (lost | lead).merge_opportunity()
        self.assertEqual((merged, merged.won_status), (lead, "pending"))
        self.assertFalse(merged.lost_reason_id or merged.lost_comment)

    def test_merge_of_a_lost_and_an_open_lead_of_no_probability(self):
        spam = self.make_reason("Spam", self.leads)
        lost, lead = self.make_leads(self.leads, 2)
        lost.action_set_lost(lost_reason_id=spam.id)
        lead.probability = 0
        merged = (lost | lead).merge_opportunity()
        self.assertEqual((merged, merged.won_status), (lead, "pending"))

    def test_mass_conversion_with_duplicates(self):
        leads = self.make_leads(self.leads, 4, email_from="same@example.com")
        wizard = (
            self.env["crm.lead2opportunity.partner.mass"]
            .with_context(active_model="crm.lead", active_ids=leads.ids, active_id=leads[0].id)
            .create({"deduplicate": True, "user_ids": [Command.set((self.head | self.salesperson).ids)]})
        )
        wizard.action_mass_convert()
        left = leads.exists()
        self.assertEqual(
            (left.team_id, left.stage_id, set(left.mapped("type"))), (self.deals, self.estimate, {"opportunity"})
        )

    def test_mass_conversion_of_two_funnels(self):
        other_deals = self.make_funnel("Doors", "deal", ["Call"])
        others = self.make_funnel("Door requests", "lead", ["New"], deal_team_id=other_deals.id)
        one, two = self.make_leads(self.leads), self.make_leads(others)
        wizard = (
            self.env["crm.lead2opportunity.partner.mass"]
            .with_context(active_model="crm.lead", active_ids=(one | two).ids, active_id=one.id)
            .create({"deduplicate": False, "user_ids": [Command.set(self.salesperson.ids)]})
        )
        wizard.action_mass_convert()
        self.assertEqual((one.team_id, two.team_id), (self.deals, other_deals))
