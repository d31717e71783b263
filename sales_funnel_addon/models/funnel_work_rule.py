from odoo import api, fields, models


class FunnelWorkRule(models.Model):
    """That leads come into a stage when the documents that belong to them come to a state."""

    _name = "funnel.work.rule"
    _inherit = ["funnel.config.mixin"]
    _description = "Stage that Follows Documents"
    _order = "stage_id, id"

    stage_id = fields.Many2one(
        "crm.stage", required=True, index=True, ondelete="cascade", domain=[("is_funnel_stage", "=", True)]
    )
    state_id = fields.Many2one(
        "funnel.work.state",
        "Comes Here When",
        required=True,
        index=True,
        ondelete="cascade",
        help="Of several documents of a lead the slowest counts; cancelled ones do not.",
    )

    _unique_state = models.Constraint("UNIQUE (stage_id, state_id)", "A stage follows a state once.")

    @api.model
    def _get_rule_fields(self):
        return ["stage_id", "state_id"]
