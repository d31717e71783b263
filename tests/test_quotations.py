"""Quotations in price ranges, the accepted one, and what is delivered."""

from odoo.exceptions import AccessError, ValidationError
from odoo.fields import Command
from odoo.tests import Form, new_test_user

from .sales import SalesCase


class TestQuotations(SalesCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.economy, cls.standard, cls.premium = cls.env["funnel.price.range"].create(
            [{"name": name, "sequence": number} for number, name in enumerate(("Economy", "Standard", "Premium"))]
        )

    def quote(self, deal, *ranges):
        """Make a quotation in each of the ranges; return them."""
        quotations = [self.make_order(deal, confirm=False, price_range_id=item.id) for item in ranges]
        return self.env["sale.order"].concat(*quotations)

    # ------------------------------------------------------------
    # RANGES
    # ------------------------------------------------------------

    def test_each_range_counts_once_as_long_as_it_is_not_cancelled(self):
        deal = self.make_deal()
        self.assertEqual(deal.quotation_range_count, 0)
        first, second, _third = self.quote(deal, self.economy, self.standard, self.economy)
        self.make_order(deal, confirm=False)
        self.assertEqual(deal.quotation_range_count, 2)
        second._action_cancel()
        self.assertEqual(deal.quotation_range_count, 1)
        first.price_range_id = self.premium
        self.assertEqual(deal.quotation_range_count, 2)

    def test_three_quotations_in_three_ranges_as_a_requirement(self):
        self.demand_condition(
            self.estimate, "[('quotation_range_count', '>=', 3)]", "Three ranges", moment="leave", kind="condition"
        )
        deal = self.make_deal()
        self.quote(deal, self.economy, self.standard, self.standard)
        with self.assertRaisesRegex(ValidationError, "Three ranges"):
            deal.stage_id = self.measurement
        self.quote(deal, self.premium)
        deal.stage_id = self.measurement

    def test_a_quotation_that_goes_to_another_deal_counts_there(self):
        deal, other = self.make_deal(), self.make_deal()
        self.quote(deal, self.economy).opportunity_id = other
        self.assertEqual((deal.quotation_range_count, other.quotation_range_count), (0, 1))

    def test_ranges_of_funnels(self):
        deal, lead = self.make_deal(), self.make_leads(self.leads)
        stock = self.env["crm.lead"].create({"name": "Chair", "team_id": False})
        self.assertTrue(deal.funnel_has_price_ranges and lead.funnel_has_price_ranges)
        self.assertFalse(stock.funnel_has_price_ranges)
        (self.economy + self.standard + self.premium).team_ids = self.leads
        self.env.invalidate_all()
        self.assertFalse(deal.funnel_has_price_ranges)
        self.economy.active = False
        self.assertTrue(lead.funnel_has_price_ranges)

    # ------------------------------------------------------------
    # A NEW QUOTATION
    # ------------------------------------------------------------

    def open_dialog(self, deal):
        action = deal.action_new_range_quotation()
        return Form(self.env[action["res_model"]].with_user(self.salesperson).with_context(**action["context"]))

    def test_the_dialog_proposes_the_next_range_and_sets_it(self):
        deal = self.make_deal(partner_id=self.client.id)
        self.quote(deal, self.economy)
        self.premium.team_ids = self.leads
        dialog = self.open_dialog(deal)
        self.assertEqual(dialog.price_range_id, self.standard)
        self.assertEqual(dialog.allowed_range_ids[:], self.economy + self.standard)
        action = dialog.save().action_apply()
        context = {key: value for key, value in action["context"].items() if key.startswith("default_")}
        order = self.env["sale.order"].with_user(self.salesperson).with_context(**context).create({})
        self.assertEqual((order.opportunity_id, order.price_range_id), (deal, self.standard))

    def test_a_deal_without_a_client_asks_who_it_is_first(self):
        deal = self.make_deal(contact_name="Petr")
        dialog = self.open_dialog(deal)
        dialog.price_range_id = self.premium
        action = dialog.save().action_apply()
        self.assertEqual(action["res_model"], "crm.quotation.partner")
        Asked = self.env["crm.quotation.partner"].with_user(self.salesperson).with_context(**action["context"])
        action = Asked.create({"action": "create"}).action_apply()
        self.assertEqual(action["context"]["default_price_range_id"], self.premium.id)
        self.assertEqual(deal.partner_id.name, "Petr")

    def test_the_button_of_odoo_asks_for_the_range_where_there_are_some(self):
        deal = self.make_deal(partner_id=self.client.id)
        self.assertEqual(deal.action_sale_quotations_new()["res_model"], "funnel.quotation")
        (self.economy + self.standard + self.premium).active = False
        self.env.invalidate_all()
        action = deal.action_sale_quotations_new()
        self.assertEqual(action["res_model"], "sale.order")
        self.assertNotIn("default_price_range_id", action["context"])

    # ------------------------------------------------------------
    # THE ACCEPTED ONE
    # ------------------------------------------------------------

    def test_what_is_delivered_stands_in_the_accepted_order(self):
        deal = self.make_deal(equipment="A boiler", equipment_price=10)
        self.assertEqual((deal.equipment, deal.equipment_price), ("A boiler", 10))
        order = self.make_order(deal, 1000, confirm=False)
        order.order_line = [
            Command.create({"display_type": "line_section", "name": "Options"}),
            Command.create({"product_id": self.product.id, "name": "Pump\nblue", "product_uom_qty": 2.5}),
        ]
        self.assertEqual(deal.equipment, "A boiler")
        order.action_confirm()
        self.assertEqual(deal.accepted_order_id, order)
        self.assertEqual(deal.equipment.split("\n"), ["Kitchen", "Pump × 2.5"])
        self.assertEqual(deal.equipment_price, order.amount_total)
        deal.write({"equipment": "Something else", "equipment_price": 1})
        self.assertEqual(deal.equipment_price, order.amount_total)
        self.prepay(order, 100)
        self.assertEqual(deal.equipment.count("\n"), 1, "a down payment is no equipment")
        order.sudo()._action_cancel()
        self.assertEqual((deal.equipment, deal.equipment_price), ("Something else", 1))

    def test_equipment_can_be_required(self):
        self.demand(self.contract, "equipment", "equipment_price")
        deal = self.make_deal()
        with self.assertRaisesRegex(ValidationError, "Equipment, Equipment Price"):
            deal.stage_id = self.contract
        self.make_order(deal)
        deal.stage_id = self.contract

    # ------------------------------------------------------------
    # RIGHTS
    # ------------------------------------------------------------

    def test_ranges_are_configuration(self):
        with self.assertRaises(AccessError):
            self.economy.with_user(self.salesperson).name = "Cheap"
        self.economy.with_user(self.manager).name = "Cheap"
        self.assertEqual(self.economy.with_user(self.accountant).name, "Cheap")

    def test_whoever_plays_a_role_reads_the_deal_but_no_orders(self):
        lawyer = new_test_user(self.env, "range_lawyer", "sales_funnel_addon.group_funnel_user")
        role = self.make_role("Lawyer", lawyer)
        self.make_approval(self.estimate, role, request_on_entry=True)
        deal = self.make_deal()
        self.quote(deal, self.economy)
        self.make_order(deal, 1000)
        seen = deal.with_user(lawyer)
        self.assertNotIn("order_ids", seen.get_view(view_type="form")["arch"])
        row = seen.web_read({"contract_amount": {}, "accepted_order_id": {"fields": {"display_name": {}}}})[0]
        self.assertEqual(row["contract_amount"], 1000)

    def test_queries_do_not_grow_with_the_deals(self):
        def queries(count):
            deals = self.env["crm.lead"].concat(*(self.make_deal() for _ in range(count)))
            for deal in deals:
                self.quote(deal, self.economy, self.standard)
            self.env.flush_all()
            self.env.invalidate_all()
            before = self.env.cr.sql_log_count
            self.assertEqual(set(deals.mapped("quotation_range_count")), {2})
            deals.order_ids.sudo().write({"price_range_id": self.premium.id})
            self.env.flush_all()
            return self.env.cr.sql_log_count - before

        queries(2)
        self.assertLessEqual(queries(30) - queries(2), 3)
