from odoo import fields, models

#: Under which name the context of a running import tells that it is one, by a value that no client can send.
RUN_KEY = "funnel_import_run"
RUN = object()


class FunnelImportLeadMixin(models.AbstractModel):
    """Whether somebody has edited a lead: such a lead is not deleted when its import is taken back."""

    _name = "funnel.import.lead.mixin"
    _description = "Lead of an Import"

    funnel_was_edited = fields.Boolean(
        "Edited by Somebody",
        readonly=True,
        copy=False,
        help="A person has changed something, and not only the system. Taking an import back keeps such leads.",
    )

    def write(self, vals):
        # who has written last does not tell: the system writes as well, such as when it hands out
        if vals and not self.env.su and self.env.context.get(RUN_KEY) is not RUN:
            vals = {**vals, "funnel_was_edited": True}
        return super().write(vals)
