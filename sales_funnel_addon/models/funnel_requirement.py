import ast

import psycopg2
from odoo import api, fields, models
from odoo.exceptions import AccessError, ValidationError
from odoo.fields import Domain
from odoo.tools import mute_logger

from ..tools.values import UNDEMANDABLE_TYPES


class FunnelRequirement(models.Model):
    """What a lead must have to enter a stage, or to move on from it."""

    _name = "funnel.requirement"
    _inherit = ["funnel.config.mixin"]
    _description = "Stage Requirement"
    _order = "stage_id, sequence, id"

    name = fields.Char(compute="_compute_name")
    sequence = fields.Integer(default=10)
    active = fields.Boolean(default=True)
    stage_id = fields.Many2one(
        "crm.stage", required=True, index=True, ondelete="cascade", domain=[("is_funnel_stage", "=", True)]
    )
    moment = fields.Selection(
        [("enter", "To enter the stage"), ("leave", "To move on from the stage")],
        "When",
        default="enter",
        required=True,
        help="To enter: checked whenever a lead comes into the stage; fields cannot be emptied while it is there.\n"
        "To move on: checked when a lead goes forward from the stage or skips it, is converted or won. "
        "Going back, deferring and losing are free.",
    )
    kind = fields.Selection(
        [("fields", "Fields filled in"), ("condition", "Condition")], default="fields", required=True
    )
    field_ids = fields.Many2many(
        "ir.model.fields",
        string="Fields",
        domain=[("model", "=", "crm.lead"), ("ttype", "not in", ["boolean", "json"])],
        help="Zero and blank text count as empty.",
    )
    any_field = fields.Boolean("One Is Enough", help="One of the fields has to be filled in instead of all of them.")
    condition = fields.Char(
        default="[]", help="A filter that the lead has to match. Dates may be relative, such as 'today +3d'."
    )
    applies_to = fields.Char("Only For", default="[]", help="A filter: for which leads the requirement holds.")
    message = fields.Char(
        translate=True, help="What people are told when the requirement is not met. A condition always needs one."
    )

    @api.depends("kind", "field_ids", "any_field", "message")
    @api.depends_context("lang")
    def _compute_name(self):
        for requirement in self:
            labels = requirement.field_ids.mapped("field_description")
            separator = self.env._(" or ") if requirement.any_field else ", "
            requirement.name = requirement.message or separator.join(labels) or self.env._("New requirement")

    @api.constrains("kind", "field_ids", "condition", "message")
    def _check_content(self):
        for requirement in self:
            if requirement.kind == "fields" and not requirement.field_ids:
                raise ValidationError(self.env._("Choose at least one field that has to be filled in."))
            if requirement.kind == "condition" and not requirement.message:
                raise ValidationError(
                    self.env._(
                        "Write the message that people see when the condition %s is not met.", requirement.condition
                    )
                )
            self._check_demandable(requirement.field_ids)

    @api.constrains("condition", "applies_to")
    def _check_domains(self):
        for requirement in self:
            for name in ("condition", "applies_to"):
                self._try_domain(self._parse_domain(requirement[name], self._fields[name].string), name)

    def _try_domain(self, domain, field_name):
        """Search with the rights of whoever writes the rule: it may not ask about what they may not read.

        Constraints run as superuser; presets are loaded by one as well, and may ask what they like.
        """
        label = self._fields[field_name]._description_string(self.env)
        try:
            with mute_logger("odoo.sql_db"), self.env.cr.savepoint():
                self.env["crm.lead"].sudo(False).search_count(domain, limit=1)
        except AccessError as error:
            raise ValidationError(
                self.env._("“%(label)s” asks about what you may not read: %(error)s", label=label, error=error)
            ) from error
        except (ValueError, TypeError, KeyError, psycopg2.Error) as error:
            raise ValidationError(
                self.env._(
                    "“%(label)s” is not a filter over leads: %(text)s (%(error)s)",
                    label=label,
                    text=self[field_name],
                    error=error,
                )
            ) from error

    @api.model
    def _check_demandable(self, lead_fields):
        """Refuse fields that nobody could fill in.

        :param lead_fields: records of ``ir.model.fields``
        :raises ValidationError: for a field of another model, a boolean, or a field nobody can write
        """
        for field in lead_fields.sudo():
            if field.model != "crm.lead":
                raise ValidationError(self.env._("“%s” is not a field of leads.", field.field_description))
            if field.ttype in UNDEMANDABLE_TYPES:
                raise ValidationError(
                    self.env._(
                        "“%s” cannot be required: a checkbox is never unanswered. "
                        "Use a selection with the value “not answered” left empty.",
                        field.field_description,
                    )
                )
            if field.readonly:
                raise ValidationError(self.env._("“%s” is computed: nobody can fill it in.", field.field_description))
            if field.ttype == "properties":
                raise ValidationError(
                    self.env._("“%s” holds many answers and cannot be required.", field.field_description)
                )

    @api.model
    def _parse_domain(self, text, label):
        """Return the domain that ``text`` spells, as a list.

        Only a literal is accepted: nothing that is typed here is ever evaluated as code.

        :param str text: for example ``[('phone', '!=', False)]``
        :param str label: the name of the field for the error message
        :raises ValidationError: when it is no domain over the fields of a lead
        """
        try:
            domain = ast.literal_eval(text or "[]")
            Domain(domain).validate(self.env["crm.lead"])
        except (ValueError, SyntaxError, TypeError) as error:
            raise ValidationError(
                self.env._(
                    "“%(label)s” is not a filter over leads: %(text)s (%(error)s)", label=label, text=text, error=error
                )
            ) from error
        return domain

    @api.model
    def _get_rule_fields(self):
        return ["stage_id", "moment", "kind", "field_ids", "any_field", "condition", "applies_to", "active", "sequence"]
