"""Purchase orders and repair orders take their cards along."""

from odoo.fields import Command
from odoo.tests import Form, new_test_user

from .common import WorkCase


class TestPurchase(WorkCase):
    module = "sales_funnel_purchase"
    follows = {"Waiting": "requested", "Making": "confirmed", "Checking": "billed", "Finished": "received"}

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.buyer = new_test_user(cls.env, "buyer", "purchase.group_purchase_manager", name="Buyer")
        cls.vendor = cls.env["res.partner"].create({"name": "Sawmill"})
        cls.board = cls.env["product.product"].create(
            {"name": "Board", "type": "service", "purchase_method": "purchase"}
        )

    def make_order(self, card):
        line = Command.create({"product_id": self.board.id, "product_qty": 4, "price_unit": 10})
        order = self.env["purchase.order"].create(
            {"partner_id": self.vendor.id, "funnel_lead_id": card.id, "order_line": [line]}
        )
        self.settle()
        return order.with_user(self.buyer)

    def test_a_real_order_through_its_states(self):
        card = self.make_card()
        order = self.make_order(card)
        self.assertEqual(self.at(card), "New")
        order.state = "sent"
        self.assertEqual(self.at(card), "Waiting")
        order.button_confirm()
        self.assertEqual((order.state, self.at(card)), ("purchase", "Making"))
        order.sudo().action_create_invoice()
        self.settle()
        self.assertEqual(order.sudo().invoice_status, "invoiced")
        self.assertEqual(self.at(card), "Checking")
        order.sudo().order_line.qty_received = 4
        self.assertEqual((self.at(card), card.won_status), ("Finished", "won"))
        self.assertEqual(self.last_move(card).reason, f"{order.display_name}: Received in full")

    def test_goods_that_come_in_two_deliveries(self):
        self.board.type = "consu"
        card = self.make_card()
        order = self.make_order(card)
        order.button_confirm()
        picking = order.sudo().picking_ids
        picking.move_ids.quantity = 1
        picking.with_context(skip_backorder=True).button_validate()
        self.assertEqual(self.at(card), "Making")
        rest = order.sudo().picking_ids - picking
        rest.move_ids.quantity = 3
        rest.button_validate()
        self.assertEqual(self.at(card), "Finished")

    def test_a_copy_is_no_order_of_the_card(self):
        card = self.make_card()
        order = self.make_order(card)
        self.assertFalse(order.copy().funnel_lead_id)
        new = card.action_new_funnel_purchase()
        self.assertEqual(new["context"]["default_funnel_lead_id"], card.id)
        self.assertEqual(new["context"]["default_origin"], card.name)


class TestRepair(WorkCase):
    module = "sales_funnel_repair"
    follows = {"Waiting": "confirmed", "Making": "under_repair", "Finished": "done"}

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.mechanic = new_test_user(cls.env, "mechanic", "stock.group_stock_user", name="Mechanic")
        cls.chair = cls.env["product.product"].create({"name": "Chair", "type": "consu"})

    def test_a_real_repair_through_its_states(self):
        card = self.make_card()
        context = card.action_new_funnel_repair()["context"]
        with Form(self.env["repair.order"].with_context(**context)) as form:
            form.product_id = self.chair
        self.assertEqual((form.record.partner_id, form.record.funnel_lead_id), (self.client, card))
        repair = form.record.with_env(self.env).with_user(self.mechanic)
        self.assertEqual(self.at(card), "New")
        repair.action_validate()
        self.assertEqual((repair.state, self.at(card)), ("confirmed", "Waiting"))
        repair.action_repair_start()
        self.assertEqual((repair.state, self.at(card)), ("under_repair", "Making"))
        repair.action_repair_end()
        self.assertEqual((repair.state, self.at(card)), ("done", "Finished"))

    def test_documents_of_two_kinds(self):
        state = self.env.ref("sales_funnel_purchase.state_confirmed")
        self.making.work_rule_ids = [Command.create({"state_id": state.id})]
        card = self.make_card()
        repair = self.env["repair.order"].create({"product_id": self.chair.id, "funnel_lead_id": card.id})
        vendor = self.env["res.partner"].create({"name": "Sawmill"})
        order = self.env["purchase.order"].create({"partner_id": vendor.id, "funnel_lead_id": card.id})
        repair.action_validate()
        repair.action_repair_start()
        self.assertEqual(self.at(card), "Waiting", "the spare parts are not ordered yet")
        order.button_confirm()
        self.assertEqual(self.at(card), "Making")
