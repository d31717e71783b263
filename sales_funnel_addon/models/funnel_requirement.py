from odoo import api, fields, models
from odoo.exceptions import ValidationError

from ..tools.funnel_rules import Requirement
from ..tools.values import UNDEMANDABLE_PROPERTIES, UNDEMANDABLE_TYPES


class FunnelRequirement(models.Model):
    """What a lead must have to enter a stage or to move on from it, or must not change while it is there."""

    _name = "funnel.requirement"
    _inherit = ["funnel.impact.mixin", "funnel.filter.mixin"]
    _description = "Stage Requirement"
    _order = "stage_id, sequence, id"

    name = fields.Char(compute="_compute_name")
    sequence = fields.Integer(default=10)
    active = fields.Boolean(default=True)
    stage_id = fields.Many2one(
        "crm.stage", required=True, index=True, ondelete="cascade", domain=[("is_funnel_stage", "=", True)]
    )
    moment = fields.Selection(
        [
            ("enter", "To enter the stage"),
            ("leave", "To move on from the stage"),
            ("keep", "Stays as entered in the stage"),
        ],
        "When",
        default="enter",
        required=True,
        help="To enter: checked whenever a lead comes into the stage; fields cannot be emptied while it is there.\n"
        "To move on: checked when a lead goes forward from the stage or skips it, is converted or won. "
        "Going back, deferring and losing are free.\n"
        "Stays as entered: once they are filled in, nobody changes the fields while the lead is in the stage.",
    )
    kind = fields.Selection(
        [
            ("fields", "Fields filled in"),
            ("condition", "Condition"),
            ("activity", "Planned activity"),
            ("attachments", "Attachments"),
            ("contacts", "Contact attempts"),
        ],
        default="fields",
        required=True,
    )
    field_ids = fields.Many2many(
        "ir.model.fields",
        string="Fields",
        domain=[("model", "=", "crm.lead"), ("ttype", "not in", ["boolean", "json"])],
        help="Zero and blank text count as empty. With a condition: the fields that people are shown to satisfy it.",
    )
    property_names = fields.Json(
        "Questions", help="Questions of the questionnaire that have to be answered, by the names of their properties."
    )
    available_questions = fields.Json(compute="_compute_available_questions")
    any_field = fields.Boolean("One Is Enough", help="One of the fields has to be filled in instead of all of them.")
    condition = fields.Char(
        default="[]", help="A filter that the lead has to match. Dates may be relative, such as 'today +3d'."
    )
    activity_type_ids = fields.Many2many(
        "mail.activity.type",
        string="Activity Types",
        domain=[("res_model", "in", [False, "crm.lead"])],
        help="Empty: an activity of any type will do.",
    )
    activity_days = fields.Integer("Within Days", help="The activity is due in at most so many days; 0: at any time.")
    activity_working = fields.Boolean(
        "Working Days", help="Only working days count, by the working hours of the funnel."
    )
    activity_from_id = fields.Many2one(
        "ir.model.fields",
        "Days Count From",
        ondelete="cascade",
        domain=[("model", "=", "crm.lead"), ("ttype", "in", ["date", "datetime"]), ("store", "=", True)],
        help="The date of the lead from which the days are counted; today where it is empty.",
    )
    attachment_field_id = fields.Many2one(
        "ir.model.fields",
        "Attached In",
        ondelete="cascade",
        domain=[("model", "=", "crm.lead"), ("relation", "=", "ir.attachment")],
        help="Empty: anywhere on the lead, its chatter included.",
    )
    document_kind_id = fields.Many2one(
        "funnel.document.kind",
        "Documents of the Kind",
        ondelete="cascade",
        help="Only documents of this kind count. Empty: every file does.",
    )
    contact_scope = fields.Selection(
        [("stage", "In the present stage"), ("day", "Today"), ("ever", "At any time")], "Counted", default="stage"
    )
    contact_outcome = fields.Selection(
        [("any", "Every attempt"), ("reached", "Only when the client was reached")], "Counts", default="any"
    )
    minimum = fields.Integer("At Least", default=1, help="How many of them are needed.")
    release_template_id = fields.Many2one(
        "funnel.task.template",
        "Released by",
        ondelete="set null",
        copy=False,
        domain="[('stage_id', '=', stage_id), ('kind', '=', 'approval')]",
        help="Once this approval of the stage is given, the fields can be changed; the change uses it up.",
    )
    applies_to = fields.Char("Only For", default="[]", help="A filter: for which leads the requirement holds.")
    message = fields.Char(
        translate=True, help="What people are told when the requirement is not met. A condition always needs one."
    )

    @api.depends("kind", "field_ids", "property_names", "any_field", "document_kind_id", "message")
    @api.depends_context("lang")
    def _compute_name(self):
        kinds = dict(self._fields["kind"]._description_selection(self.env))
        for requirement in self:
            labels = requirement.field_ids.mapped("field_description") if requirement.kind == "fields" else []
            questions = {item["name"]: item["string"] for item in requirement.available_questions or ()}
            if requirement.kind == "attachments" and requirement.document_kind_id:
                labels = [requirement.document_kind_id.name]
            labels += [questions[name] for name in requirement.property_names or () if name in questions]
            separator = self.env._(" or ") if requirement.any_field else ", "
            requirement.name = requirement.message or separator.join(labels) or kinds.get(requirement.kind)

    @api.depends("stage_id")
    def _compute_available_questions(self):
        """Offer the questions of the funnels of the stage, but for those that are never unanswered."""
        for requirement in self:
            questions = self.env["crm.lead"]._get_questions(requirement.stage_id.team_ids)
            requirement.available_questions = [
                {"name": question["name"], "string": question.get("string") or question["name"]}
                for question in questions.values()
                if question["type"] not in UNDEMANDABLE_PROPERTIES
            ]

    @api.constrains("kind", "field_ids", "property_names", "condition", "message", "minimum", "activity_days")
    def _check_content(self):
        for requirement in self:
            if requirement.kind == "fields" and not (requirement.field_ids or requirement.property_names):
                raise ValidationError(self.env._("Choose at least one field that has to be filled in."))
            if not isinstance(requirement.property_names or [], list):
                raise ValidationError(self.env._("“Questions” is a list of names of properties."))
            if requirement.minimum < 1 or requirement.activity_days < 0:
                raise ValidationError(self.env._("“At Least” starts with 1, and “Within Days” with 0."))
            if requirement.kind == "condition" and not requirement.message:
                raise ValidationError(
                    self.env._(
                        "Write the message that people see when the condition %s is not met.", requirement.condition
                    )
                )
            self._check_demandable(requirement.field_ids)

    @api.constrains("active", "kind", "document_kind_id", "stage_id")
    def _check_document_kind_id(self):
        """Refuse to demand documents that nobody could add."""
        for requirement in self.filtered(lambda one: one.active and one.kind == "attachments"):
            kind, teams = requirement.document_kind_id, requirement.stage_id.team_ids
            if kind and (not kind.active or (kind.team_ids and teams and not kind.team_ids & teams)):
                raise ValidationError(
                    self.env._(
                        "The stage “%(stage)s” requires documents of the kind “%(kind)s”, which its leads cannot have: "
                        "such documents are archived, or belong to other funnels.",
                        stage=requirement.stage_id.name,
                        kind=kind.name,
                    )
                )

    @api.constrains("moment", "kind", "property_names", "release_template_id")
    def _check_kept(self):
        for requirement in self.filtered(lambda requirement: requirement.moment == "keep"):
            if requirement.kind != "fields" or requirement.property_names:
                raise ValidationError(self.env._("Only fields of the lead can stay as they were entered."))
            release = requirement.release_template_id
            if release and (release.kind, release.stage_id) != ("approval", requirement.stage_id):
                raise ValidationError(
                    self.env._(
                        "What is kept in a stage is released by an approval of that stage, not by “%s”.", release.name
                    )
                )

    @api.constrains("condition", "applies_to")
    def _check_filters(self):
        self._check_domains("condition", "applies_to")

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

    def _is_complete(self):
        """Tell whether this requirement says enough to be tried, while it is still being typed in."""
        if self.moment == "keep":
            return False  # it is about changes: nobody can fail it by standing there
        try:
            domains = [self._parse_domain(self[name], name) for name in ("condition", "applies_to")]
            # it is tried on all leads, so it must not ask about more than a saved one may
            for name, domain in zip(("condition", "applies_to"), domains, strict=True):
                if domain:
                    self._try_domain(domain, name)
        except ValidationError:
            return False
        if self.kind == "fields":
            return bool(self.field_ids or self.property_names)
        return bool(domains[0]) if self.kind == "condition" else True

    def _prepare_rule(self):
        """Return this requirement as the gate works with it."""
        return Requirement(
            id=self.id,
            moment=self.moment,
            kind=self.kind,
            field_names=tuple(self.field_ids.mapped("name")),
            property_names=tuple(self.property_names or ()),
            any_field=self.any_field,
            condition=self._get_rule_domain("condition"),
            activity_type_ids=tuple(self.activity_type_ids.ids),
            activity_days=self.activity_days,
            activity_working=self.activity_working,
            activity_from=self.activity_from_id.name,
            attachment_field=self.attachment_field_id.name,
            document_kind_id=self.document_kind_id.id,
            contact_scope=self.contact_scope or "stage",
            contact_outcome=self.contact_outcome or "any",
            minimum=self.minimum,
            applies_to=self._get_rule_domain("applies_to"),
            release_template_id=self.release_template_id.id,
        )

    @api.model
    def _get_rule_fields(self):
        return [
            "stage_id",
            "moment",
            "kind",
            "field_ids",
            "property_names",
            "any_field",
            "condition",
            "activity_type_ids",
            "activity_days",
            "activity_working",
            "activity_from_id",
            "attachment_field_id",
            "document_kind_id",
            "contact_scope",
            "contact_outcome",
            "minimum",
            "release_template_id",
            "applies_to",
            "message",
            "active",
            "sequence",
        ]
