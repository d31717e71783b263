from odoo import models
from odoo.tools import float_repr


class SaleOrderLine(models.Model):
    """A line of an order; the deal shows what is delivered."""

    _inherit = "sale.order.line"

    def _get_equipment_text(self):
        """Return what this line is for and how much of it, in one line."""
        name = (self.name or "").strip().partition("\n")[0]
        quantity = float_repr(self.product_uom_qty, 2).rstrip("0").rstrip(".")
        return name if quantity == "1" else f"{name} × {quantity}"
