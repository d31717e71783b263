from odoo import models


class IrUiMenu(models.Model):
    """Menu entries of funnels follow the companies of the user."""

    _inherit = "ir.ui.menu"

    def _load_menus_blacklist(self):
        # A user may not read the funnels of other companies, which are exactly those to leave out here.
        foreign = self.env["crm.team"].sudo().with_context(active_test=False)
        teams = foreign.search(
            [
                ("funnel_menu_id", "!=", False),
                ("company_id", "!=", False),
                ("company_id", "not in", self.env.user.company_ids.ids),
            ]
        )
        return [*super()._load_menus_blacklist(), *teams.funnel_menu_id.ids]
