from odoo import api, fields, models


class FunnelDocumentMixin(models.AbstractModel):
    """The documents of a lead: which kinds its funnel knows, and where they go when leads are merged."""

    _name = "funnel.document.mixin"
    _description = "Documents of Leads"

    funnel_document_kinds = fields.Json(
        "Kinds of Documents",
        compute="_compute_funnel_document_kinds",
        help="The id and the name of each kind that the funnel of the lead knows.",
    )
    funnel_can_upload = fields.Boolean("May Add Documents", compute="_compute_funnel_can_upload")

    @api.depends("team_id")
    @api.depends_context("lang")
    def _compute_funnel_document_kinds(self):
        # which funnels there are is no secret
        kinds = self.env["funnel.document.kind"].search([]).sudo()
        for lead in self:
            team = lead.team_id
            known = kinds.filtered(lambda kind, team=team: kind._is_offered_by(team))
            lead.funnel_document_kinds = (
                [{"id": kind.id, "name": kind.name} for kind in known] if team.funnel_kind else []
            )

    @api.depends("team_id", "user_id")
    @api.depends_context("uid")
    def _compute_funnel_can_upload(self):
        allowed = self._origin._filtered_access("write")
        for lead in self:
            lead.funnel_can_upload = lead._origin in allowed

    def _merge_dependences(self, opportunities):
        # whoever merges leads may not see all that belongs to them, yet nothing of it may be lost
        opportunities.sudo().funnel_document_ids._move_to(self.sudo())
        return super()._merge_dependences(opportunities)
