from odoo import api, fields, models
from odoo.exceptions import AccessError

from ..tools.checklists import OPEN_STATES
from ..tools.contacts import NOTED

#: Whose activity it is; people cannot choose.
ENGINE_LINKS = frozenset({"funnel_task_id", "funnel_reminder_id", "funnel_is_deferral"})
#: To what it belongs; the activity of a reminder lets its assignee look at that lead.
DOCUMENT_FIELDS = frozenset({"res_model_id", "res_model", "res_id"})


class MailActivity(models.Model):
    """An activity; the one of a checklist task is done together with the task."""

    _inherit = "mail.activity"

    funnel_task_id = fields.Many2one(
        "funnel.task", "Checklist Task", ondelete="set null", index="btree_not_null", copy=False
    )
    funnel_reminder_id = fields.Many2one(
        "funnel.reminder", "Planned by Reminder", ondelete="set null", index="btree_not_null", copy=False, readonly=True
    )
    funnel_is_deferral = fields.Boolean(
        "Planned by Deferral", copy=False, readonly=True, help="It is due when the deferral of the deal ends."
    )

    @api.model_create_multi
    def create(self, vals_list):
        activities = super().create(vals_list)
        if activities._has_links():
            activities._check_links()
        return activities

    def write(self, vals):
        # nor may what was done be opened again, and with it the lead
        elsewhere = not DOCUMENT_FIELDS.isdisjoint(vals) or vals.get("active")
        if not ENGINE_LINKS.isdisjoint(vals) or (elsewhere and self._has_links()):
            self._check_links()
        result = super().write(vals)
        if "date_deadline" in vals:
            self._put_deferrals_off()
        return result

    def _put_deferrals_off(self):
        """A deal waits until the day of its activity, wherever that is moved: in a calendar, in a list, on the deal."""
        # what the activity belongs to, also for an assignee who may not see it; the deal is written with their rights
        moved = self.sudo().filtered(lambda activity: activity.funnel_is_deferral and activity.active)
        if moved:
            self.env["crm.lead"]._follow_deferral_activities({act.res_id: act.date_deadline for act in moved})

    def _has_links(self):
        return any(any(self.sudo().mapped(name)) for name in ENGINE_LINKS)

    @api.model
    def _check_links(self):
        """Only the engine ties activities to tasks: who does the one does the other, and reads what it is called."""
        if not self.env.su:
            raise AccessError(self.env._("An activity cannot be tied to a checklist task or a reminder by hand."))

    def unlink(self):
        """Cancelling the activity of an approval takes the request back: nobody would be asked any more."""
        # the engine deletes activities of what is no longer asked for; people may only take back what they may ask for
        waiting = self.sudo().funnel_task_id.filtered(lambda task: task.state == "requested").sudo(False)
        asked = waiting.browse() if self.env.su else waiting
        result = super().unlink()
        if asked:  # people outside the funnels delete activities, too, and what has none
            asked.action_undo()
        return result

    def _action_done(self, feedback=False, attachment_ids=None):
        # the task may belong to a lead that the assignee cannot open
        tasks = self.sudo().funnel_task_id.filtered(lambda task: task.state in OPEN_STATES).sudo(False)
        calls = self._filter_uncounted_calls()
        contacted = self._get_rhythm_leads()
        result = super()._action_done(feedback=feedback, attachment_ids=attachment_ids)
        for kind, group in tasks.sudo().grouped("kind").items():
            group.sudo(False)._change_state("approved" if kind == "approval" else "done", feedback or None)
        calls._note_calls(feedback)
        if contacted:
            contacted._note_rhythm_contacts({lead.id: lead._get_deferral_today() for lead in contacted})
        return result

    def _get_rhythm_leads(self):
        """Return the leads whose planned contacts these activities are, as superuser."""
        # whoever does the activity may be unable to see the lead
        Lead = self.env["crm.lead"].sudo()
        events = self.sudo().calendar_event_id
        return Lead.search([("rhythm_event_id", "in", events.ids)]) if events else Lead

    def _filter_uncounted_calls(self):
        """Return the calls to clients that are no attempts noted already."""
        if self.env.context.get("funnel_contact_noted") is NOTED:
            return self.browse()
        # the type of an activity is for everybody, the activity may be closed to whoever finishes it with a task
        return self.sudo().filtered(
            lambda call: call.res_model == "crm.lead" and call.activity_type_id.category == "phonecall"
        )

    def _note_calls(self, feedback):
        """Note the calls that were made, one attempt for each lead; what was planned up to them is not to come."""
        if not self:
            return
        today = fields.Date.context_today(self)
        last_days = {}
        for call in self:
            last_days[call.res_id] = max(call.date_deadline, last_days.get(call.res_id, today))
        leads = self.env["crm.lead"].sudo(False).browse(last_days)
        leads._note_by_itself("phone", feedback or None)
        leads.sudo()._forget_calls_until(last_days)

    def _finish_noted(self, note):
        """Finish calls whose attempt was noted already."""
        if self:
            self.with_context(funnel_contact_noted=NOTED)._action_done(feedback=note or False)
