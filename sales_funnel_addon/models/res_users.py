from odoo import models


class ResUsers(models.Model):
    """A user; whoever leaves plays no role any more."""

    _inherit = "res.users"

    def write(self, vals):
        result = super().write(vals)
        if not vals.keys().isdisjoint({"active", "group_ids"}):
            self._forget_people()
        return result

    def unlink(self):
        result = super().unlink()
        self._forget_people()
        return result

    def _forget_people(self):
        """The rules know who still works here."""
        self.env["funnel.config.mixin"]._clear_rules()
