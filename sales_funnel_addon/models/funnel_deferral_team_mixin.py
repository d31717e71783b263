from odoo import api, fields, models
from odoo.exceptions import ValidationError


class FunnelDeferralTeamMixin(models.AbstractModel):
    """Where the deals of a funnel wait when their next contact is far away, and how far that is."""

    _name = "funnel.deferral.team.mixin"
    _description = "Deferral of a Funnel"

    deferred_team_id = fields.Many2one(
        "crm.team",
        "Defers Into",
        domain=[("funnel_kind", "=", "deferred")],
        check_company=True,
        help="The funnel in which deals of this funnel wait when their next contact is far away.",
    )
    deferral_min_days = fields.Integer(
        "Deferred Beyond",
        default=32,
        help="A deal is deferred when its next contact is more than so many days away.",
    )

    _check_deferral_min_days = models.Constraint(
        "CHECK (deferral_min_days IS NULL OR deferral_min_days >= 0)",
        "A deal cannot be deferred into the past: the number of days is not negative.",
    )

    @api.constrains("funnel_kind", "deferred_team_id")
    def _check_deferred_team_id(self):
        for team in self.filtered("deferred_team_id"):
            if team.funnel_kind not in ("deal", "followup") or team.deferred_team_id.funnel_kind != "deferred":
                raise ValidationError(
                    self.env._(
                        "Only a funnel of deals defers, and only into a funnel of deferred demand: %s.", team.name
                    )
                )

    def _get_map_crossings(self):
        crossings = super()._get_map_crossings()
        for team in self:
            waiting = team.deferred_team_id
            if waiting in self:
                crossings.append(self._prepare_map_crossing("defer", self.env._("Defers into"), team, waiting))
                crossings.append(self._prepare_map_crossing("resume", self.env._("Resumes into"), waiting, team))
        return crossings
