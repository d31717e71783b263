from collections import defaultdict

from odoo import fields, models

from ..tools.receipts import Receipt, share_out


class SaleOrder(models.Model):
    """A quotation or an order; in a funnel it stands in a price range, and its money counts for the deal."""

    _inherit = "sale.order"

    price_range_id = fields.Many2one(
        "funnel.price.range",
        ondelete="restrict",
        index="btree_not_null",
        domain="['|', ('team_ids', '=', False), ('team_ids', 'in', team_id)]",
        help="Clients compare quotations of several ranges.",
    )
    price_range_sequence = fields.Integer(related="price_range_id.sequence", string="Order of the Price Range")
    funnel_has_price_ranges = fields.Boolean(related="opportunity_id.funnel_has_price_ranges")

    def _is_confirmed(self):
        """Tell whether the client has accepted this quotation."""
        return self.state not in ("draft", "sent", "cancel")

    def _to_company_currency(self, amount):
        """Return an amount of this order in the currency of its company, at the rate of the day of the order."""
        return self.company_id.currency_id.round(amount / (self.currency_rate or 1))

    def _get_receipts(self):
        """Return what was received on posted invoices of the orders, whatever has become of the orders since.

        An invoice for several orders is shared out by what each of them has in it.

        :returns: a :class:`~sales_funnel_addon.tools.receipts.Receipt` by order id, in the currency of the company of
            the order; none for orders without posted invoices
        :rtype: dict
        """
        invoices = self.order_line.invoice_lines.move_id.filtered(
            lambda move: move.state == "posted" and move.move_type in ("out_invoice", "out_refund")
        )
        received = defaultdict(lambda: defaultdict(float))
        prepaid = set()
        for invoice in invoices:
            amount, is_prepayment = invoice._get_received_amount(), invoice._is_downpayment()
            for order, share in share_out(amount, invoice._get_weights_of_orders()).items():
                if order.currency_id != invoice.currency_id:
                    # what is paid in another currency than was agreed counts at the rate of the invoice
                    share *= (order.currency_rate or 1) / (invoice.invoice_currency_rate or 1)
                received[order.id][is_prepayment] += share
                if is_prepayment:
                    prepaid.add(order.id)
        return {
            order.id: Receipt(
                total=order._to_company_currency(sum(received[order.id].values())),
                prepaid=order._to_company_currency(received[order.id][True]) if order.id in prepaid else None,
            )
            for order in self
            if order.id in received
        }
