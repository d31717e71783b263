from odoo import fields, models

from ..tools.funnel_rules import Section


class FunnelSection(models.Model):
    """One heading on the card of some funnels, with the fields below it."""

    _name = "funnel.section"
    _inherit = ["funnel.config.mixin"]
    _description = "Section of the Card"
    _order = "sequence, id"

    name = fields.Char(required=True, translate=True)
    sequence = fields.Integer(default=10)
    active = fields.Boolean(default=True)
    team_ids = fields.Many2many(
        "crm.team",
        string="Funnels",
        required=True,
        domain=[("funnel_kind", "!=", False)],
        help="The funnels on whose cards the section stands.",
    )
    line_ids = fields.One2many(
        "funnel.section.line", "section_id", "Fields", copy=True, help="What stands in the section, in this order."
    )

    def _prepare_rule(self):
        return Section(
            id=self.id,
            funnel_ids=tuple(self.team_ids.ids),
            field_names=tuple(self.line_ids.field_id.mapped("name")),
        )

    def _get_rule_fields(self):
        return ["name", "sequence", "active", "team_ids", "line_ids"]
