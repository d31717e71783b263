from odoo import api, fields, models

from ..tools.options import of_list


class ResPartner(models.Model):
    """A contact; its form leaves out what the company does not use, and requests find it by phone and e-mail."""

    _name = "res.partner"
    _inherit = ["funnel.client.mixin", "res.partner"]

    customer_kind_id = fields.Many2one(
        "funnel.option",
        "Kind of Customer",
        domain=of_list("customer_kind_id"),
        help="What kind of customer it is, such as an end customer or an engineering company.",
    )
    supply_preference_id = fields.Many2one(
        "funnel.option",
        "Preferred Supply",
        domain=of_list("supply_preference_id"),
        help="Where the goods should come from, if the customer cares.",
    )

    _client_keys = models.Index("USING gin (string_to_array(client_keys, ' ')) WITH (fastupdate = off)")

    @api.constrains("customer_kind_id", "supply_preference_id")
    def _check_options(self):
        self.env["funnel.option"]._check_kinds(self)

    def write(self, vals):
        result = super().write(vals)
        if not {"phone", "email", "country_id"}.isdisjoint(vals):
            # the leads take these over, also those that the user may not see
            leads = self.env["crm.lead"].sudo().with_context(active_test=False)
            leads.search([("partner_id", "in", self.ids), ("team_id.funnel_kind", "!=", False)])._match_clients()
        return result

    @api.model
    def _get_hidden_field_names(self):
        """Return the names of the contact fields that the current company hides."""
        # a list of fields is technical data that salespeople have no right to, yet it shapes their form
        return tuple(self.env.company.sudo().hidden_contact_field_ids.mapped("name"))

    @api.model
    def _get_view_cache_key(self, view_id=None, view_type="form", **options):
        key = super()._get_view_cache_key(view_id, view_type, **options)
        return (*key, self._get_hidden_field_names()) if view_type == "form" else key

    @api.model
    def _get_view(self, view_id=None, view_type="form", **options):
        arch, view = super()._get_view(view_id, view_type, **options)
        if view_type == "form":
            for name in self._get_hidden_field_names():
                path = "//field[@name=$name and not(ancestor::field)] | //label[@for=$name and not(ancestor::field)]"
                for node in arch.xpath(path, name=name):
                    node.set("invisible", "1")
        return arch, view
