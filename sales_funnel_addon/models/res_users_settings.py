from odoo import fields, models


class ResUsersSettings(models.Model):
    """What one user has chosen for the screens; here which hints of the funnels they have closed."""

    _inherit = "res.users.settings"

    funnel_first_steps_closed = fields.Boolean("First Steps of Funnels Closed", readonly=True)

    def _get_fields_blacklist(self):
        return [*super()._get_fields_blacklist(), "funnel_first_steps_closed"]
