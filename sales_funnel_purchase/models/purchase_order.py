from odoo import api, fields, models


class PurchaseOrder(models.Model):
    """A purchase order; the card for which something is bought follows it."""

    _name = "purchase.order"
    _inherit = ["funnel.work.mixin", "purchase.order"]

    funnel_is_received = fields.Boolean(
        "Received in Full",
        compute="_compute_funnel_is_received",
        store=True,
        help="All that was ordered has come, goods and services alike.",
    )

    @api.depends("state", "order_line.qty_received", "order_line.product_qty", "order_line.display_type")
    def _compute_funnel_is_received(self):
        for order in self:
            lines = order.order_line.filtered(lambda line: not line.display_type)
            waiting = lines.filtered(lambda line: line.qty_received < line.product_qty)
            order.funnel_is_received = order.state == "purchase" and bool(lines) and not waiting
