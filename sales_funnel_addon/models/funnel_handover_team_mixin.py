from odoo import api, fields, models
from odoo.exceptions import ValidationError

#: The kinds of funnels between which cards are handed over.
HANDOVER_KINDS = ("deal", "followup")


class FunnelHandoverTeamMixin(models.AbstractModel):
    """To which funnels the won deals of a funnel are handed over, and who gets what is handed over to it."""

    _name = "funnel.handover.team.mixin"
    _description = "Hand-over of a Funnel"

    handoff_team_ids = fields.Many2many(
        "crm.team",
        "crm_team_handoff_rel",
        "team_id",
        "handoff_team_id",
        string="Hands Over To",
        # as text: otherwise a funnel that becomes another would drop out unseen
        domain=f"[('funnel_kind', 'in', {HANDOVER_KINDS})]",
        check_company=True,
        help="Winning a deal of this funnel makes a card in one of these funnels. If there are several, whoever wins "
        "the deal chooses one, and can hand it over to the others later.",
    )
    handoff_salesperson = fields.Selection(
        [("head", "The head of this funnel"), ("same", "The salesperson of the deal"), ("none", "Nobody")],
        "Cards Handed Over Go To",
        default="head",
        help="Who is responsible for what other funnels hand over to this one. Empty: nobody.",
    )

    @api.constrains("funnel_kind", "handoff_team_ids")
    def _check_handoff_team_ids(self):
        # also those that hand over to a funnel which becomes another, whoever may see them
        senders = self.sudo().with_context(active_test=False).search([("handoff_team_ids", "in", self.ids)])
        for team in self.sudo().with_context(active_test=False).filtered("handoff_team_ids") | senders:
            wrong = team.handoff_team_ids.filtered(lambda other: other.funnel_kind not in HANDOVER_KINDS)
            if team.funnel_kind not in HANDOVER_KINDS or wrong:
                raise ValidationError(
                    self.env._(
                        "Only funnels of deals and of follow-ups hand cards over, and only to each other: "
                        "“%(team)s” to %(others)s.",
                        team=team.name,
                        others=", ".join((wrong or team.handoff_team_ids).mapped("name")),
                    )
                )
            if team in team.handoff_team_ids:
                raise ValidationError(self.env._("A funnel does not hand over to itself: %s.", team.name))

    @api.model
    def _get_rule_fields(self):
        return [*super()._get_rule_fields(), "handoff_team_ids", "handoff_salesperson"]

    def _get_map_crossings(self):
        crossings = super()._get_map_crossings()
        for team in self:
            for target in team.handoff_team_ids & self:
                crossings.append(self._prepare_map_crossing("handover", self.env._("Hands over to"), team, target))
        return crossings
