"""What was agreed and received: by orders, invoices and payments, or as people have entered it."""

from contextlib import suppress
from datetime import date, timedelta

from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.fields import Command
from odoo.tests import Form, new_test_user

from .sales import SalesCase


class TestEntries(SalesCase):
    def test_what_is_entered_counts_as_long_as_no_document_says_it(self):
        deal = self.make_deal(contract_amount=500, received_amount=200)
        deal.prepayment_amount = 100
        self.assertEqual((deal.contract_amount, deal.received_amount, deal.amount_due), (500, 200, 300))
        self.assertEqual((deal.contract_amount_manual, deal.received_amount_manual), (500, 200))
        self.assertEqual((deal.prepayment_amount, deal.prepayment_amount_manual), (100, 100))
        self.assertFalse(deal.has_confirmed_orders or deal.has_posted_invoices)

    def test_an_order_says_the_contract_amount_and_the_entry_stays(self):
        deal = self.make_deal(contract_amount=500)
        order = self.make_order(deal, 1000, confirm=False)
        self.assertEqual(deal.contract_amount, 500)
        order.action_confirm()
        self.assertEqual((deal.contract_amount, deal.contract_amount_manual, deal.amount_due), (1000, 500, 1000))
        order._action_cancel()
        self.assertEqual((deal.contract_amount, deal.has_confirmed_orders), (500, False))

    def test_writing_an_amount_goes_on_working_where_documents_say_it(self):
        deal = self.make_deal()
        self.make_order(deal, 1000)
        deal.write({"contract_amount": 5, "received_amount": 5})
        self.assertEqual((deal.contract_amount, deal.contract_amount_manual), (1000, 5))
        self.assertEqual(deal.amount_due, 995)
        self.env.flush_all()
        self.env.invalidate_all()
        self.assertEqual((deal.contract_amount, deal.contract_amount_manual, deal.amount_due), (1000, 5, 995))
        self.assertIn(deal, deal.search([("contract_amount", "=", 1000), ("amount_due", "=", 995)]))

    def test_a_deal_made_with_its_order(self):
        deal = self.env["crm.lead"].create(
            {
                "name": "Both",
                "team_id": self.deals.id,
                "contract_amount": 5,
                "order_ids": [Command.create({"partner_id": self.client.id})],
            }
        )
        self.assertEqual((deal.contract_amount, deal.contract_amount_manual), (5, 5))

    def test_several_orders_add_up(self):
        deal = self.make_deal()
        first, second = self.make_order(deal, 1000), self.make_order(deal, 300)
        self.make_order(deal, 7, confirm=False)
        self.assertEqual((deal.contract_amount, deal.accepted_order_id), (1300, first))
        first._action_cancel()
        self.assertEqual((deal.contract_amount, deal.accepted_order_id), (300, second))

    def test_the_form_lets_nobody_type_in_what_documents_say(self):
        deal = self.make_deal(contract_amount=500)
        with Form(deal) as form:
            form.contract_amount = 600
        self.assertEqual(deal.contract_amount_manual, 600)
        self.make_order(deal, 1000)
        with Form(deal) as form, self.assertRaisesRegex(AssertionError, "readonly"):
            form.contract_amount = 700
        self.assertIn("By the confirmed orders", deal.get_view(view_type="form")["arch"])

    def test_tracking_tells_what_a_document_has_changed(self):
        deal = self.make_deal(contract_amount=500)
        self.env.cr.precommit.run()
        self.make_order(deal, 1000)
        self.env.flush_all()
        self.env.cr.precommit.run()
        values = deal.message_ids.sudo().tracking_value_ids.filtered(lambda v: v.field_id.name == "contract_amount")
        self.assertIn((500, 1000), [(value.old_value_float, value.new_value_float) for value in values])

    def test_requirements_use_the_result(self):
        self.demand(self.contract, "contract_amount")
        self.demand_condition(self.contract, "[('amount_due', '<=', 0), ('contract_amount', '>', 0)]", "Not paid")
        deal = self.make_deal(contract_amount=100, received_amount=100)
        self.make_order(deal, 1000)
        with self.assertRaisesRegex(ValidationError, "Not paid"):
            deal.stage_id = self.contract
        with self.assertRaisesRegex(ValidationError, "Not paid"):
            deal.write({"contract_amount": 1, "received_amount": 1, "stage_id": self.contract.id})

    def test_what_must_be_prepaid(self):
        deal = self.make_deal(prepayment_due=300)
        self.assertEqual(deal.prepayment_missing, 300)
        deal.prepayment_amount = 100
        self.assertEqual(deal.prepayment_missing, 200)
        deal.prepayment_amount = 400
        self.assertEqual(deal.prepayment_missing, 0)

    def test_a_merge_keeps_entries_and_orders(self):
        deals = self.make_deal(contract_amount=0) + self.make_deal(contract_amount=70, ledger_reference="L-1")
        order = self.make_order(deals[0], 1000)
        merged = deals.sudo().merge_opportunity()
        self.assertEqual((merged.contract_amount, merged.contract_amount_manual), (1000, 70))
        self.assertEqual((merged.accepted_order_id, merged.ledger_reference), (order, "L-1"))

    def test_amounts_do_not_cost_more_for_many_leads(self):
        Lead = self.env["crm.lead"].with_context(tracking_disable=True).with_user(self.salesperson)

        def queries(count):
            values = [{"name": "Deal", "team_id": self.deals.id, "contract_amount": n + 1} for n in range(count)]
            self.env.flush_all()
            self.env.invalidate_all()
            before = self.env.cr.sql_log_count
            leads = Lead.create(values)
            self.env.flush_all()
            leads.write({"received_amount": 3})
            self.env.flush_all()
            return self.env.cr.sql_log_count - before

        queries(2)
        self.assertLess(queries(60) - queries(2), 5)


class TestReceipts(SalesCase):
    """Payments that have no journal entry until the bank statement comes, as in Odoo without full accounting."""

    def test_an_invoice_that_is_not_paid_says_that_nothing_was_received(self):
        deal = self.make_deal(received_amount=50)
        invoice = self.invoice(self.make_order(deal))
        self.assertEqual((deal.received_amount, deal.received_amount_manual, deal.amount_due), (0, 50, 1000))
        self.assertTrue(deal.has_posted_invoices)
        invoice.button_draft()
        self.assertEqual(deal.received_amount, 50)
        invoice.with_context(force_delete=True).unlink()
        self.assertEqual((deal.received_amount, deal.has_posted_invoices), (50, False))

    def test_a_part_and_then_the_rest(self):
        deal = self.make_deal()
        invoice = self.invoice(self.make_order(deal))
        self.pay(invoice, 400)
        self.assertEqual((deal.received_amount, deal.amount_due), (400, 600))
        self.pay(invoice, 600)
        self.assertEqual((deal.received_amount, deal.amount_due), (1000, 0))

    def test_a_payment_that_is_taken_back(self):
        deal = self.make_deal()
        payment = self.pay(self.invoice(self.make_order(deal)))
        self.assertEqual(deal.received_amount, 1000)
        payment.action_cancel()
        self.assertEqual(deal.received_amount, 0)

    def test_a_payment_of_two_invoices_of_two_deals(self):
        deals = self.make_deal() + self.make_deal()
        invoices = self.invoice(self.make_order(deals[0], 1000)) + self.invoice(self.make_order(deals[1], 500))
        self.pay(invoices, 1200, group_payment=True)
        self.assertEqual(sum(deals.mapped("received_amount")), 1200)

    def test_an_invoice_of_orders_of_two_deals_is_shared_out(self):
        deals = self.make_deal() + self.make_deal()
        orders = self.make_order(deals[0], 900) + self.make_order(deals[1], 100)
        invoice = self.invoice(orders)
        self.assertEqual(len(invoice), 1)
        self.pay(invoice, 500)
        self.assertEqual(deals.mapped("received_amount"), [450, 50])

    def test_a_credit_note_that_is_set_off(self):
        deal = self.make_deal()
        invoice = self.invoice(self.make_order(deal))
        invoice._reverse_moves([{"invoice_date": date.today()}], cancel=True)
        self.assertEqual((deal.received_amount, deal.has_posted_invoices), (0, True))

    def test_money_that_is_given_back(self):
        deal = self.make_deal()
        invoice = self.invoice(self.make_order(deal))
        self.pay(invoice)
        refund = self.refund(invoice)
        self.assertEqual(deal.received_amount, 1000, "promised, not paid yet")
        self.pay(refund, 400)
        self.assertEqual(deal.received_amount, 600)

    def test_more_given_back_than_received_stops_no_accountant(self):
        deal = self.make_deal()
        invoice = self.invoice(self.make_order(deal))
        payment = self.pay(invoice)
        self.pay(self.refund(invoice))
        payment.action_cancel()
        self.env.flush_all()
        self.assertEqual(deal.received_amount, -1000)

    def test_prepayment_is_what_was_paid_on_down_payment_invoices(self):
        deal = self.make_deal(prepayment_due=300)
        order = self.make_order(deal)
        first = self.prepay(order, 300)
        self.assertEqual((deal.prepayment_amount, deal.prepayment_missing, deal.contract_amount), (0, 300, 1000))
        self.pay(first)
        self.assertEqual((deal.prepayment_amount, deal.received_amount, deal.prepayment_missing), (300, 300, 0))
        last = self.invoice(order)
        self.assertEqual(last.amount_total, 700)
        self.pay(last)
        self.assertEqual((deal.prepayment_amount, deal.received_amount, deal.amount_due), (300, 1000, 0))

    def test_prepayment_without_a_down_payment_invoice_is_what_was_received(self):
        deal = self.make_deal(prepayment_due=300)
        self.pay(self.invoice(self.make_order(deal)), 350)
        self.assertEqual((deal.prepayment_amount, deal.prepayment_missing), (350, 0))

    def test_another_currency_counts_at_the_rate_of_the_order(self):
        self.set_rate(0.5, days_ago=20)
        deal = self.make_deal()
        pricelist = self.env["product.pricelist"].create({"name": "Euro", "currency_id": self.euro.id})
        order = self.make_order(deal, 1000, pricelist_id=pricelist.id)
        self.assertEqual((order.currency_id, deal.contract_amount), (self.euro, 2000))
        invoice = self.invoice(order)
        self.pay(invoice, 250)
        self.assertEqual(deal.received_amount, 500)
        self.set_rate(0.8)
        self.pay(invoice, 750)
        self.assertEqual((deal.received_amount, deal.amount_due), (2000, 0))

    def test_an_invoice_in_another_currency_than_the_order(self):
        self.set_rate(0.5, days_ago=20)
        deal = self.make_deal()
        invoice = self.make_order(deal, 1000).sudo()._create_invoices()
        invoice.write({"currency_id": self.euro.id, "invoice_date": date.today()})
        invoice.invoice_line_ids.price_unit = 500
        invoice.action_post()
        self.pay(invoice)
        self.assertEqual(deal.received_amount, 1000)

    def test_taxes_belong_to_what_the_client_pays(self):
        self.product.taxes_id = self.env["account.tax"].create({"name": "VAT", "amount": 20})
        deal = self.make_deal()
        invoice = self.invoice(self.make_order(deal))
        self.pay(invoice)
        self.assertEqual((deal.contract_amount, deal.received_amount, deal.equipment_price), (1200, 1200, 1200))

    def test_receipts_do_not_cost_more_for_many_deals(self):
        def queries(count):
            deals = self.env["crm.lead"].concat(*(self.make_deal() for _ in range(count)))
            for deal in deals:
                self.invoice(self.make_order(deal))
            self.env.flush_all()
            self.env.invalidate_all()
            for name in ("received_amount_invoiced", "contract_amount_invoiced", "equipment", "quotation_range_count"):
                self.env.add_to_compute(deals._fields[name], deals.sudo())
            before = self.env.cr.sql_log_count
            self.env.flush_all()
            return self.env.cr.sql_log_count - before

        queries(2)
        self.assertLessEqual(queries(12) - queries(2), 2)


class TestReceiptsByEntries(TestReceipts):
    """Payments that have a journal entry at once, as in a database with full accounting."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.keep_entries()

    def test_it_is_another_case(self):
        payment = self.pay(self.invoice(self.make_order(self.make_deal())))
        self.assertTrue(payment.move_id)


class TestAttacksOnMoney(SalesCase):
    FACTS = {
        "contract_amount_invoiced": 1,
        "received_amount_invoiced": 9999,
        "prepayment_amount_invoiced": 9999,
        "has_confirmed_orders": True,
        "has_posted_invoices": True,
        "quotation_range_count": 3,
        "prepayment_missing": -1,
        "ledger_state": "equal",
        "ledger_difference": 1,
    }

    def assert_untouched(self, lead):
        self.env.flush_all()
        self.env.invalidate_all()
        for name, forged in self.FACTS.items():
            self.assertNotEqual(lead[name], forged, name)
        self.assertFalse(lead.accepted_order_id)

    def test_nobody_writes_what_documents_say(self):
        deal = self.make_deal()
        order = self.make_order(self.make_deal())
        forged = {**self.FACTS, "accepted_order_id": order.id}
        deal.write(forged)
        self.assert_untouched(deal)
        deal.web_save(forged, {"name": {}})
        self.assert_untouched(deal)
        self.client.with_user(self.salesperson).write({"opportunity_ids": [Command.update(deal.id, forged)]})
        self.assert_untouched(deal)
        self.assert_untouched(self.make_deal(**forged))
        context = {f"default_{name}": value for name, value in forged.items()}
        Lead = self.env["crm.lead"].with_user(self.salesperson)
        self.assert_untouched(Lead.with_context(**context).create({"name": "Forged", "team_id": self.deals.id}))

    def test_nor_before_a_lead_comes_into_a_funnel(self):
        team = self.env["crm.team"].create({"name": "Stock"})
        lead = self.env["crm.lead"].with_user(self.salesperson).create({"name": "Chair", "team_id": team.id})
        lead.write(self.FACTS)
        self.assert_untouched(lead)

    def test_nor_by_an_import(self):
        deal = self.make_deal()
        names = ["contract_amount_invoiced", "received_amount_invoiced", "has_posted_invoices"]
        Lead = self.env["crm.lead"].with_user(self.salesperson)
        Lead.load([".id", *names], [[str(deal.id), "1", "9999", "True"]])
        self.assert_untouched(deal)
        Lead.load([".id", "contract_amount"], [[str(deal.id), "700"]])
        self.assertEqual((deal.contract_amount, deal.contract_amount_manual), (700, 700))

    def test_negative_entries_are_refused(self):
        deal = self.make_deal()
        for name in ("contract_amount", "received_amount", "prepayment_amount", "prepayment_due", "equipment_price"):
            with suppress(UserError), self.assertRaises(Exception) as caught, self.env.cr.savepoint():
                deal.write({name: -5})
                self.env.flush_all()
            self.assertIn("check_amounts", str(caught.exception))

    def test_an_order_that_is_moved_takes_its_money_along(self):
        mine, other = self.make_deal(), self.make_deal()
        order = self.make_order(mine)
        self.pay(self.invoice(order))
        order.opportunity_id = other
        self.assertEqual((mine.contract_amount, mine.received_amount), (0, 0))
        self.assertEqual((other.contract_amount, other.received_amount), (1000, 1000))

    def test_cancelling_an_order_does_not_make_money_of_an_entry(self):
        deal = self.make_deal(received_amount=1000)
        order = self.make_order(deal)
        self.pay(self.invoice(order), 100)
        order.sudo()._action_cancel()
        self.assertEqual((deal.received_amount, deal.received_amount_manual), (100, 1000))

    def test_orders_of_another_company_are_not_of_this_deal(self):
        other = self.env["res.company"].create({"name": "Other"})
        deal = self.make_deal(company_id=self.env.company.id)
        order = self.env["sale.order"].create({"partner_id": self.client.id, "company_id": other.id})
        with self.assertRaises(UserError):
            order.opportunity_id = deal
            self.env.flush_all()

    def test_a_salesperson_sees_what_was_received_but_no_invoice(self):
        deal = self.make_deal()
        invoice = self.invoice(self.make_order(deal))
        self.pay(invoice, 400)
        colleague = new_test_user(self.env, "colleague", "sales_team.group_sale_salesman_all_leads")
        self.env.invalidate_all()
        self.assertEqual(deal.with_user(colleague).read(["received_amount"])[0]["received_amount"], 400)
        with self.assertRaises(AccessError):
            self.env["account.payment"].with_user(self.salesperson).search([])

    def test_an_accountant_without_rights_in_sales_pays(self):
        deal = self.make_deal(contract_amount=5)
        invoice = self.invoice(self.make_order(deal))
        self.env.cr.precommit.run()
        self.pay(invoice)
        self.env.flush_all()
        self.env.cr.precommit.run()
        self.assertEqual(deal.received_amount, 1000)

    def test_a_copy_takes_no_money_along(self):
        deal = self.make_deal(prepayment_due=5, ledger_reference="1", equipment="Boiler", prepayment_amount=4)
        self.make_order(deal)
        copy = deal.copy()
        names = ("contract_amount", "prepayment_due", "prepayment_amount", "ledger_reference", "equipment")
        self.assertFalse(any(copy[name] for name in names) or copy.accepted_order_id or copy.has_confirmed_orders)


class TestLedger(SalesCase):
    def test_equal_different_or_nothing(self):
        deal = self.make_deal(preliminary_amount=900)
        self.assertEqual((deal.ledger_state, deal.ledger_difference), ("none", 0))
        deal.ledger_reference = "L-7"
        self.assertEqual((deal.ledger_state, deal.ledger_difference), ("different", -900))
        deal.ledger_amount = 900
        self.assertEqual((deal.ledger_state, deal.ledger_difference), ("different", 0), "no date yet")
        deal.ledger_date = date.today()
        self.assertEqual(deal.ledger_state, "equal")
        deal.ledger_reference = " "
        self.assertEqual(deal.ledger_state, "different")

    def test_a_contract_has_its_own_date_and_amount(self):
        deal = self.make_deal(preliminary_amount=900, ledger_reference="L-7", ledger_amount=900)
        deal.write({"ledger_date": date.today(), "contract_date": date.today() - timedelta(1)})
        self.assertEqual(deal.ledger_state, "different")
        deal.contract_date = date.today()
        self.assertEqual(deal.ledger_state, "equal")
        self.make_order(deal, 1000)
        self.assertEqual((deal.ledger_state, deal.ledger_difference), ("different", -100))
        deal.ledger_amount = 1000
        self.assertIn(deal, deal.search([("ledger_state", "=", "equal")]))
