from odoo import api, fields, models
from odoo.exceptions import UserError


class FunnelDocumentKind(models.Model):
    """A kind of document that deals of some funnels have, such as an estimate sheet or a signed act."""

    _name = "funnel.document.kind"
    _inherit = ["funnel.config.mixin", "funnel.offer.mixin"]
    _description = "Kind of Document"
    _order = "sequence, id"

    name = fields.Char(required=True, translate=True)
    team_ids = fields.Many2many(help="The funnels whose leads have such documents. Empty: all of them.")

    @api.constrains("active", "team_ids")
    def _check_demanded(self):
        """What stages require stays within reach, also of stages that the user may not see."""
        self.env["funnel.requirement"].sudo().search([("document_kind_id", "in", self.ids)])._check_document_kind_id()

    @api.ondelete(at_uninstall=False)
    def _unlink_except_used(self):
        """A kind in use is archived: deleting it would leave documents without meaning, or a gate without a rule."""
        for model_name, field_name in (("funnel.document", "kind_id"), ("funnel.requirement", "document_kind_id")):
            model = self.env[model_name].sudo().with_context(active_test=False)  # also what the user may not see
            used = model.search([(field_name, "in", self.ids)], limit=1)[field_name]
            if used:
                raise UserError(
                    self.env._(
                        "There are documents of the kind “%s”, or stages that require them. "
                        "Archive it instead of deleting it.",
                        used.name,
                    )
                )

    def _get_rule_fields(self):
        return ["name", "sequence", "active", "team_ids"]
