from odoo import api, models

from ..tools.options import OPTION_FIELDS


class IrFieldsConverter(models.AbstractModel):
    """How an import finds what it names; a choice on the card is looked for in the list of its field."""

    _inherit = "ir.fields.converter"

    @api.model
    def db_id_for(self, model, field, subfield, value, savepoint):
        if field.comodel_name == "funnel.option" and field.name in OPTION_FIELDS:
            self = self.with_context(funnel_option_kind=OPTION_FIELDS[field.name])
        return super().db_id_for(model, field, subfield, value, savepoint)
