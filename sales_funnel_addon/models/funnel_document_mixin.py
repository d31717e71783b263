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

    @api.depends("team_id")
    @api.depends_context("lang")
    def _compute_funnel_document_kinds(self):
        rules = self.env["crm.team"]._get_funnel_rules()
        for lead in self:
            lead.funnel_document_kinds = [
                {"id": kind_id, "name": rules.text("funnel.document.kind", kind_id, self.env.lang)}
                for kind_id in rules.document_kind_ids(lead.team_id.id)
            ]

    def _merge_dependences(self, opportunities):
        # whoever merges leads may not see all that belongs to them, yet nothing of it may be lost
        opportunities.sudo().funnel_document_ids._move_to(self.sudo())
        return super()._merge_dependences(opportunities)
