from odoo import api, fields, models

from .funnel_rhythm_mixin import RHYTHM_UNITS


class FunnelRhythmStageMixin(models.AbstractModel):
    """In which rhythm the leads of a stage are contacted."""

    _name = "funnel.rhythm.stage.mixin"
    _description = "Rhythm of a Stage"

    contact_interval = fields.Integer(
        "Contact Every",
        help="Leads in this stage always have a next contact in the calendar of their salesperson; each one that is "
        "done plans the next, so much later. 0: none is planned.",
    )
    contact_unit = fields.Selection(RHYTHM_UNITS, "Unit of the Rhythm", default="months", required=True)
    contact_activity_type_id = fields.Many2one(
        "mail.activity.type",
        "Kind of Contact",
        ondelete="restrict",
        domain=[("res_model", "in", [False, "crm.lead"])],
        help="What is planned, such as a call or a meeting. Empty: a call.",
    )

    _check_contact_interval = models.Constraint(
        "CHECK (contact_interval IS NULL OR contact_interval BETWEEN 0 AND 1000)",
        "The time between two contacts is a number from 1 to 1000, or 0 for none.",
    )

    def write(self, vals):
        result = super().write(vals)
        if not vals.keys().isdisjoint({"contact_interval", "contact_unit"}):
            self._get_open_leads()._replan_rhythm()
        return result

    @api.model
    def _get_rule_fields(self):
        return [*super()._get_rule_fields(), "contact_interval", "contact_unit", "contact_activity_type_id"]
