from odoo import api, fields, models

#: How many leads of a stage are looked at while a rule is being typed in.
MOST_LEADS = 2000


class FunnelImpactMixin(models.AbstractModel):
    """What a rule on a stage would do to the leads that are in the stage now, shown before it is saved."""

    _name = "funnel.impact.mixin"
    _inherit = ["funnel.config.mixin"]
    _description = "Impact of a Rule"

    impact_lead_ids = fields.Many2many("crm.lead", string="Leads Concerned", compute="_compute_impact")
    impact_summary = fields.Char("Impact", compute="_compute_impact")

    @api.model
    def _get_impact_fields(self):
        """Return the names of the fields on which the impact depends."""
        return [name for name in self._get_rule_fields() if name not in ("sequence", "message")]

    @api.depends(lambda self: self._get_impact_fields())
    def _compute_impact(self):
        for rule in self:
            # the leads of a stage are counted for whoever may see the stage
            leads = rule.stage_id._origin._filtered_access("read")._get_open_leads()
            checked = leads[:MOST_LEADS]
            is_complete = rule._is_complete()
            failed = rule._find_failing_leads(checked) if is_complete else leads.browse()
            # whoever writes rules may not see every lead: they are counted, and those that may be seen are listed
            rule.impact_lead_ids = failed.sudo(False)._filtered_access("read")
            shown = leads and is_complete
            rule.impact_summary = rule._describe_impact(len(failed), len(checked), len(leads)) if shown else False

    def _find_failing_leads(self, leads):
        """Return those of the leads that do not meet this rule as it is typed in."""
        return leads.browse(leads._check_requirement(self._prepare_rule(), leads.ids))

    def _describe_impact(self, failed, checked, total):
        counts = {"failed": failed, "checked": checked, "total": total}
        if checked < total:
            return self.env._(
                "%(failed)s of the first %(checked)s leads in this stage do not meet this (%(total)s stand there).",
                **counts,
            )
        return self.env._("%(failed)s of the %(total)s leads that are in this stage now do not meet this.", **counts)
