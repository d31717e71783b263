from functools import partial

from odoo import api, models
from odoo.fields import Domain


class FunnelFollowsLeadMixin(models.AbstractModel):
    """A fact that stands on a lead (``lead_id``): whoever may read the lead may read the fact, and nobody else."""

    _name = "funnel.follows.lead.mixin"
    _description = "Follows the Access Rights of its Lead"

    @api.model
    def _search(self, domain, *args, bypass_access=False, **kwargs):
        if not (self.env.su or bypass_access):
            domain = Domain(domain) & self._get_follow_domain()
        return super()._search(domain, *args, bypass_access=bypass_access, **kwargs)

    @api.model
    def _get_follow_domain(self):
        """Return the domain over the facts that this user may read."""
        # "any" applies the record rules of the lead, whatever they are in this database
        return Domain("lead_id", "any", Domain.TRUE)

    def _get_exempt(self, operation):
        """Return those of the facts that this user may access although the lead is closed to them."""
        return self.browse()

    def _check_access(self, operation):
        result = super()._check_access(operation)
        if result or self.env.su or not self:
            return result
        leads = self.sudo().lead_id.sudo(False)
        refused = leads - leads._filtered_access(operation if operation == "read" else "write")
        if refused:
            forbidden = self.sudo().filtered(lambda record: record.lead_id in refused).sudo(False)
            forbidden -= forbidden._get_exempt(operation)
            if forbidden:
                return forbidden, partial(self.env["ir.rule"]._make_access_error, operation, forbidden)
        return None
