from odoo import api, fields, models

from ..tools.client_keys import client_keys


class FunnelClientMixin(models.AbstractModel):
    """Something with the phone number and the e-mail address of a client: what it is found by, spelled one way."""

    _name = "funnel.client.mixin"
    _description = "Found by Phone and Email"

    client_keys = fields.Char(
        compute="_compute_client_keys",
        compute_sudo=True,
        store=True,
        readonly=True,
        copy=False,
        help="Phone numbers and email addresses in one spelling, by which requests of the same client are found.",
    )

    @api.model
    def _get_client_fields(self):
        """Return the names of the fields with the phone number and the e-mail address."""
        return "phone", "email"

    @api.depends(lambda self: [*self._get_client_fields(), "country_id", "company_id.country_id"])
    def _compute_client_keys(self):
        phone, email = self._get_client_fields()
        for record in self:
            company = record.company_id or self.env.company
            regions = (record.country_id.code, company.country_id.code)
            record.client_keys = client_keys(record[phone], record[email], regions)
