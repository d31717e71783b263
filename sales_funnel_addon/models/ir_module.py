from odoo import api, models


class IrModuleModule(models.Model):
    """When the addon is translated into another language, so are the menu entries made from the names of funnels."""

    _inherit = "ir.module.module"

    @api.model
    def _load_module_terms(self, modules, langs, overwrite=False):
        result = super()._load_module_terms(modules, langs, overwrite=overwrite)
        if "sales_funnel_addon" in modules:
            teams = self.env["crm.team"].with_context(active_test=False)
            teams.search([("funnel_menu_id", "!=", False)])._sync_funnel_menus()
        return result
