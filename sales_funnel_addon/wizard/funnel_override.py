from odoo import api, fields, models


class FunnelOverride(models.TransientModel):
    """The dialog in which a head of sales sends leads to a stage against the rules."""

    _name = "funnel.override"
    _description = "Override the Rules of a Funnel"

    lead_ids = fields.Many2many("crm.lead", string="Leads", required=True, context={"active_test": False})
    team_id = fields.Many2one("crm.team", "Funnel", compute="_compute_team_id")
    stage_id = fields.Many2one("crm.stage", "To", required=True)
    reason = fields.Text(required=True, help="It is kept in the stage history and in the chatter.")
    verdict = fields.Text("Against", compute="_compute_verdict", help="The rules that this move breaks.")

    @api.model
    def default_get(self, fields_list):
        values = super().default_get(fields_list)
        if "lead_ids" in fields_list and self.env.context.get("active_model") == "crm.lead":
            values.setdefault("lead_ids", [fields.Command.set(self.env.context.get("active_ids", []))])
        return values

    @api.depends("lead_ids")
    def _compute_team_id(self):
        for wizard in self:
            teams = wizard.lead_ids.team_id
            wizard.team_id = teams if len(teams) == 1 else False

    @api.depends("lead_ids", "stage_id")
    def _compute_verdict(self):
        for wizard in self:
            wizard.verdict = wizard._describe_broken_rules() if wizard.stage_id else False

    def _describe_broken_rules(self):
        leads = self.lead_ids._origin
        texts = leads._describe_move_to(self.stage_id.id)
        lines = dict.fromkeys(line for text in texts.values() for line in text.splitlines())
        return "\n".join(f"• {line}" for line in lines)

    def action_apply(self):
        """Move the leads; rights and reason are checked there."""
        self.lead_ids.funnel_override_move(self.stage_id.id, self.reason)
        return {"type": "ir.actions.act_window_close"}
