from odoo import fields, models
from odoo.exceptions import ValidationError

from ..tools.deadlines import Deadline

#: Kinds of date fields of a lead around which a deadline can lie.
DATE_TYPES = ("date", "datetime")
#: What decides when something is due.
DEADLINE_FIELDS = frozenset(
    {
        "deadline_anchor",
        "deadline_field_id",
        "deadline_amount",
        "deadline_unit",
        "deadline_working",
        "deadline_has_clock",
        "deadline_clock",
        "deadline_day_end",
    }
)


class FunnelDeadlineMixin(models.AbstractModel):
    """A rule that says when something is due: so much before or after a moment, perhaps at a set time of that day.

    The rules that inherit it say in ``deadline_anchor`` what they can count from; "field" is among that.
    """

    _name = "funnel.deadline.mixin"
    _description = "Rule for a Deadline"

    deadline_field_id = fields.Many2one(
        "ir.model.fields",
        "Date",
        ondelete="cascade",
        domain=[("model", "=", "crm.lead"), ("ttype", "in", list(DATE_TYPES)), ("store", "=", True)],
    )
    deadline_amount = fields.Integer("Offset", default=1, help="How much later than that moment; negative for earlier.")
    deadline_unit = fields.Selection(
        [("minutes", "minutes"), ("hours", "hours"), ("days", "days")], "Unit", default="days", required=True
    )
    deadline_working = fields.Boolean(
        "In Working Time", help="Only working minutes, hours and days count, by the working hours of the funnel."
    )
    deadline_has_clock = fields.Boolean("At a Set Time")
    deadline_clock = fields.Float("Time", help="The time of that day, in the time zone of the funnel's working hours.")
    deadline_day_end = fields.Boolean(
        "At the End of the Working Day", help="When the last working hour of that day ends."
    )

    _check_clock = models.Constraint(
        "CHECK (deadline_clock >= 0 AND deadline_clock < 24)", "A time of day lies between 0:00 and 23:59."
    )

    def _check_deadline_field_id(self):
        """Refuse a rule that counts from a date but does not name it."""
        for rule in self.sudo().filtered(lambda rule: rule.deadline_anchor == "field"):
            if rule.deadline_field_id.ttype not in DATE_TYPES:
                raise ValidationError(self.env._("Choose the date around which “%s” is due.", rule.display_name))

    def _prepare_deadline(self, anchor):
        """Return this rule as a value.

        :param str anchor: what it counts from, see :class:`~sales_funnel_addon.tools.deadlines.Deadline`
        """
        return Deadline(
            anchor,
            self.deadline_amount,
            self.deadline_unit,
            self.deadline_clock if self.deadline_has_clock else None,
            self.deadline_working,
            self.deadline_day_end,
        )
