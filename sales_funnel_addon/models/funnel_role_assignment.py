from odoo import api, fields, models
from odoo.exceptions import ValidationError
from odoo.fields import Command


class FunnelRoleAssignment(models.Model):
    """Who plays a role in a funnel, in a company or everywhere, and who stands in for that person."""

    _name = "funnel.role.assignment"
    _inherit = ["funnel.config.mixin"]
    _description = "Role Assignment"
    _order = "role_id, team_id, company_id, id"
    _rec_name = "user_id"

    role_id = fields.Many2one("funnel.role", required=True, index=True, ondelete="cascade")
    user_id = fields.Many2one(
        "res.users", "Person", required=True, index=True, ondelete="cascade", domain=[("share", "=", False)]
    )
    substitute_id = fields.Many2one(
        "res.users",
        ondelete="set null",
        domain=[("share", "=", False)],
        help="May act at any time, and is asked while the person is absent or archived.",
    )
    absent_until = fields.Date(help="The last day on which the substitute is asked instead.")
    team_id = fields.Many2one(
        "crm.team",
        "Funnel",
        ondelete="cascade",
        domain=[("funnel_kind", "!=", False)],
        help="Empty: in every funnel that has no assignment of its own.",
    )
    company_id = fields.Many2one("res.company", ondelete="cascade", help="Empty: in every company.")

    @api.constrains("user_id", "substitute_id", "team_id", "company_id")
    def _check_people(self):
        for assignment in self.sudo():
            people = assignment.user_id | assignment.substitute_id
            outside = people.filtered("share")
            if outside:
                raise ValidationError(
                    self.env._("Only your own people can play a role: %s.", ", ".join(outside.mapped("name")))
                )
            company = assignment.team_id.company_id or assignment.company_id
            strangers = people.filtered(lambda user, company=company: company and company not in user.company_ids)
            if strangers:
                raise ValidationError(
                    self.env._(
                        "%(people)s cannot work in the company “%(company)s”.",
                        people=", ".join(strangers.mapped("name")),
                        company=company.name,
                    )
                )
            if assignment.user_id == assignment.substitute_id:
                raise ValidationError(self.env._("%s cannot be their own substitute.", assignment.user_id.name))

    @api.model_create_multi
    def create(self, vals_list):
        assignments = super().create(vals_list)
        assignments._open_the_door()
        return assignments

    def write(self, vals):
        result = super().write(vals)
        if not vals.keys().isdisjoint({"user_id", "substitute_id"}):
            self._open_the_door()
        return result

    def _open_the_door(self):
        """Give the people the right to see their tasks; a head of sales who assigns a role cannot edit users."""
        group = self.env.ref("sales_funnel_addon.group_funnel_user").sudo()
        people = self.sudo().user_id | self.sudo().substitute_id
        newcomers = people.filtered(lambda user: not user.share and group not in user.all_group_ids)
        newcomers.write({"group_ids": [Command.link(group.id)]})

    @api.model
    def _get_rule_fields(self):
        return ["role_id", "user_id", "substitute_id", "absent_until", "team_id", "company_id"]
