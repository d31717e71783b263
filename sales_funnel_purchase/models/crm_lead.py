from odoo import fields, models


class CrmLead(models.Model):
    """A deal or a follow-up with its purchase orders."""

    _inherit = "crm.lead"

    funnel_purchase_ids = fields.One2many(
        "purchase.order", "funnel_lead_id", "Purchase Orders", groups="purchase.group_purchase_user"
    )
    funnel_purchase_count = fields.Integer(
        "Number of Purchase Orders", compute="_compute_funnel_purchase_count", groups="purchase.group_purchase_user"
    )

    def _compute_funnel_purchase_count(self):
        counts = self._count_work("purchase.order")
        for lead in self:
            lead.funnel_purchase_count = counts.get(lead.id, 0)

    def action_view_funnel_purchases(self):
        """Open the purchase orders of this card; a single one at once."""
        return self._action_view_work("purchase.order", self.env._("Purchase Orders"))

    def action_new_funnel_purchase(self):
        """Open a new purchase order for this card."""
        return self._action_new_work("purchase.order", self.env._("New Purchase Order"))
