from odoo import api, fields, models
from odoo.exceptions import ValidationError
from odoo.fields import Domain
from odoo.tools import split_every

from ..tools.checklists import DONE_STATES, OPEN_STATES, TemplateBatch
from ..tools.deadlines import ENTRY
from ..tools.funnel_rules import TaskTemplate
from .funnel_deadline_mixin import DEADLINE_FIELDS

#: What decides which leads have a task, whether it is done, and when it is due.
CHECKLIST_FIELDS = DEADLINE_FIELDS | {"active", "stage_id", "applies_to", "done_condition"}
#: How many leads follow at once: their new tasks are held in memory.
LEADS_AT_ONCE = 5_000


class FunnelTaskTemplate(models.Model):
    """A step on the checklist of a stage: what people must do, or agree to, before a lead moves on."""

    _name = "funnel.task.template"
    _inherit = ["funnel.config.mixin", "funnel.filter.mixin", "funnel.deadline.mixin"]
    _description = "Stage Task"
    _order = "stage_id, sequence, id"

    name = fields.Char("Task", required=True, translate=True)
    sequence = fields.Integer(default=10)
    active = fields.Boolean(default=True)
    stage_id = fields.Many2one(
        "crm.stage", required=True, index=True, ondelete="cascade", domain=[("is_funnel_stage", "=", True)]
    )
    kind = fields.Selection(
        [("todo", "To do"), ("approval", "Approval")],
        default="todo",
        required=True,
        help="To do: somebody ticks it.\nApproval: somebody asks for it, and people of the role agree or refuse.",
    )
    mandatory = fields.Boolean(
        default=True, help="A lead moves on from the stage only when this is done. Going back and losing are free."
    )
    role_id = fields.Many2one(
        "funnel.role",
        ondelete="restrict",
        help="Who does it. Empty: the salesperson. People outside the role cannot tick or approve it.",
    )
    instructions = fields.Text(translate=True, help="How it is done; shown beside the task.")
    applies_to = fields.Char("Only For", default="[]", help="A filter: which leads get this task.")
    done_condition = fields.Char(
        "Done by Itself When",
        default="[]",
        help="A filter: as soon as a lead matches it, the task is ticked. Empty: somebody ticks it.",
    )
    repeats = fields.Boolean(
        "At Every Visit", help="Coming back into the stage, the lead gets the task again although it was done."
    )
    request_on_entry = fields.Boolean(
        "Ask at Once", help="The approval is asked for as soon as a lead is in the stage."
    )
    lost_reason_id = fields.Many2one(
        "crm.lost.reason", "A Refusal Loses the Deal", help="A refused approval loses the lead for this reason."
    )
    activity_type_id = fields.Many2one(
        "mail.activity.type",
        "Activity",
        domain=[("res_model", "in", [False, "crm.lead"])],
        help="The task is planned as such an activity; doing one does the other.",
    )
    deadline_anchor = fields.Selection(
        [("none", "None"), ("entry", "After the task appears"), ("field", "Around a date of the lead")],
        "Deadline",
        default="none",
        required=True,
    )
    repeats_with_date = fields.Boolean(
        "Again for a New Date",
        help="When the date around which it is due changes, the lead gets the task again although it was done.",
    )
    task_ids = fields.One2many("funnel.task", "template_id", "Tasks of Leads")

    # ------------------------------------------------------------
    # ORM
    # ------------------------------------------------------------

    @api.constrains("kind", "role_id", "request_on_entry", "lost_reason_id")
    def _check_content(self):
        for template in self.sudo():
            if template.kind == "approval" and not template.role_id:
                raise ValidationError(self.env._("Say who approves “%s”: choose a role.", template.name))

    @api.constrains("deadline_anchor", "deadline_field_id")
    def _check_deadline(self):
        self._check_deadline_field_id()

    @api.constrains("applies_to", "done_condition", "kind")
    def _check_filters(self):
        self._check_domains("applies_to", "done_condition")
        for template in self:
            if template.kind == "approval" and self._parse_domain(template.done_condition, ""):
                raise ValidationError(self.env._("“%s” is an approval: nobody but people can give it.", template.name))

    @api.model_create_multi
    def create(self, vals_list):
        templates = super().create(vals_list)
        templates._update_leads()
        return templates

    def write(self, vals):
        result = super().write(vals)
        if not vals.keys().isdisjoint(CHECKLIST_FIELDS):
            self._update_leads()
        if "stage_id" in vals:
            # what was done stays where it was done; the rest waits in the new stage
            undone = Domain("template_id", "in", self.ids) & Domain("state", "not in", list(DONE_STATES))
            self.env["funnel.task"].sudo().search(undone).write({"stage_id": vals["stage_id"]})
        return result

    def unlink(self):
        """The tasks of leads stay, under the name they had; those that nobody has done yet are cancelled."""
        for template in self.sudo():
            template.task_ids.write({"title": template.name})
        self.sudo().task_ids.filtered(lambda task: task.state in OPEN_STATES)._cancel()
        return super().unlink()

    def _update_leads(self):
        """Give the leads that are in the stages already the tasks they lack, and cancel those they no longer need."""
        batch = self.env.context.get("funnel_template_batch")
        if isinstance(batch, TemplateBatch):
            batch.ids.update(self.ids)
            return
        waiting = Domain("template_id", "in", self.ids) & Domain("state", "in", list(OPEN_STATES))
        # wherever the lead stands: an approval may have been asked for ahead of its stage
        leads = self.env["funnel.task"].sudo().search(waiting).lead_id
        leads |= self.stage_id._get_open_leads()
        for part in split_every(LEADS_AT_ONCE, leads.ids, leads.browse):
            part._sync_checklists()

    def _prepare_rule(self):
        """Return this template as the engine works with it."""
        anchor = {"entry": ENTRY, "field": self.deadline_field_id.name}.get(self.deadline_anchor)
        return TaskTemplate(
            id=self.id,
            stage_id=self.stage_id.id,
            kind=self.kind,
            mandatory=self.mandatory,
            role_id=self.role_id.id,
            applies_to=self._get_rule_domain("applies_to"),
            done_condition=self._get_rule_domain("done_condition"),
            repeats=self.repeats,
            request_on_entry=self.request_on_entry,
            activity_type_id=self.activity_type_id.id,
            lost_reason_id=self.lost_reason_id.id,
            deadline=anchor and self._prepare_deadline(anchor),
            repeats_with_date=self.repeats_with_date and self.deadline_anchor == "field",
        )

    @api.model
    def _get_rule_fields(self):
        return [
            "name",
            "sequence",
            "active",
            "stage_id",
            "kind",
            "mandatory",
            "role_id",
            "instructions",
            "applies_to",
            "done_condition",
            "repeats",
            "repeats_with_date",
            "request_on_entry",
            "lost_reason_id",
            "activity_type_id",
            *DEADLINE_FIELDS,
        ]
