from odoo import api, fields, models
from odoo.fields import Domain


class FunnelOfferMixin(models.AbstractModel):
    """Something that only some funnels offer to their people; all of them do where none is named."""

    _name = "funnel.offer.mixin"
    _description = "Offered by Funnels"

    sequence = fields.Integer(default=10)
    active = fields.Boolean(default=True)
    team_ids = fields.Many2many("crm.team", string="Funnels", domain=[("funnel_kind", "!=", False)])

    @api.model
    def _get_offer_domain(self, team):
        """Return the domain over what the funnel ``team`` offers."""
        return Domain("team_ids", "=", False) | Domain("team_ids", "in", team.ids)

    def _is_offered_by(self, team):
        """Tell whether the funnel ``team`` offers this."""
        return not self.team_ids or team in self.team_ids
