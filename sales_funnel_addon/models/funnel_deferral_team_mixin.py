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
        # also those that defer into a funnel which becomes another, whoever may see them
        senders = self.sudo().with_context(active_test=False).search([("deferred_team_id", "in", self.ids)])
        for team in self.filtered("deferred_team_id") | senders:
            if team.funnel_kind not in ("deal", "followup") or team.deferred_team_id.funnel_kind != "deferred":
                raise ValidationError(
                    self.env._(
                        "Only a funnel of deals defers, and only into a funnel of deferred demand: %s.", team.name
                    )
                )

    @api.constrains("funnel_kind")
    def _check_waiting_deals(self):
        """Elsewhere the dates of deferred deals would mean nothing, and nobody would be reminded of them."""
        Lead = self.env["crm.lead"].sudo().with_context(active_test=False)  # also deals that the admin may not see
        others = self.filtered(lambda team: team.funnel_kind != "deferred")
        waiting = Lead.search([("team_id", "in", others.ids), ("deferral_date", "!=", False)], limit=3)
        if waiting:
            raise ValidationError(
                self.env._(
                    "“%(team)s” stays a funnel of deferred demand: deals wait in it (%(leads)s).",
                    team=waiting[0].team_id.name,
                    leads=", ".join(waiting.mapped("name")),
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
