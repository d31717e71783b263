from odoo import api, fields, models
from odoo.exceptions import ValidationError

#: Fields that the form of a contact cannot do without.
UNHIDABLE_CONTACT_FIELDS = frozenset({"name", "is_company", "company_type", "active"})


class ResCompany(models.Model):
    """A company; says which fields of its contacts its people need to see."""

    _inherit = "res.company"

    hidden_contact_field_ids = fields.Many2many(
        "ir.model.fields",
        "res_company_hidden_contact_field_rel",
        string="Hidden Contact Fields",
        domain=[("model", "=", "res.partner"), ("name", "not in", list(UNHIDABLE_CONTACT_FIELDS))],
        groups="sales_funnel_addon.group_funnel_manager",
        help="Fields that the form of a contact does not show to the people of this company.",
    )

    funnel_sample_size = fields.Integer(
        "Sample of a List",
        default=20,
        help="After how many processed leads the conversion of a new cold list is judged.",
    )

    _check_funnel_sample_size = models.Constraint(
        "CHECK (funnel_sample_size IS NULL OR funnel_sample_size > 0)", "The sample of a list has at least one lead."
    )

    @api.constrains("hidden_contact_field_ids")
    def _check_hidden_contact_field_ids(self):
        for company in self.sudo():
            refused = company.hidden_contact_field_ids.filtered(
                lambda field: field.model != "res.partner" or field.name in UNHIDABLE_CONTACT_FIELDS
            )
            if refused:
                raise ValidationError(
                    self.env._("A contact form cannot hide: %s.", ", ".join(refused.mapped("field_description")))
                )

    def write(self, vals):
        result = super().write(vals)
        if "hidden_contact_field_ids" in vals:
            self.env.registry.clear_cache("templates")
        if "resource_calendar_id" in vals:
            self.env["resource.calendar"]._clear_rules()
        return result
