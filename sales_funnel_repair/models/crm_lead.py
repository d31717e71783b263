from odoo import fields, models


class CrmLead(models.Model):
    """A deal or a follow-up with its repair orders."""

    _inherit = "crm.lead"

    funnel_repair_ids = fields.One2many(
        "repair.order", "funnel_lead_id", "Repair Orders", groups="stock.group_stock_user"
    )
    funnel_repair_count = fields.Integer(
        "Number of Repair Orders", compute="_compute_funnel_repair_count", groups="stock.group_stock_user"
    )

    def _compute_funnel_repair_count(self):
        counts = self._count_work("repair.order")
        for lead in self:
            lead.funnel_repair_count = counts.get(lead.id, 0)

    def action_view_funnel_repairs(self):
        """Open the repair orders of this card; a single one at once."""
        return self._action_view_work("repair.order", self.env._("Repair Orders"))

    def action_new_funnel_repair(self):
        """Open a new repair order for this card."""
        return self._action_new_work("repair.order", self.env._("New Repair Order"))

    def _prepare_work_context(self, model_name):
        """A repair is done for the client."""
        context = super()._prepare_work_context(model_name)
        return {**context, "default_partner_id": self.partner_id.id} if model_name == "repair.order" else context
