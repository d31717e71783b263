from odoo import api, fields, models


class FunnelPriceRange(models.Model):
    """One range of prices, such as economy or premium, in which a client gets a quotation to compare."""

    _name = "funnel.price.range"
    _inherit = ["funnel.config.mixin", "funnel.offer.mixin"]
    _description = "Price Range"
    _order = "sequence, id"

    name = fields.Char("Price Range", required=True, translate=True)
    team_ids = fields.Many2many(
        relation="funnel_price_range_team_rel", help="Where quotations are made in this range; empty: in all funnels."
    )

    @api.model
    def _get_rule_fields(self):
        return ["active", "team_ids"]
