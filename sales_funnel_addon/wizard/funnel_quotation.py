from odoo import api, fields, models


class FunnelQuotation(models.TransientModel):
    """The dialog that asks in which price range a new quotation is made."""

    _name = "funnel.quotation"
    _description = "New Quotation in a Price Range"

    lead_id = fields.Many2one("crm.lead", required=True)
    allowed_range_ids = fields.Many2many("funnel.price.range", compute="_compute_allowed_range_ids")
    price_range_id = fields.Many2one(
        "funnel.price.range", required=True, domain="[('id', 'in', allowed_range_ids)]", ondelete="cascade"
    )

    @api.depends("lead_id")
    def _compute_allowed_range_ids(self):
        for wizard in self:
            wizard.allowed_range_ids = wizard.lead_id._get_price_ranges()

    def action_apply(self):
        """Go on as Odoo does: a quotation for the client of the deal, or first the question who that is."""
        lead = self.lead_id
        context = {"active_model": lead._name, "active_id": lead.id, "funnel_price_range_id": self.price_range_id.id}
        action = lead.with_context(**context).action_sale_quotations_new()
        if action["res_model"] == "crm.quotation.partner":
            action["context"] = context
        return action
