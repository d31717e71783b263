from odoo import fields, models


class FunnelListMixin(models.AbstractModel):
    """The list that a lead belongs to, and what has become of it there."""

    _name = "funnel.list.mixin"
    _description = "Lead of a List"

    funnel_list_id = fields.Many2one(
        "funnel.list",
        "Cold List",
        index="btree_not_null",
        ondelete="restrict",
        tracking=True,
        copy=False,
        help="The imported base or the campaign that the lead came with.",
    )
