from odoo import models


class MrpProduction(models.Model):
    """A manufacturing order; the card for which something is made follows it."""

    _name = "mrp.production"
    _inherit = ["funnel.work.mixin", "mrp.production"]

    def _get_backorder_mo_vals(self):
        """What is made later is made for the same card, which waits for it."""
        return {**super()._get_backorder_mo_vals(), "funnel_lead_id": self.funnel_lead_id.id}
