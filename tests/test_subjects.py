"""Follow-ups made by hand say which won deal they are about, and stand in its chain."""

from odoo.exceptions import AccessError, ValidationError
from odoo.fields import Command
from odoo.tests import Form, new_test_user

from .common import FunnelCase


class TestSubjects(FunnelCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.warranty = cls.make_funnel("Warranty", "followup", ["Claim", "Solved!"], user_id=cls.head.id)
        cls.client = cls.env["res.partner"].create({"name": "Termo Ltd", "is_company": True})
        cls.person = cls.env["res.partner"].create({"name": "Ivan", "parent_id": cls.client.id})
        cls.deal = cls.make_deal(name="Kitchen", partner_id=cls.client.id, stage_id=cls.done.id)

    def claim(self, **values):
        return self.as_salesperson(
            self.make_leads(self.warranty, user_id=self.salesperson.id, **{"partner_id": self.person.id, **values})
        )

    def test_a_claim_stands_in_the_chain_of_its_deal(self):
        claim = self.claim()
        claim.funnel_subject_id = self.deal
        self.assertEqual(claim.funnel_origin_id, self.deal)
        self.assertEqual((claim.funnel_chain_id, self.deal.funnel_chain_id), (self.deal, self.deal))
        self.assertEqual([card["id"] for card in self.deal.funnel_chain], [self.deal.id, claim.id])

    def test_another_deal_or_none(self):
        claim = self.claim(funnel_subject_id=self.deal.id)
        other = self.make_deal(name="Hall", partner_id=self.client.id, stage_id=self.done.id)
        claim.funnel_subject_id = other
        self.assertEqual((claim.funnel_origin_id, self.deal.funnel_card_ids.ids), (other, []))
        claim.funnel_subject_id = False
        self.assertFalse(claim.funnel_origin_id or claim.funnel_chain_id)
        self.assertFalse(claim.funnel_chain)

    def test_the_deal_knows_the_client(self):
        claim = self.claim(partner_id=False, funnel_subject_id=self.deal.id)
        self.assertEqual(claim.partner_id, self.client)
        form = Form(self.env["crm.lead"].with_user(self.salesperson).with_context(default_team_id=self.warranty.id))
        form.name = "A door hangs"
        form.funnel_subject_id = self.deal
        self.assertEqual(form.partner_id, self.client)

    def test_what_is_refused(self):
        claim, open_deal = self.claim(), self.make_deal(partner_id=self.client.id)
        stranger = self.make_deal(partner_id=self.env["res.partner"].create({"name": "Olga"}).id, stage_id=self.done.id)
        for lead, deal, reason in (
            (claim, open_deal, "it is not won"),
            (claim, stranger, "a deal of another client"),
            (open_deal, self.deal, "only cards in a funnel of follow-ups"),
        ):
            with self.subTest(reason), self.assertRaisesRegex(ValidationError, reason):
                lead.funnel_subject_id = deal
        claim.funnel_subject_id = self.deal
        with self.assertRaisesRegex(ValidationError, "a deal of another client"):
            claim.partner_id = stranger.partner_id

    def test_a_card_that_was_handed_over_is_about_its_deal(self):
        self.deals.handoff_team_ids = [Command.link(self.warranty.id)]
        deal = self.make_deal(name="Hall", partner_id=self.client.id)
        deal.stage_id = self.done
        card = self.as_salesperson(deal.sudo().funnel_card_ids)
        card.sudo().user_id = self.salesperson
        with self.assertRaisesRegex(ValidationError, "was handed over from another deal"):
            card.funnel_subject_id = self.deal
        self.assertEqual(card.funnel_origin_id, deal)

    def test_no_circles(self):
        first = self.claim(funnel_subject_id=self.deal.id)
        first.stage_id = self.stage(self.warranty, "Solved")
        second = self.claim(funnel_subject_id=first.id)
        second.stage_id = self.stage(self.warranty, "Solved")
        with self.assertRaisesRegex(ValidationError, "comes from itself"):
            first.funnel_subject_id = second

    def test_a_deal_that_one_does_not_see(self):
        colleague = new_test_user(self.env, "colleague", "sales_team.group_sale_salesman")
        claim = self.claim()
        claim.sudo().user_id = colleague
        with self.assertRaises(AccessError):
            claim.with_user(colleague).funnel_subject_id = self.deal

    def test_many_claims_cost_no_more_queries(self):
        counts = []
        for number in (2, 30):
            claims = self.make_leads(self.warranty, number, partner_id=self.person.id)
            self.env.flush_all()
            self.env.invalidate_all()
            claims.mapped("funnel_subject_id")
            claims.sudo()._get_chain_cards()
            before = self.env.cr.sql_log_count
            claims._browse_subjects([self.deal.id])
            claims._check_handed_over(self.deal.id)
            claims._link_subjects()
            counts.append(self.env.cr.sql_log_count - before)
        self.assertEqual(counts[0], counts[1])
