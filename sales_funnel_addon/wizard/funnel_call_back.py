from odoo import api, fields, models

from ..tools.contacts import round_up


class FunnelCallBack(models.TransientModel):
    """The dialog that asks when a client wants to be called back."""

    _name = "funnel.call.back"
    _description = "Call Back Later"

    lead_ids = fields.Many2many("crm.lead", string="Leads", required=True)
    call_date = fields.Datetime("Call Back At", required=True)
    note = fields.Char()

    @api.model
    def default_get(self, fields_list):
        """Propose the earliest moment at which the funnel of the first lead calls again."""
        values = super().default_get(fields_list)
        lead_ids = self.env.context.get("default_lead_ids")
        if "call_date" in fields_list and not values.get("call_date") and lead_ids:
            leads = self.env["crm.lead"].browse(lead_ids[:1])._filter_contactable()
            values["call_date"] = next((round_up(date) for date in leads._get_next_calls().values()), False)
        return values

    def action_apply(self):
        """Note the attempt and plan the call; rights and the date are checked there."""
        return self.lead_ids._note_contact("call_back", note=self.note, call_date=self.call_date)
