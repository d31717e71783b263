from odoo import fields, models


class FunnelListTeamMixin(models.AbstractModel):
    """What a funnel says of the lists whose leads it works on."""

    _name = "funnel.list.team.mixin"
    _description = "Lists of a Funnel"

    list_role_ids = fields.Many2many(
        "funnel.role",
        "crm_team_list_role_rel",
        "team_id",
        "role_id",
        string="Paused Lists Are Reported To",
        help="Who is told when a cold list converts worse than expected, besides the head of the funnel and the owner "
        "of the list. Each list can say otherwise.",
    )
