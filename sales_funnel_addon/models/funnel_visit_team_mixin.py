from odoo import api, fields, models
from odoo.exceptions import ValidationError


class FunnelVisitTeamMixin(models.AbstractModel):
    """Who of a funnel goes to its clients and for how long, and who talks about a deal in a chat of its own."""

    _name = "funnel.visit.team.mixin"
    _description = "Visits and Chats of a Funnel"

    visit_role_id = fields.Many2one(
        "funnel.role",
        "Measured By",
        ondelete="set null",
        help="Who goes to the client. The date of the measurement then stands in their calendar and in that of the "
        "salesperson. Empty: nobody's calendar knows of it.",
    )
    visit_duration = fields.Float("Time for a Measurement", default=2, help="In hours, way there and back included.")
    chat_role_ids = fields.Many2many(
        "funnel.role",
        "crm_team_chat_role_rel",
        string="Chat With",
        help="Who talks about a deal in a chat of its own, together with the salesperson. Empty: no chats.",
    )
    chat_template_id = fields.Many2one(
        "mail.template",
        "First Message",
        ondelete="restrict",
        domain=[("model", "=", "crm.lead")],
        help="What the chat of a deal begins with. Empty: client, address, date, needs and a link to the deal.",
    )

    _check_visit_duration = models.Constraint(
        "CHECK (visit_duration IS NULL OR visit_duration > 0 AND visit_duration <= 24)",
        "A measurement takes more than no time, and less than a day.",
    )

    @api.constrains("chat_template_id")
    def _check_chat_template_id(self):
        for team in self.sudo():
            if team.chat_template_id and team.chat_template_id.model != "crm.lead":
                raise ValidationError(self.env._("The first message of “%s” is not written for deals.", team.name))

    def write(self, vals):
        result = super().write(vals)
        if "visit_role_id" in vals:
            # the visits that are to come stand in the calendar from now on, or no longer, whoever may see the leads
            visits = [("team_id", "in", self.ids), ("measurement_date", ">", fields.Datetime.now())]
            self.env["crm.lead"].sudo().search(visits)._sync_visits()
        return result

    @api.model
    def _get_rule_fields(self):
        return [*super()._get_rule_fields(), "visit_role_id", "visit_duration", "chat_role_ids"]
