from collections import defaultdict

from odoo import models


class AccountMove(models.Model):
    """An invoice or a refund; what was paid on it counts for the deals of its orders."""

    _inherit = "account.move"

    def _get_received_amount(self):
        """Return what the client has paid on this invoice, in its currency; negative for what was given back.

        A refund that is set off against an invoice cancels out: it pays the invoice, and takes as much back.
        """
        paid = self.amount_total - self.amount_residual
        return -self.direction_sign * (paid + min(self._get_unposted_payments(), self.amount_residual))

    def _get_unposted_payments(self):
        """Return what was paid by payments that have no journal entry until the bank statement comes.

        Odoo calls such an invoice paid although nothing has been taken off its balance. A payment of several invoices
        covers them one after the other.
        """
        total = 0
        kind = "outbound" if self.move_type == "out_refund" else "inbound"
        for payment in self.matched_payment_ids:
            if payment.move_id or payment.payment_type != kind or payment.state not in ("in_process", "paid"):
                continue
            amount = payment.currency_id._convert(payment.amount, self.currency_id, self.company_id, payment.date)
            for invoice in payment.invoice_ids.sorted("id"):
                if invoice == self:
                    break
                if invoice.state == "posted" and invoice.currency_id == self.currency_id:
                    amount -= invoice.amount_residual
            total += max(amount, 0)
        return total

    def _get_weights_of_orders(self):
        """Return how much of this invoice is for which order, by order."""
        weights = defaultdict(float)
        for line in self.invoice_line_ids:
            for sale_line in line.sale_line_ids:
                weights[sale_line.order_id] += line.price_total / len(line.sale_line_ids)
        return weights
