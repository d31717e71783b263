from odoo import api, models


class FunnelConfigMixin(models.AbstractModel):
    """A record whose content is part of the rules: changing it renews the cached rules and views."""

    _name = "funnel.config.mixin"
    _description = "Funnel Configuration"

    @api.model
    def _get_rule_fields(self):
        """Return the names of the fields that the rules are made of."""
        return []

    @api.model_create_multi
    def create(self, vals_list):
        records = super().create(vals_list)
        self._clear_rules()
        return records

    def write(self, vals):
        result = super().write(vals)
        if not vals.keys().isdisjoint(self._get_rule_fields()):
            self._clear_rules()
        return result

    def unlink(self):
        result = super().unlink()
        self._clear_rules()
        return result

    def _clear_rules(self):
        """Forget the rules: this transaction reads its own anew, all others read them once they are committed."""
        cr, registry = self.env.cr, self.env.registry

        def clear_after_commit():
            cr.cache.pop("funnel_rules", None)
            with registry.cursor() as clock:
                clock.execute("SELECT clock_timestamp()")
                # whoever began before still sees the old rules, and must not fill the cache with them
                registry.funnel_rules_changed_at = clock.fetchone()[0]
            registry.clear_cache("default", "templates")

        registry.clear_cache("default", "templates")
        cr.cache["funnel_rules"] = None
        # another thread may fill the cache with the old rules before this transaction commits
        cr.postcommit.add(clear_after_commit)
