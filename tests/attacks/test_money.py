"""Attacks on money and quotations: amounts that nobody has agreed, ranges of others, orders that a merge would lose."""

from odoo.exceptions import ValidationError
from odoo.tools import mute_logger

from ..sales import SalesCase


class TestAmounts(SalesCase):
    def test_what_a_stage_demands_is_not_emptied_by_the_entry_behind_it(self):
        self.demand(self.contract, "contract_amount")
        deal = self.make_deal(contract_amount=100)
        deal.stage_id = self.contract
        with self.assertRaisesRegex(ValidationError, "Contract Amount"):
            deal.contract_amount_manual = 0
        self.make_order(deal)
        deal.contract_amount_manual = 0
        self.assertEqual(deal.contract_amount, 1000)

    def test_nor_what_a_loss_demands(self):
        field = self.env["ir.model.fields"]._get("crm.lead", "contract_amount")
        self.price.required_field_ids = field
        deal = self.make_deal(contract_amount=100)
        deal.action_set_lost(lost_reason_id=self.price.id)
        with self.assertRaisesRegex(ValidationError, "Contract Amount"):
            deal.contract_amount_manual = 0

    def test_less_than_nothing_pays_no_contract(self):
        deals = self.env.ref("sales_funnel_addon.funnel_deals")
        payment = self.env.ref("sales_funnel_addon.stage_deal_payment")
        won = deals.stage_ids.filtered("is_won")
        deals.stage_ids.task_template_ids.mandatory = False
        deal = self.as_salesperson(self.make_leads(deals, user_id=self.salesperson.id, stage_id=payment.id))
        self.make_order(deal, -100)
        with self.assertRaisesRegex(ValidationError, "has not paid the whole contract amount"):
            deal.write({"received_amount": 1, "stage_id": won.id})

    def test_checklists_follow_what_documents_say(self):
        agreed = self.make_task(self.estimate, "Agree", done_condition="[('contract_amount', '>', 0)]")
        paid = self.make_task(
            self.estimate, "Get paid", done_condition="[('contract_amount', '>', 0), ('amount_due', '<=', 0)]"
        )
        deal = self.make_deal()
        order = self.make_order(deal)
        self.env.cr.precommit.run()
        self.assertEqual([self.task_of(deal, one).state for one in (agreed, paid)], ["done", "open"])
        invoice = self.invoice(order)
        self.pay(invoice)  # by somebody without rights in sales
        self.env.flush_all()
        self.env.cr.precommit.run()
        self.assertEqual(self.task_of(deal, paid).state, "done")

    def test_checklists_follow_what_follows_from_an_entry(self):
        template = self.make_task(self.estimate, "Get paid", done_condition="[('amount_due', '<', 0)]")
        deal = self.make_deal()
        deal.received_amount = 50
        self.assertEqual(self.task_of(deal, template).state, "done")

    def test_a_broken_rule_keeps_nobody_from_paying(self):
        template = self.make_task(self.estimate, "Agree", done_condition="[('contract_amount', '>', 0)]")
        deal = self.make_deal()
        self.env.cr.execute(
            "UPDATE funnel_task_template SET done_condition = %s WHERE id = %s",
            ["['&', ('contract_amount', '>', 0), ('x_gone', '=', 1)]", template.id],
        )
        self.env.invalidate_all()
        template._clear_rules()
        self.make_order(deal)
        self.env.flush_all()
        with mute_logger("odoo.addons.sales_funnel_addon.models.funnel_checklist_mixin"):
            self.env.cr.precommit.run()
        self.assertEqual((deal.contract_amount, self.task_of(deal, template).state), (1000, "open"))


class TestQuotationAttacks(SalesCase):
    def test_only_real_quotations_in_ranges_of_the_funnel_count(self):
        economy, foreign, premium = self.env["funnel.price.range"].create([{"name": name} for name in "EFP"])
        foreign.team_ids = self.leads
        deal = self.make_deal()
        for one in (economy, foreign):
            self.make_order(deal, confirm=False, price_range_id=one.id)
        empty = self.make_order(deal, confirm=False, price_range_id=premium.id, order_line=[])
        self.assertEqual(deal.quotation_range_count, 1)
        empty.order_line = [(0, 0, {"display_type": "line_note", "name": "Nothing yet"})]
        self.assertEqual(deal.quotation_range_count, 1)
        empty.order_line = [(0, 0, {"product_id": self.product.id})]
        self.assertEqual(deal.quotation_range_count, 2)
        foreign.team_ids += self.deals
        self.assertEqual(deal.quotation_range_count, 3)

    def test_a_merge_loses_no_order_of_a_colleague(self):
        for number in range(2):
            deals = self.make_deal(probability=90) + self.make_deal(probability=10)
            order = self.make_order(deals[number], 1000)
            order.sudo().user_id = self.head
            self.env.flush_all()
            self.env.invalidate_all()
            self.assertFalse(deals.order_ids, "the salesperson does not see it")
            merged = deals.merge_opportunity()
            self.env.flush_all()
            self.env.invalidate_all()
            self.assertEqual((order.sudo().opportunity_id.id, merged.contract_amount), (merged.id, 1000))
