"""Orders, invoices and payments of deals, as the people of a department make them."""

from datetime import date, timedelta

from odoo.fields import Command
from odoo.tests import new_test_user

from .common import FunnelCase


class SalesCase(FunnelCase):
    """A funnel whose deals have orders, with a chart of accounts, a product without taxes and an accountant."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        company = cls.env.company
        if not company.chart_template:
            cls.env["account.chart.template"].try_loading("generic_coa", company=company, install_demo=False)
        cls.accountant = new_test_user(cls.env, "accountant", "account.group_account_invoice", name="Accountant")
        cls.client = cls.env["res.partner"].create({"name": "Ivan"})
        cls.product = cls.env["product.product"].create(
            {"name": "Kitchen", "type": "service", "invoice_policy": "order", "taxes_id": [Command.clear()]}
        )
        cls.euro = cls.env.ref("base.EUR")
        cls.euro.active = True
        cls.bank = cls.env["account.journal"].search([("type", "=", "bank"), ("company_id", "=", company.id)], limit=1)

    @classmethod
    def make_order(cls, deal, price=1000, confirm=True, **values):
        """Create an order of one line, as the salesperson; return it."""
        order = (
            cls.env["sale.order"]
            .with_user(cls.salesperson)
            .create(
                {
                    "partner_id": cls.client.id,
                    "opportunity_id": deal.id,
                    "order_line": [
                        Command.create({"product_id": cls.product.id, "product_uom_qty": 1, "price_unit": price})
                    ],
                    **values,
                }
            )
        )
        if confirm:
            order.action_confirm()
        return order

    @classmethod
    def invoice(cls, orders, **values):
        """Post an invoice of everything that can be invoiced, as accounting does; return it."""
        invoice = orders.sudo()._create_invoices(final=True)
        invoice.write({"invoice_date": date.today(), **values})
        invoice.action_post()
        return invoice

    @classmethod
    def prepay(cls, order, amount):
        """Post a down payment invoice; return it."""
        wizard = (
            cls.env["sale.advance.payment.inv"]
            .with_context(active_model="sale.order", active_ids=order.ids)
            .create({"advance_payment_method": "fixed", "fixed_amount": amount})
        )
        invoice = wizard._create_invoices(order.sudo())
        invoice.action_post()
        return invoice

    @classmethod
    def pay(cls, invoices, amount=None, **values):
        """Register a payment of invoices as the accountant; return it."""
        wizard = (
            cls.env["account.payment.register"]
            .with_user(cls.accountant)
            .with_context(active_model="account.move", active_ids=invoices.ids)
            .create({"journal_id": cls.bank.id, **values})
        )
        if amount is not None:
            wizard.amount = amount
        return wizard._create_payments()

    @classmethod
    def refund(cls, invoice):
        """Post a credit note for a whole invoice without setting it off; return it."""
        refund = invoice._reverse_moves([{"invoice_date": date.today()}])
        refund.action_post()
        return refund

    @classmethod
    def keep_entries(cls):
        """Let payments have journal entries at once, as databases with full accounting do."""
        account = cls.env["account.account"].create(
            {"name": "Outstanding", "code": "OUT1", "account_type": "asset_current", "reconcile": True}
        )
        for lines in (cls.bank.inbound_payment_method_line_ids, cls.bank.outbound_payment_method_line_ids):
            lines.payment_account_id = account

    @classmethod
    def set_rate(cls, rate, days_ago=0):
        """Let a dollar cost so many euros from a day on."""
        cls.env["res.currency.rate"].create(
            {
                "currency_id": cls.euro.id,
                "rate": rate,
                "name": date.today() - timedelta(days=days_ago),
                "company_id": cls.env.company.id,
            }
        )
