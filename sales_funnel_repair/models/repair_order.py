from odoo import models


class RepairOrder(models.Model):
    """A repair order; the card for which something is repaired follows it."""

    _name = "repair.order"
    _inherit = ["funnel.work.mixin", "repair.order"]
