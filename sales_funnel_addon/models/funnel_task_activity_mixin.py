from collections import defaultdict

from odoo import fields, models
from odoo.tools import SQL

from ..tools.checklists import OPEN_STATES
from ..tools.contacts import NOTED


class FunnelTaskActivityMixin(models.AbstractModel):
    """What the engine does with the tasks of many leads at once, and the activities that go with them."""

    _name = "funnel.task.activity.mixin"
    _description = "Activities of Checklist Tasks"

    # ------------------------------------------------------------
    # THE CHECKLIST FOLLOWS THE LEAD
    # ------------------------------------------------------------

    def _start(self):
        """Begin tasks that have just appeared: plan their activities, ask for the approvals that do not wait."""
        asked = self.filtered(lambda task: task.kind == "approval" and task.template_id.request_on_entry)
        if asked:
            asked._write_at_once(state="requested", requested_by_id=self.env.uid, requested_date=self.env.cr.now())
            asked._announce(self.env._("Approval asked for"))
            asked._notify_performers()
        (asked + self.filtered(lambda task: task.kind == "todo"))._plan_activities()

    def _filter_fulfilled(self):
        """Return those of the open tasks that are done by themselves, because of what their leads are now."""
        templates = self.env["crm.team"]._get_funnel_rules().templates
        waiting = self.filtered(
            lambda task: (
                task.state == "open"
                and task.template_id.id in templates
                and templates[task.template_id.id].done_condition != "[]"
            )
        )
        by_template = {template.id: tasks.lead_id.ids for template, tasks in waiting.grouped("template_id").items()}
        fulfilled = waiting.lead_id._get_fulfilled(by_template)
        return waiting.filtered(lambda task: (task.lead_id.id, task.template_id.id) in fulfilled)

    def _do_by_itself(self):
        """Tick tasks that are done by themselves; whoever has changed the lead has done them."""
        if self:
            self._write_at_once(state="done", user_id=self.env.uid, done_date=self.env.cr.now())
            # what was done has been noted: ticking the task for it is no attempt to reach the client
            self.with_context(funnel_contact_noted=NOTED)._finish_activities(False)

    def _reopen(self):
        """Put tasks back on the checklist as if they had just appeared."""
        self._write_at_once(
            state="open",
            user_id=None,
            done_date=None,
            requested_by_id=None,
            requested_date=None,
            opened_date=self.env.cr.now(),
        )
        self._update_deadlines()

    def _cancel(self):
        """Take tasks off the checklist; their activities go with them."""
        self._write_at_once(state="cancelled")
        self.activity_ids.unlink()

    def _write_at_once(self, **values):
        """Write the same to all the tasks in one statement, however many there are; the ORM writes a hundred at a time.

        :param values: the values as the database takes them, by the name of the field
        """
        if not self:
            return
        self.flush_recordset()
        assignments = [SQL("%s = %s", SQL.identifier(name), value) for name, value in values.items()]
        stamp = SQL("write_uid = %s, write_date = %s", self.env.uid, self.env.cr.now())
        self.env.cr.execute(
            SQL("UPDATE funnel_task SET %s, %s WHERE id IN %s", SQL(", ").join(assignments), stamp, self._ids)
        )
        self.invalidate_recordset([*values, "write_uid", "write_date"], flush=False)
        self.modified(values)

    def _update_deadlines(self):
        """Set the deadlines anew: the date they lie around may have changed."""
        rules = self.env["crm.team"]._get_funnel_rules()
        tasks = self.filtered(
            lambda task: (
                task.template_id.id in rules.templates
                and (task.deadline or rules.templates[task.template_id.id].deadline)
                and task.state in OPEN_STATES
            )
        )
        deadlines = tasks.lead_id._get_deadlines(
            [(task.lead_id.id, task.template_id.id, task.opened_date) for task in tasks]
        )
        put_off = self.browse()
        for task in tasks:
            deadline = deadlines[task.lead_id.id, task.template_id.id] or False
            if task.deadline != deadline:
                task.deadline = deadline
                put_off += task
        put_off._put_off_activities()

    def _filter_outdated(self):
        """Return those of the tasks that were done for another date than the lead has now and are to be done again."""
        rules = self.env["crm.team"]._get_funnel_rules()
        tasks = self.filtered(
            lambda task: (
                task.state not in OPEN_STATES
                and task.deadline
                and task.template_id.id in rules.templates
                and rules.templates[task.template_id.id].repeats_with_date
            )
        )
        deadlines = tasks.lead_id._get_deadlines(
            [(task.lead_id.id, task.template_id.id, task.opened_date) for task in tasks]
        )
        return tasks.filtered(
            lambda task: deadlines[task.lead_id.id, task.template_id.id] not in (False, None, task.deadline)
        )

    # ------------------------------------------------------------
    # ACTIVITIES
    # ------------------------------------------------------------

    def _plan_activities(self):
        """Plan the activities of tasks that have a type of activity, and one for each approval that was asked for."""
        tasks = self.filtered(lambda task: task.template_id.activity_type_id or task.kind == "approval")
        if not tasks:
            return
        users = tasks._get_activity_users()
        model_id = self.env["ir.model"]._get_id("crm.lead")
        todo = self.env.ref("mail.mail_activity_data_todo", raise_if_not_found=False)
        planned = [
            task._prepare_activity(model_id, task.template_id.activity_type_id or todo, users[task])
            for task in tasks
            if users.get(task)
        ]
        if planned:
            # quick: the assignee sees it in the web client; one e-mail for each activity would be a flood
            self.env["mail.activity"].with_context(mail_activity_quick_update=True).create(planned)

    def _put_off_activities(self):
        """Let the activities of the tasks be due on the days of their deadlines."""
        by_day = defaultdict(self.env["mail.activity"].browse)
        for task in self.filtered("deadline"):
            day = task._get_due_day()
            by_day[day] += task.activity_ids.filtered(lambda one, day=day: one.active and one.date_deadline != day)
        for day, activities in by_day.items():
            if activities:
                activities.with_context(mail_activity_quick_update=True).write({"date_deadline": day})

    def _get_due_day(self):
        """Return on which day the task is due where people work on the lead."""
        lead, rules = self.lead_id, self.env["crm.team"]._get_funnel_rules()
        return rules.working_time(lead.team_id.id, lead.company_id.id).day_of(self.deadline or fields.Datetime.now())

    def _prepare_activity(self, model_id, activity_type, user_id):
        return {
            "res_model_id": model_id,
            "res_id": self.lead_id.id,
            "activity_type_id": activity_type.id if activity_type else False,
            "summary": self.name,
            "user_id": user_id,
            "date_deadline": self._get_due_day(),
            "funnel_task_id": self.id,
        }

    def _get_activity_users(self):
        """Return the id of the user for whom the activity of each task is planned, or False, by task."""
        people = self.lead_id._get_role_people(self.role_id.ids)
        users = {}
        for task in self:
            if task.role_id:
                users[task] = next(iter(people[task.lead_id.id, task.role_id.id].performers), False)
            else:
                users[task] = task.lead_id.user_id.id
        return users

    def _finish_activities(self, feedback):
        """Mark the activities of the tasks as done."""
        activities = self.activity_ids.filtered("active")
        if activities:
            activities._action_done(feedback=feedback or False)

    def _hand_over_activities(self):
        """Give the activities of open tasks to those who have to do them now, and plan those that nobody had."""
        tasks = self.filtered(
            lambda task: (
                task.state in OPEN_STATES
                and (not task.role_id or task.role_id.source == "salesperson")
                and (task.template_id.activity_type_id or task.state == "requested")
            )
        )
        users = tasks._get_activity_users()
        for user_id in dict.fromkeys(filter(None, users.values())):
            activities = tasks.filtered(lambda task, u=user_id: users[task] == u).activity_ids
            activities.filtered(lambda activity, u=user_id: activity.user_id.id != u).with_context(
                mail_activity_quick_update=True
            ).write({"user_id": user_id})
        tasks.filtered(lambda task: not task.activity_ids)._plan_activities()
