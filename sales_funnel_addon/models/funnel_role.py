from odoo import api, fields, models
from odoo.exceptions import ValidationError

from ..tools.roles import Assignment, Role


class FunnelRole(models.Model):
    """A part that people play in a funnel: who has to do a task, who may approve, who is told."""

    _name = "funnel.role"
    _inherit = ["funnel.config.mixin"]
    _description = "Funnel Role"
    _order = "sequence, id"

    name = fields.Char(required=True, translate=True)
    sequence = fields.Integer(default=10)
    active = fields.Boolean(default=True)
    source = fields.Selection(
        [
            ("assigned", "People assigned below"),
            ("salesperson", "Salesperson of the lead"),
            ("head", "Head of the funnel"),
        ],
        "Played By",
        default="assigned",
        required=True,
        help="Where nobody active is found, the head of the funnel stands in.",
    )
    assignment_ids = fields.One2many("funnel.role.assignment", "role_id", "Assignments", copy=True)
    member_names = fields.Char("People", compute="_compute_member_names")

    @api.depends("source", "assignment_ids.user_id")
    def _compute_member_names(self):
        sources = dict(self._fields["source"]._description_selection(self.env))
        for role in self:
            names = dict.fromkeys(role.assignment_ids.user_id.mapped("name"))
            role.member_names = ", ".join(names) if role.source == "assigned" else sources[role.source]

    @api.ondelete(at_uninstall=False)
    def _unlink_except_used(self):
        """Deleting a role would hand its tasks to everybody, open the transitions that it guards, and tell nobody."""
        used = self.env["funnel.task.template"].sudo().with_context(active_test=False)
        templates = used.search([("role_id", "in", self.ids)], limit=3)
        transitions = self.env["funnel.transition"].sudo().search([("role_ids", "in", self.ids)], limit=3)
        told = ["|", ("role_ids", "in", self.ids), ("activity_role_id", "in", self.ids)]
        reminders = self.env["funnel.reminder"].sudo().with_context(active_test=False).search(told, limit=3)
        if templates or transitions or reminders:
            raise ValidationError(
                self.env._(
                    "The role is in use and can only be archived: %s.",
                    ", ".join(
                        [*templates.mapped("name"), *transitions.mapped("display_name"), *reminders.mapped("name")]
                    ),
                )
            )

    def _prepare_rule(self):
        """Return this role as the engine works with it."""
        return Role(
            self.id,
            self.source,
            tuple(
                Assignment(
                    user_id=item.user_id.id,
                    substitute_id=item.substitute_id.id,
                    team_id=item.team_id.id,
                    company_id=item.company_id.id,
                    absent_until=item.absent_until,
                )
                for item in self.assignment_ids
            ),
        )

    @api.model
    def _get_rule_fields(self):
        return ["name", "source", "assignment_ids"]
