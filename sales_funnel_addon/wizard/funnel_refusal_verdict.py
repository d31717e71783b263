from odoo import api, fields, models


class FunnelRefusalVerdict(models.TransientModel):
    """The dialog in which quality control verifies refusals or returns deals."""

    _name = "funnel.refusal.verdict"
    _description = "Verdict on Refusals"

    review_ids = fields.Many2many("funnel.refusal", string="Refusals", required=True)
    verdict = fields.Selection([("verify", "Verify"), ("return", "Return")], default="verify", required=True)
    cause_id = fields.Many2one("funnel.refusal.cause", required=True)
    note = fields.Text()
    available_stage_ids = fields.Many2many(
        "crm.stage", string="Stages on Offer", compute="_compute_available_stage_ids"
    )
    stage_id = fields.Many2one(
        "crm.stage",
        "Goes On In",
        compute="_compute_goes_on",
        store=True,
        readonly=False,
        help="The stage in which the deal is reopened. Empty: where it was lost.",
    )
    user_id = fields.Many2one(
        "res.users",
        "Goes On With",
        compute="_compute_goes_on",
        store=True,
        readonly=False,
        domain=lambda self: list(self.env["res.users"]._get_salespeople_domain()),
        help="Who works on the deal from now on. Empty: whoever has lost it.",
    )

    @api.depends("review_ids")
    def _compute_goes_on(self):
        for wizard in self:
            stages, users = wizard.review_ids.stage_id, wizard.review_ids.user_id.filtered("active")
            wizard.stage_id = stages if len(stages) == 1 else False
            wizard.user_id = users if len(users) == 1 else False

    @api.depends("review_ids")
    def _compute_available_stage_ids(self):
        """Offer the stages of the funnel that are open to the deal; for several deals the gate decides."""
        for wizard in self:
            leads = wizard.review_ids.lead_id
            stages = leads.team_id.stage_ids.filtered(lambda stage, t=leads.team_id: not (t - stage.team_ids))
            if len(leads) == 1:
                closed = leads._get_closed_stages()
                stages = stages.filtered(lambda stage, c=closed: stage.id not in c)
            wizard.available_stage_ids = stages.filtered(lambda stage: not stage.is_won) | wizard.review_ids.stage_id

    def action_apply(self):
        """Give the verdict; rights and rules are checked there."""
        self.ensure_one()
        if self.verdict == "verify":
            self.review_ids.action_verify(self.cause_id.id, self.note)
        else:
            self.review_ids.action_return(self.cause_id.id, self.note, self.stage_id.id, self.user_id.id)
        return {"type": "ir.actions.act_window_close"}
