from odoo import api, fields, models
from odoo.exceptions import ValidationError

from ..tools.funnel_rules import Transition


class FunnelTransition(models.Model):
    """A way that a lead may take from one stage to another. A stage without any is free to all stages of its funnel."""

    _name = "funnel.transition"
    _inherit = ["funnel.config.mixin", "funnel.filter.mixin"]
    _description = "Stage Transition"
    _order = "from_stage_id, sequence, id"

    sequence = fields.Integer(default=10)
    active = fields.Boolean(default=True)
    from_stage_id = fields.Many2one(
        "crm.stage", "From", required=True, index=True, ondelete="cascade", domain=[("is_funnel_stage", "=", True)]
    )
    to_stage_id = fields.Many2one(
        "crm.stage", "To", required=True, index=True, ondelete="cascade", domain=[("is_funnel_stage", "=", True)]
    )
    condition = fields.Char("Only For", default="[]", help="A filter: which leads may take this way.")
    message = fields.Char(translate=True, help="What people are told about leads that may not take this way.")
    role_ids = fields.Many2many("funnel.role", string="Only By", help="Empty: everybody who may edit the lead.")
    reason_required = fields.Boolean("Ask Why", help="Whoever takes this way has to write a reason; it is logged.")

    @api.depends("from_stage_id.name", "to_stage_id.name")
    def _compute_display_name(self):
        for transition in self:
            transition.display_name = f"{transition.from_stage_id.name} → {transition.to_stage_id.name}"

    @api.constrains("from_stage_id", "to_stage_id")
    def _check_stages(self):
        for transition in self.sudo():
            if transition.from_stage_id == transition.to_stage_id:
                raise ValidationError(
                    self.env._("A transition leads to another stage than “%s”.", transition.from_stage_id.name)
                )
            if not transition.from_stage_id.team_ids & transition.to_stage_id.team_ids:
                raise ValidationError(
                    self.env._(
                        "“%(origin)s” and “%(target)s” are not stages of one funnel.",
                        origin=transition.from_stage_id.name,
                        target=transition.to_stage_id.name,
                    )
                )

    @api.constrains("condition", "message")
    def _check_condition(self):
        self._check_domains("condition")
        for transition in self:
            if transition.condition not in (False, "[]") and not transition.message:
                raise ValidationError(
                    self.env._("Write what people are told when “%s” is closed to them.", transition.display_name)
                )

    def _prepare_rule(self):
        """Return this transition as the gate works with it."""
        return Transition(
            id=self.id,
            to_stage_id=self.to_stage_id.id,
            condition=self._get_rule_domain("condition"),
            role_ids=tuple(self.role_ids.ids),
            reason_required=self.reason_required,
        )

    @api.model
    def _get_rule_fields(self):
        return [
            "sequence",
            "active",
            "from_stage_id",
            "to_stage_id",
            "condition",
            "message",
            "role_ids",
            "reason_required",
        ]
