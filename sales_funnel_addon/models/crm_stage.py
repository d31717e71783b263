from odoo import api, fields, models
from odoo.exceptions import ValidationError


class CrmStage(models.Model):
    """A stage; in a funnel also the place where the rules for its leads stand."""

    _name = "crm.stage"
    _inherit = ["funnel.config.mixin", "crm.stage"]

    is_irreversible = fields.Boolean(
        "Point of No Return",
        help="A lead that has reached this stage cannot go back to an earlier one. "
        "Only a head of sales can send it back, with a reason.",
    )
    deferral_month = fields.Integer(
        "Month of Deferral",
        help="The month (1 to 12) whose deferred deals stand in this stage; 0 for any other stage.",
    )
    requirement_ids = fields.One2many("funnel.requirement", "stage_id", "What a Lead Must Have", copy=True)
    requirement_count = fields.Integer(compute="_compute_requirement_count")
    is_funnel_stage = fields.Boolean(compute="_compute_is_funnel_stage", search="_search_is_funnel_stage")

    _check_deferral_month = models.Constraint(
        "CHECK (deferral_month IS NULL OR deferral_month BETWEEN 0 AND 12)",
        "The month of deferral is a number from 1 to 12, or 0 for none.",
    )

    @api.depends("requirement_ids")
    def _compute_requirement_count(self):
        for stage in self:
            stage.requirement_count = len(stage.requirement_ids)

    @api.depends("team_ids.funnel_kind")
    def _compute_is_funnel_stage(self):
        for stage in self:
            stage.is_funnel_stage = any(stage.team_ids.mapped("funnel_kind"))

    def _search_is_funnel_stage(self, operator, value):
        if operator != "in":
            return NotImplemented
        return [("team_ids.funnel_kind", "!=", False)] if True in value else [("team_ids.funnel_kind", "=", False)]

    @api.constrains("team_ids")
    def _check_team_ids(self):
        """A stage belongs to funnels or to stock teams: with both, no rule of the funnel could be relied on."""
        for stage in self:
            kinds = stage.team_ids.mapped("funnel_kind")
            if any(kinds) and not all(kinds):
                raise ValidationError(
                    self.env._(
                        "The stage “%(stage)s” cannot belong to a funnel and to a team that is no funnel: %(teams)s.",
                        stage=stage.name,
                        teams=", ".join(stage.team_ids.mapped("name")),
                    )
                )

    @api.model
    def _get_rule_fields(self):
        return ["sequence", "fold", "is_won", "is_irreversible", "team_ids"]
