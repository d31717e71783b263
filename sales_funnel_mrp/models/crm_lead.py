from odoo import fields, models


class CrmLead(models.Model):
    """A deal or a follow-up with its manufacturing orders."""

    _inherit = "crm.lead"

    funnel_production_ids = fields.One2many(
        "mrp.production", "funnel_lead_id", "Manufacturing Orders", groups="mrp.group_mrp_user"
    )
    funnel_production_count = fields.Integer(
        "Number of Manufacturing Orders", compute="_compute_funnel_production_count", groups="mrp.group_mrp_user"
    )

    def _compute_funnel_production_count(self):
        counts = self._count_work("mrp.production")
        for lead in self:
            lead.funnel_production_count = counts.get(lead.id, 0)

    def action_view_funnel_productions(self):
        """Open the manufacturing orders of this card; a single one at once."""
        return self._action_view_work("mrp.production", self.env._("Manufacturing Orders"))

    def action_new_funnel_production(self):
        """Open a new manufacturing order for this card."""
        return self._action_new_work("mrp.production", self.env._("New Manufacturing Order"))

    def _prepare_work_context(self, model_name):
        """The next product of the accepted quotation that is not being made yet."""
        context = super()._prepare_work_context(model_name)
        if model_name != "mrp.production":
            return context
        # what the client has ordered, whoever may see the order
        order = self.sudo()._get_ordered()
        made = self.sudo().funnel_production_ids.filtered(lambda production: production.state != "cancel").product_id
        lines = order.order_line.filtered(lambda line: line.product_id.type == "consu" and line.product_id not in made)
        if not lines:
            return context
        return {
            **context,
            "default_origin": order.name,
            "default_product_id": lines[0].product_id.id,
            "default_product_qty": lines[0].product_uom_qty,
            "default_product_uom_id": lines[0].product_uom_id.id,
        }
