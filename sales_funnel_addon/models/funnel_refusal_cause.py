from odoo import api, fields, models
from odoo.exceptions import UserError


class FunnelRefusalCause(models.Model):
    """What quality control has found to be behind a refusal: a mistake to learn from, or no mistake at all."""

    _name = "funnel.refusal.cause"
    _description = "Cause of a Refusal"
    _order = "sequence, id"

    name = fields.Char(required=True, translate=True)
    sequence = fields.Integer(default=10)
    active = fields.Boolean(default=True)
    description = fields.Text(
        "When to Choose It", translate=True, help="For quality controllers: what this cause means, with an example."
    )

    @api.ondelete(at_uninstall=False)
    def _unlink_except_used(self):
        """A cause that a verdict names is archived: deleting it would leave the verdict without its meaning."""
        Refusal = self.env["funnel.refusal"].sudo()  # also verdicts that the user may not see
        used = Refusal.search([("cause_id", "in", self.ids)], limit=1).cause_id
        if used:
            raise UserError(self.env._("Verdicts name the cause “%s”. Archive it instead of deleting it.", used.name))
