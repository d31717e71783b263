from odoo import api, fields, models
from odoo.exceptions import ValidationError
from odoo.tools import SQL

from ..tools.deadlines import CONTACT, CREATION, ENTRY, Deadline
from ..tools.reminders import Reminder
from .funnel_deadline_mixin import DEADLINE_FIELDS

#: What decides for which leads a reminder is armed, and when it falls due.
ARMING_FIELDS = DEADLINE_FIELDS | {"active", "stage_id", "catches_up"}
#: What a reminder does, besides telling people.
EFFECT_FIELDS = ("activity_type_id", "move_stage_id", "channel_ids", "server_action_id")


class FunnelReminder(models.Model):
    """What happens to a lead in a stage if nobody acts: when it falls due, whom it tells, what it does."""

    _name = "funnel.reminder"
    _inherit = [
        "funnel.reminder.effect.mixin",
        "funnel.reminder.arming.mixin",
        "funnel.reminder.words.mixin",
        "funnel.config.mixin",
        "funnel.filter.mixin",
        "funnel.deadline.mixin",
    ]
    _description = "Reminder"
    _order = "stage_id, sequence, id"

    name = fields.Char(
        "Reminder", required=True, translate=True, help="What people read first, and what the lead shows."
    )
    sequence = fields.Integer(default=10)
    active = fields.Boolean(default=True)
    stage_id = fields.Many2one(
        "crm.stage", required=True, index=True, ondelete="cascade", domain=[("is_funnel_stage", "=", True)]
    )
    deadline_anchor = fields.Selection(
        [
            ("entry", "After the lead comes into the stage"),
            ("creation", "After the lead is created"),
            ("contact", "After the last contact attempt"),
            ("field", "Around a date of the lead"),
        ],
        "Counts From",
        default="entry",
        required=True,
        help="After the last contact attempt: until there is one, it counts from when the lead comes into the stage.",
    )
    condition = fields.Char(
        "Only If", default="[]", help="A filter that is looked at when the reminder falls due: which leads are meant."
    )
    repeat_amount = fields.Integer("Again After", help="How much later it falls due again; 0 for once.")
    repeat_unit = fields.Selection(
        [("minutes", "minutes"), ("hours", "hours"), ("days", "days")],
        "Unit of Repetition",
        default="days",
        required=True,
    )
    repeat_times = fields.Integer("At Most", help="How many times in all; 0 as long as the lead is in the stage.")
    marks_overdue = fields.Boolean(
        "Marks the Lead as Overdue", default=True, help="From then on until the lead leaves the stage."
    )
    spares_author = fields.Boolean(
        "Not to Whoever Did It",
        help="People are not told of what they have done themselves, such as a lead of their own.",
    )
    catches_up = fields.Boolean(
        "Also for What Is Late Already",
        help="When this reminder is made or changed, it fires at once for leads that are late by then. "
        "Otherwise it begins with what falls due from then on.",
    )
    role_ids = fields.Many2many("funnel.role", string="Tell", help="Who gets a message, each in their own language.")
    template_id = fields.Many2one(
        "mail.template",
        "Message",
        ondelete="restrict",
        domain=[("model", "=", "crm.lead")],
        help="Empty: a short message that names the lead, its stage, who is responsible, and for how long it waits.",
    )
    activity_type_id = fields.Many2one(
        "mail.activity.type", "Plan Activity", domain=[("res_model", "in", [False, "crm.lead"])]
    )
    activity_role_id = fields.Many2one("funnel.role", "Activity For", help="Empty: the salesperson.")
    move_stage_id = fields.Many2one(
        "crm.stage",
        "Move to Stage",
        ondelete="set null",
        domain=[("is_funnel_stage", "=", True)],
        help="Nothing has to be done or filled in for it in the present stage; transitions hold for it as well.",
    )
    channel_ids = fields.Many2many(
        "discuss.channel", string="Post In", groups="sales_funnel_addon.group_funnel_manager"
    )
    server_action_id = fields.Many2one(
        "ir.actions.server",
        "Run Action",
        ondelete="set null",
        domain=[("model_name", "=", "crm.lead")],
        groups="base.group_system",
        help="It runs with the rights of the system, so only an administrator chooses it.",
    )
    timer_ids = fields.One2many("funnel.timer", "reminder_id", "Timers")
    failed_count = fields.Integer(compute="_compute_failed_count")

    _check_repeat = models.Constraint(
        "CHECK (repeat_amount >= 0 AND repeat_times >= 0)", "A repetition comes later, and so many times."
    )

    # ------------------------------------------------------------
    # COMPUTE
    # ------------------------------------------------------------

    @api.depends("timer_ids.state")
    def _compute_failed_count(self):
        # timers follow their leads; whoever configures the rule has to know that it fails
        groups = (
            self.env["funnel.timer"]
            .sudo()
            ._read_group([("reminder_id", "in", self.ids), ("state", "=", "failed")], ["reminder_id"], ["__count"])
        )
        counts = {reminder.id: count for reminder, count in groups}
        for reminder in self:
            reminder.failed_count = counts.get(reminder.id, 0)

    # ------------------------------------------------------------
    # ORM
    # ------------------------------------------------------------

    @api.constrains("deadline_anchor", "deadline_field_id")
    def _check_deadline(self):
        self._check_deadline_field_id()
        for reminder in self.sudo().filtered(lambda reminder: reminder.deadline_anchor == "field"):
            field = self.env["crm.lead"]._fields.get(reminder.deadline_field_id.name)
            if not field or not field.store or field.compute and field.readonly:
                raise ValidationError(
                    self.env._(
                        "“%(reminder)s” cannot count from “%(field)s”: choose a date that people fill in.",
                        reminder=reminder.name,
                        field=reminder.deadline_field_id.field_description,
                    )
                )

    @api.constrains("condition")
    def _check_condition(self):
        self._check_domains("condition")

    @api.constrains("role_ids", *EFFECT_FIELDS)
    def _check_effects(self):
        for reminder in self.sudo():
            if not reminder._get_effects():
                raise ValidationError(self.env._("Say what “%s” does: whom it tells, or what happens.", reminder.name))

    @api.constrains("move_stage_id", "stage_id")
    def _check_move_stage_id(self):
        for reminder in self.sudo().filtered("move_stage_id"):
            if reminder.move_stage_id == reminder.stage_id:
                raise ValidationError(self.env._("“%s” moves leads to the stage in which they are.", reminder.name))
            if not reminder.move_stage_id.team_ids & reminder.stage_id.team_ids:
                raise ValidationError(
                    self.env._(
                        "“%(origin)s” and “%(target)s” are not stages of one funnel.",
                        origin=reminder.stage_id.name,
                        target=reminder.move_stage_id.name,
                    )
                )

    @api.constrains("template_id")
    def _check_template_id(self):
        for reminder in self.sudo().filtered("template_id"):
            if reminder.template_id.model != "crm.lead":
                raise ValidationError(
                    self.env._("The message of “%s” is not written for leads and deals.", reminder.name)
                )

    @api.model_create_multi
    def create(self, vals_list):
        reminders = super().create(vals_list)
        reminders._arm_or_queue()
        return reminders

    def write(self, vals):
        result = super().write(vals)
        if not vals.keys().isdisjoint({"active", "stage_id", "deadline_anchor", "deadline_field_id"}):
            self._disarm()
        if not vals.keys().isdisjoint(ARMING_FIELDS):
            self._arm_or_queue()
        return result

    def unlink(self):
        """What has fired stays on the leads, under the name it had."""
        self._disarm()
        names = SQL(", ").join(SQL("(%s, %s)", reminder.id, reminder.name) for reminder in self)
        if self:
            # there may be millions of them
            query = """UPDATE funnel_timer SET title = rule.name FROM (VALUES %s) AS rule (id, name)
                        WHERE reminder_id = rule.id"""
            self.env.cr.execute(SQL(query, names))
            self.env["crm.lead"]._forget_timers()
        return super().unlink()

    # ------------------------------------------------------------
    # RULES
    # ------------------------------------------------------------

    def _prepare_rule(self):
        """Return this reminder as the engine works with it."""
        anchors = {"entry": ENTRY, "creation": CREATION, "contact": CONTACT}
        deadline = self._prepare_deadline(anchors.get(self.deadline_anchor, self.deadline_field_id.name))
        effects = self._get_effects()
        return Reminder(
            id=self.id,
            stage_id=self.stage_id.id,
            deadline=deadline,
            condition=self._get_rule_domain("condition"),
            repeat=self._prepare_repeat() if self.repeat_amount else None,
            repeat_times=self.repeat_times,
            marks_overdue=self.marks_overdue,
            catches_up=self.catches_up,
            spares_author=self.spares_author,
            only_tells=effects == ["role_ids"],
            role_ids=tuple(self.role_ids.ids),
            activity_role_id=self.activity_role_id.id,
        )

    def _prepare_repeat(self):
        """Return the rhythm in which the reminder comes again: a set time of the day is for rhythms of days."""
        daily = self.repeat_unit == "days"
        return Deadline(
            ENTRY,
            self.repeat_amount,
            self.repeat_unit,
            self.deadline_clock if daily and self.deadline_has_clock else None,
            self.deadline_working,
            daily and self.deadline_day_end,
        )

    def _get_effects(self):
        """Return the names of the fields that say what this reminder does."""
        return [name for name in ("role_ids", *EFFECT_FIELDS) if self.sudo()[name]]

    @api.model
    def _get_rule_fields(self):
        return [
            "name",
            "sequence",
            "active",
            "stage_id",
            "condition",
            "repeat_amount",
            "repeat_unit",
            "repeat_times",
            "marks_overdue",
            "spares_author",
            "catches_up",
            "role_ids",
            "template_id",
            "activity_role_id",
            *EFFECT_FIELDS,
            *DEADLINE_FIELDS,
        ]
