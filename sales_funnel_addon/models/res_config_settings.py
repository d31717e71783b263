from odoo import fields, models


class ResConfigSettings(models.TransientModel):
    """Settings of the sales funnels."""

    _inherit = "res.config.settings"

    hidden_contact_field_ids = fields.Many2many(
        related="company_id.hidden_contact_field_ids",
        readonly=False,
        groups="sales_funnel_addon.group_funnel_manager",
    )
    funnel_sample_size = fields.Integer(related="company_id.funnel_sample_size", readonly=False)
