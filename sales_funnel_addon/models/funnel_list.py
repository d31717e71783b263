from odoo import fields, models


class FunnelList(models.Model):
    """A cohort of leads that came together: an imported base, or what a marketing campaign brought."""

    _name = "funnel.list"
    _inherit = ["mail.thread"]
    _description = "Cold List"
    _order = "id desc"

    name = fields.Char(required=True, tracking=True)
    active = fields.Boolean(default=True)
    kind = fields.Selection(
        [("import", "Imported base"), ("campaign", "Marketing campaign")], default="import", required=True
    )
    team_id = fields.Many2one(
        "crm.team",
        "Funnel",
        required=True,
        index=True,
        ondelete="restrict",
        domain=[("funnel_kind", "=", "lead")],
        help="Where the leads of the list are worked on.",
    )
    company_id = fields.Many2one(related="team_id.company_id", store=True)
    user_id = fields.Many2one("res.users", "Owner", default=lambda self: self.env.user, tracking=True)
    product_id = fields.Many2one("product.template", help="What is offered to these clients.")
    audience = fields.Char(help="Who these clients are.")
    campaign_id = fields.Many2one("utm.campaign", index="btree_not_null", help="The campaign that brings the leads.")
    source_id = fields.Many2one("utm.source", help="The source that the leads of the list get.")
    threshold = fields.Float(
        "Expected Conversion (%)", help="The least share of processed leads that have to become deals."
    )
    sample_size = fields.Integer(default=20, help="After how many processed leads the conversion is judged.")
    lead_ids = fields.One2many("crm.lead", "funnel_list_id", "Leads")
