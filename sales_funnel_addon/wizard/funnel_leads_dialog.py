from odoo import api, fields, models
from odoo.fields import Command


class FunnelLeadsDialog(models.AbstractModel):
    """A dialog about leads that were chosen in a list, or about the one whose form is open."""

    _name = "funnel.leads.dialog"
    _description = "Dialog about Chosen Leads"

    lead_ids = fields.Many2many("crm.lead", string="Leads", required=True)

    @api.model
    def default_get(self, fields_list):
        values = super().default_get(fields_list)
        if "lead_ids" in fields_list and self.env.context.get("active_model") == "crm.lead":
            values.setdefault("lead_ids", [Command.set(self.env.context.get("active_ids", []))])
        return values
