from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Command


class FunnelMassMove(models.TransientModel):
    """The dialog that moves several leads to a stage: those that may go, with a table of the others and why."""

    _name = "funnel.mass.move"
    _inherit = ["funnel.leads.dialog"]
    _description = "Move Several Leads"

    team_id = fields.Many2one("crm.team", "Funnel", compute="_compute_team_id")
    stage_id = fields.Many2one("crm.stage", "To", required=True)
    reason = fields.Char(help="Where a way between stages asks for it.")
    line_ids = fields.One2many("funnel.mass.move.line", "wizard_id", "Result", compute="_compute_line_ids", store=True)
    is_done = fields.Boolean(readonly=True)
    ready_count = fields.Integer(compute="_compute_ready_count")

    @api.depends("lead_ids")
    def _compute_team_id(self):
        for wizard in self:
            teams = wizard.lead_ids.team_id
            wizard.team_id = teams if len(teams) == 1 and teams.funnel_kind else False

    @api.depends("stage_id", "reason", "lead_ids")
    def _compute_line_ids(self):
        for wizard in self:
            if wizard.is_done:
                continue
            leads, stage = wizard.lead_ids._origin, wizard.stage_id._origin
            texts = leads._describe_move_to(stage.id, wizard.reason or "") if stage else {}
            wizard.line_ids = [
                Command.clear(),
                *(
                    Command.create(
                        {
                            "lead_id": lead.id,
                            "from_stage_id": lead.stage_id.id,
                            "state": self._get_state(lead, stage, texts[lead.id]),
                            "message": texts[lead.id],
                        }
                    )
                    for lead in leads
                    if lead.id in texts
                ),
            ]

    @api.model
    def _get_state(self, lead, stage, text):
        """Return what would become of a lead, given why it may not go there."""
        if lead.stage_id._origin == stage._origin:
            return "there"
        return "blocked" if text else "ready"

    @api.depends("line_ids.state")
    def _compute_ready_count(self):
        for wizard in self:
            wizard.ready_count = len(wizard.line_ids.filtered(lambda line: line.state == "ready"))

    def action_apply(self):
        """Move the leads that may go, in one write, and show what became of each."""
        self.ensure_one()
        if not self.team_id:
            raise UserError(self.env._("Choose leads of one funnel."))
        texts = self.lead_ids._describe_move_to(self.stage_id.id, self.reason or "")
        leads = self.lead_ids.filtered(lambda lead: self._get_state(lead, self.stage_id, texts[lead.id]) == "ready")
        leads.write({"stage_id": self.stage_id.id, "funnel_move_reason": self.reason})
        self.is_done = True
        for line in self.line_ids:
            lead = line.lead_id
            line.state = "moved" if lead in leads else "there" if lead.stage_id == self.stage_id else "blocked"
            line.message = texts[lead.id]
        return {
            **self.env["ir.actions.actions"]._for_xml_id("sales_funnel_addon.funnel_mass_move_action"),
            "res_id": self.id,
        }


class FunnelMassMoveLine(models.TransientModel):
    """What becomes of one lead when several are moved."""

    _name = "funnel.mass.move.line"
    _description = "Result of a Mass Move"
    _order = "state, id"

    wizard_id = fields.Many2one("funnel.mass.move", required=True, ondelete="cascade")
    lead_id = fields.Many2one("crm.lead", readonly=True)
    from_stage_id = fields.Many2one("crm.stage", "From", readonly=True)
    state = fields.Selection(
        [("blocked", "Blocked"), ("moved", "Has been moved"), ("ready", "Can go"), ("there", "Already there")],
        readonly=True,
    )
    message = fields.Text("Why", readonly=True)
