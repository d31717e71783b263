"""Manufacturing orders take their cards along, from the order of the material to the last screw."""

from unittest.mock import patch

from lxml import etree
from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.fields import Command
from odoo.tests import Form, new_test_user
from psycopg2.errors import SerializationFailure

from .common import WorkCase


class ProductionCase(WorkCase):
    module = "sales_funnel_mrp"
    follows = {"Waiting": "confirmed", "Making": "progress", "Finished": "done"}

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.worker = new_test_user(cls.env, "worker", "mrp.group_mrp_user", name="Worker")
        cls.board, cls.table, cls.shelf = cls.env["product.product"].create(
            [{"name": name, "type": "consu"} for name in ("Board", "Table", "Shelf")]
        )
        cls.bom = cls.env["mrp.bom"].create(
            {
                "product_tmpl_id": cls.table.product_tmpl_id.id,
                "product_qty": 1,
                "bom_line_ids": [Command.create({"product_id": cls.board.id, "product_qty": 4})],
            }
        )

    @classmethod
    def make_order(cls, card, count=1, quantity=1, **values):
        """Return manufacturing orders for a card, or for each of several, as the worker sees them."""
        orders = cls.env["mrp.production"].create(
            [
                {"product_id": cls.table.id, "product_qty": quantity, "funnel_lead_id": lead.id, **values}
                for lead in card
                for _number in range(count)
            ]
        )
        cls.settle()
        return orders.with_user(cls.worker)

    def finish(self, order):
        order.qty_producing = order.product_qty
        order._set_qty_producing()
        order.move_raw_ids.picked = True
        order.with_context(skip_consumption=True).button_mark_done()


class TestFollowing(ProductionCase):
    def test_a_real_order_through_its_states(self):
        card = self.make_card()
        order = self.make_order(card)
        self.assertEqual(self.at(card), "New")
        order.action_confirm()
        self.assertEqual((order.state, self.at(card)), ("confirmed", "Waiting"))
        order.action_start()
        self.assertEqual((order.state, self.at(card)), ("progress", "Making"))
        self.finish(order)
        self.assertEqual((order.state, self.at(card), card.won_status), ("done", "Finished", "won"))
        move = self.last_move(card)
        self.assertEqual((move.kind, move.user_id), ("automatic", self.worker))
        self.assertEqual(move.reason, f"{order.name}: Done")

    def test_the_slowest_counts_and_cancelled_ones_do_not(self):
        card = self.make_card()
        orders = self.make_order(card, 3)
        orders[:2].action_confirm()
        self.assertEqual(self.at(card), "New")
        orders[2].action_cancel()
        self.assertEqual(self.at(card), "Waiting")
        orders[0].action_start()
        self.assertEqual(self.at(card), "Waiting")
        orders[1].action_cancel()
        self.assertEqual(self.at(card), "Making")

    def test_only_forward(self):
        card = self.make_card()
        card.stage_id = self.checking
        order = self.make_order(card)
        order.action_confirm()
        self.assertEqual(self.at(card), "Checking")
        self.finish(order)
        self.assertEqual(self.at(card), "Finished")

    def test_an_order_that_is_tied_later(self):
        card, other = self.make_card(2)
        order = self.make_order(self.env["crm.lead"].browse([False]))
        order.action_confirm()
        order.sudo().funnel_lead_id = card
        self.assertEqual((self.at(card), self.at(other)), ("Waiting", "New"))
        order.sudo().funnel_lead_id = other
        self.assertEqual((self.at(card), self.at(other)), ("Waiting", "Waiting"))

    def test_a_backorder_keeps_the_card_waiting(self):
        # Odoo lets only people who see journal entries make backorders
        self.worker.group_ids += self.env.ref("account.group_account_readonly")
        card = self.make_card()
        order = self.make_order(card, quantity=5)
        order.action_confirm()
        order.qty_producing = 2
        order._set_qty_producing()
        order.move_raw_ids.picked = True
        order.with_context(skip_backorder=True, mo_ids_to_backorder=order.ids).button_mark_done()
        self.settle()
        orders = card.funnel_production_ids
        self.assertEqual(sorted(orders.mapped("state")), ["confirmed", "done"])
        self.assertEqual(self.at(card), "Waiting")
        self.finish((orders - order).with_user(self.worker))
        self.assertEqual(self.at(card), "Finished")

    def test_a_stage_without_rules_follows_nothing(self):
        card = self.make_leads(self.deals, user_id=self.salesperson.id)
        self.make_order(card).action_confirm()
        self.assertEqual(self.at(card), "Estimate")

    def test_lost_and_deferred_cards_stay_where_they_are(self):
        card = self.make_card()
        order = self.make_order(card)
        card.action_set_lost(lost_reason_id=self.make_reason("Cancelled", self.work).id)
        order.action_confirm()
        self.assertEqual((self.at(card), card.won_status), ("New", "lost"))


class TestGate(ProductionCase):
    def test_what_the_stage_asks_for_is_told_on_the_card(self):
        self.demand(self.making, "city")
        card = self.make_card()
        order = self.make_order(card)
        order.action_confirm()
        order.action_start()
        self.assertEqual((order.state, self.at(card)), ("progress", "Waiting"))
        self.assertIn("have come as far as “Making”", self.notes(card))
        self.assertIn("Fill in: City", self.notes(card))
        card.city = "Perm"
        self.finish(order)
        self.assertEqual(self.at(card), "Finished")

    def test_what_a_stage_asks_for_before_moving_on_does_not_matter(self):
        self.demand(self.new_work, "city", moment="leave")
        self.make_task(self.new_work)
        card = self.make_card()
        self.make_order(card).action_confirm()
        self.assertEqual(self.at(card), "Waiting")

    def test_over_the_stages_in_between_where_the_way_leads_there(self):
        self.make_way(self.new_work, self.waiting)
        self.make_way(self.waiting, self.making)
        self.make_way(self.making, self.finished)
        card = self.make_card()
        order = self.make_order(card)
        self.finish(order)
        self.assertEqual((order.state, self.at(card)), ("done", "Finished"))
        stages = card.funnel_move_ids.sorted("id").to_stage_id.mapped("name")
        self.assertEqual(stages, ["New", "Waiting", "Making", "Finished"])

    def test_no_way_is_told_on_the_card(self):
        self.make_way(self.new_work, self.checking)
        card = self.make_card()
        order = self.make_order(card)
        order.action_confirm()
        self.assertEqual((order.state, self.at(card)), ("confirmed", "New"))
        self.assertIn("there is no way to “Waiting”, only to: Checking", self.notes(card))

    def test_whatever_breaks_on_the_card_is_no_trouble_of_the_order(self):
        self.waiting.entry_action_ids = self.env["ir.actions.server"].create(
            {
                "name": "Break",
                "model_id": self.env["ir.model"]._get_id("crm.lead"),
                "state": "code",
                "code": "if record.city: raise UserError('No city, please')",
            }
        )
        cards = self.make_card(4)
        cards[1].city = "Perm"
        orders = self.make_order(cards)
        orders.action_confirm()
        self.assertEqual([self.at(card) for card in cards], ["Waiting", "New", "Waiting", "Waiting"])
        self.assertEqual(set(orders.mapped("state")), {"confirmed"})
        self.assertIn("No city, please", self.notes(cards[1]))

    def test_somebody_else_in_the_way_makes_odoo_begin_again(self):
        card = self.make_card()
        order = self.make_order(card)
        lead_class = type(self.env["crm.lead"])
        with patch.object(lead_class, "_log_moves", side_effect=SerializationFailure()):
            with self.assertRaises(SerializationFailure), self.env.cr.savepoint():
                order.action_confirm()
                self.settle()

    def test_a_context_from_outside_changes_nothing(self):
        card = self.make_card()
        order = self.make_order(card)
        order.with_context(tracking_disable=True, mail_notrack=True, default_stage_id=self.checking.id).action_confirm()
        self.assertEqual(self.at(card), "Waiting")
        self.assertEqual(self.last_move(card).kind, "automatic")


class TestRights(ProductionCase):
    def test_nobody_ties_an_order_to_a_card_they_do_not_see(self):
        card = self.make_card()
        with self.assertRaises(AccessError):
            self.env["mrp.production"].with_user(self.worker).create(
                {"product_id": self.table.id, "funnel_lead_id": card.id}
            )
        order = self.make_order(self.env["crm.lead"].browse([False]))
        with self.assertRaises(AccessError):
            order.funnel_lead_id = card
        self.worker.group_ids += self.env.ref("sales_team.group_sale_salesman_all_leads")
        order.funnel_lead_id = card
        self.assertEqual(self.at(card), "New")

    def test_a_default_of_a_client_ties_nothing_either(self):
        card = self.make_card()
        orders = self.env["mrp.production"].with_user(self.worker).with_context(default_funnel_lead_id=card.id)
        with self.assertRaises(AccessError):
            orders.create({"product_id": self.table.id})
        self.assertFalse(orders.create({"product_id": self.table.id, "funnel_lead_id": False}).funnel_lead_id)

    def test_orders_of_merged_cards_belong_to_the_one_that_stays(self):
        cards = self.make_card(2)
        orders = self.make_order(cards)
        orders[0].action_confirm()
        self.settle()
        orders[1].action_cancel()
        kept = self.as_salesperson(cards).merge_opportunity()
        self.settle()
        self.assertEqual(orders.sudo().funnel_lead_id, kept.sudo())
        self.assertEqual(self.at(kept.sudo()), "Waiting")

    def test_a_salesperson_reads_all_of_a_card(self):
        card = self.make_card()
        self.make_order(card)
        own = self.as_salesperson(card)
        values = own.read()[0]  # an integration names no fields
        self.assertEqual(values["name"], card.name)
        self.assertNotIn("funnel_production_ids", values)
        self.salesperson.group_ids += self.env.ref("mrp.group_mrp_user")
        self.assertEqual(own.read()[0]["funnel_production_ids"], card.funnel_production_ids.ids)

    def test_states_are_written_by_administrators_only(self):
        with self.assertRaises(AccessError):
            self.state("done").with_user(self.manager).name = "Finished"
        with self.assertRaisesRegex(ValidationError, "is not a filter over these documents"):
            self.state("done").condition = "[('no_such_field', '=', 1)]"
        rule = self.making.work_rule_ids.with_user(self.manager)
        rule.state_id = self.state("ready")
        self.assertIn("Components are ready", rule.state_id.display_name)

    def test_the_form_of_the_worker_and_of_the_salesperson(self):
        card = self.make_card()
        self.make_order(card)
        arch = self.env["crm.lead"].with_user(self.salesperson).get_view(view_type="form")["arch"]
        self.assertFalse(etree.fromstring(arch).xpath("//button[@name='action_new_funnel_production']"))
        self.salesperson.group_ids += self.env.ref("mrp.group_mrp_user")
        own = self.as_salesperson(card)
        self.assertEqual(own.funnel_production_count, 1)
        self.assertEqual(own.action_view_funnel_productions()["res_id"], card.funnel_production_ids.id)
        with Form(own) as form:
            form.name = "Kitchen"


class TestNewOrder(ProductionCase):
    def test_it_begins_with_what_the_client_has_ordered(self):
        card = self.make_card()
        lines = [
            Command.create({"product_id": product.id, "product_uom_qty": quantity})
            for product, quantity in ((self.table, 2), (self.shelf, 3))
        ]
        order = self.env["sale.order"].create(
            {"partner_id": self.client.id, "opportunity_id": card.id, "order_line": lines}
        )
        self.assertNotIn("default_product_id", card.action_new_funnel_production()["context"])
        order.action_confirm()
        card.funnel_production_ids.action_cancel()
        self.settle()
        made = []
        for _number in range(2):
            context = card.action_new_funnel_production()["context"]
            with Form(self.env["mrp.production"].with_context(**context)) as form:
                pass
            made.append((form.record.product_id, form.record.product_qty, form.record.funnel_lead_id))
            self.settle()
        self.assertEqual(made, [(self.table, 2, card), (self.shelf, 3, card)])
        self.assertNotIn("default_product_id", card.action_new_funnel_production()["context"])


class TestCost(ProductionCase):
    def test_many_cards_cost_no_more_queries(self):
        counts = {}
        for number in (5, 40):
            cards = self.make_card(number)
            self.make_order(cards).sudo().action_confirm()
            self.env.cr.precommit.data.clear()
            self.settle()
            cards.write({"stage_id": self.new_work.id})
            self.settle()
            with patch.object(type(cards), "_move_with_work", lambda *_: {}):
                for _warm in range(2):
                    self.env.invalidate_all()
                    before = self.env.cr.sql_log_count
                    work = cards.sudo()._get_work()
                    cards.sudo()._get_next_stages(work, {lead.id: set() for lead in cards})
            counts[number] = self.env.cr.sql_log_count - before
        self.assertEqual(counts[5], counts[40])

    def test_orders_of_no_card_cost_one_query_at_most(self):
        orders = self.make_order(self.env["crm.lead"].browse([False]), 3)
        self.env.cr.flush()
        self.env.invalidate_all()
        with self.assertQueryCount(1):
            orders.sudo()._note_work()
        self.env["funnel.work.rule"].search([]).unlink()
        self.env["crm.team"]._get_funnel_rules()
        with self.assertQueryCount(0):
            orders.sudo()._note_work()

    def test_a_workflow_that_fails_moves_no_card(self):
        card = self.make_card()
        order = self.make_order(card)
        with self.assertRaises(UserError), self.env.cr.savepoint():
            order.action_confirm()
            raise UserError("Stop")
        self.assertEqual(self.at(card), "New")
