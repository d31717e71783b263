from odoo import api, fields, models


class FunnelContact(models.Model):
    """One attempt to reach the client of a lead: when, by whom, on which channel, and what came of it."""

    _name = "funnel.contact"
    _inherit = ["funnel.follows.lead.mixin"]
    _description = "Contact Attempt"
    _order = "date desc, id desc"
    _rec_name = "date"

    lead_id = fields.Many2one("crm.lead", required=True, index=True, ondelete="cascade")
    user_id = fields.Many2one("res.users", "By", default=lambda self: self.env.user, required=True, readonly=True)
    date = fields.Datetime(default=fields.Datetime.now, required=True)
    channel = fields.Selection(
        [("phone", "Phone"), ("whatsapp", "WhatsApp"), ("email", "Email"), ("meeting", "Meeting")],
        default="phone",
        required=True,
    )
    outcome = fields.Selection(
        [
            ("reached", "Reached"),
            ("no_answer", "No answer"),
            ("wrong_number", "Wrong number"),
            ("call_back", "Call back later"),
        ],
        default="reached",
        required=True,
    )
    note = fields.Char()

    @api.model_create_multi
    def create(self, vals_list):
        contacts = super().create(vals_list)
        if "funnel_contact_ids" in self.env["crm.team"]._get_funnel_rules().task_fields:
            contacts.lead_id._sync_checklists()
        return contacts
