from collections import defaultdict

from markupsafe import Markup
from odoo import api, models
from odoo.exceptions import AccessError, UserError, ValidationError

from ..tools.lead_moves import GatePass

#: What people may write; everything else about a task is the engine's.
WRITABLE_FIELDS = frozenset({"state", "comment"})
#: The states that people may give to a task of each kind.
WRITABLE_STATES = {"todo": ("open", "done"), "approval": ("open", "requested", "approved", "refused")}
#: The states that only people of the role may give to an approval.
VERDICT_STATES = ("approved", "refused")


class FunnelTaskFlowMixin(models.AbstractModel):
    """How a task goes from state to state: who may do what, and what follows from it."""

    _name = "funnel.task.flow.mixin"
    _description = "Flow of Checklist Tasks"

    # ------------------------------------------------------------
    # ACTIONS
    # ------------------------------------------------------------

    def action_do(self):
        """Tick the tasks."""
        return self.write({"state": "done"})

    def action_undo(self):
        """Take the tick or the request back."""
        return self.write({"state": "open"})

    def action_request(self):
        """Ask the people of the role for their approval, also after a refusal."""
        return self.write({"state": "requested"})

    def action_approve(self):
        """Approve, as somebody of the role."""
        return self.write({"state": "approved"})

    def action_refuse(self):
        """Open the dialog in which somebody of the role says why not."""
        return {
            **self.env["ir.actions.actions"]._for_xml_id("sales_funnel_addon.funnel_approval_refusal_action"),
            "context": {"default_task_ids": self.ids},
        }

    def action_open_lead(self):
        """Open the lead of the task."""
        return self.sudo().lead_id.sudo(False).get_formview_action()

    # ------------------------------------------------------------
    # STATES
    # ------------------------------------------------------------

    @api.model
    def _check_writable(self, vals):
        refused = vals.keys() - WRITABLE_FIELDS
        if refused:
            raise AccessError(
                self.env._("Only the state of a task and its comment can be changed, not: %s.", ", ".join(refused))
            )
        if not isinstance(vals.get("comment") or "", str):
            raise ValidationError(self.env._("A comment is text."))

    def _change_state(self, state, comment=None):
        """Give the tasks a new state, with all that follows from it.

        :param str state: one of :data:`WRITABLE_STATES`
        :param str comment: why; a refusal needs one
        :raises AccessError: for people outside the role
        :raises ValidationError: for a state that a task of this kind cannot have
        """
        tasks = self.filtered(lambda task: task.state != state)
        if not tasks:
            return
        tasks._check_leads_open()
        tasks._check_change(state, comment)
        now = self.env.cr.now()
        values = {"state": state}
        if state == "requested":
            values |= {"requested_by_id": self.env.uid, "requested_date": now, "comment": comment or False}
        if state in ("open", "requested"):
            values |= {"user_id": False, "done_date": False}
        else:
            values |= {"user_id": self.env.uid, "done_date": now, "comment": comment or False}
        # who may do it has been checked; the rest of the record is the engine's
        tasks = tasks.sudo()
        tasks.write(values)
        if state == "requested":
            tasks._plan_activities()
            tasks._announce(self.env._("Approval asked for"))
            tasks._notify_performers()
        elif state in VERDICT_STATES:
            tasks.activity_ids.filtered("active").unlink()  # what was decided is announced, once is enough
            tasks._announce(self.env._("Approved") if state == "approved" else self.env._("Approval refused"), comment)
            tasks._notify_requesters(state, comment)
            if state == "refused":
                tasks._lose_leads(comment)
        elif state == "done":
            tasks._finish_activities(comment)
        else:
            tasks.activity_ids.unlink()
            tasks.filtered(lambda task: task.kind == "approval")._announce(self.env._("Taken back"))

    def _check_leads_open(self):
        """Refuse to change what was done for a lead that is closed."""
        for lead in self.sudo().lead_id:
            if not lead.team_id.funnel_kind or lead.won_status != "pending":
                raise UserError(self.env._("“%s” is closed: its tasks are as they were.", lead.display_name))

    def _check_change(self, state, comment):
        for task in self.sudo():
            if state not in WRITABLE_STATES.get(task.kind, ()):
                raise ValidationError(
                    self.env._("“%(task)s” cannot become “%(state)s”.", task=task.display_name, state=state)
                )
            lead = task.lead_id
            present = task.stage_id == lead.stage_id and task.state != "cancelled"
            if state == "requested" and not present and not task.is_ahead:
                raise UserError(self.env._("Nobody asks for “%s” any more.", task.display_name))
            if state == "open" and not present and not (task.kind == "approval" and task.is_ahead):
                raise UserError(
                    self.env._("“%s” is not a task of the present stage: it cannot be opened again.", task.name)
                )
            if state in VERDICT_STATES and task.state == "cancelled":
                raise UserError(self.env._("Nobody asks for “%s” any more.", task.display_name))
        if state == "refused" and not (comment or "").strip():
            raise ValidationError(self.env._("Write why it is refused: the salesperson has to know what to change."))
        if state in VERDICT_STATES or state in WRITABLE_STATES["todo"]:
            self.filtered(lambda task: task.kind == "todo" or state in VERDICT_STATES)._check_doable()

    # ------------------------------------------------------------
    # RIGHTS
    # ------------------------------------------------------------

    def _check_doable(self):
        """Raise for tasks that this user cannot do.

        :raises AccessError: naming the task and who can
        """
        for task in (self - self._filter_doable())[:1].sudo():
            people = task.lead_id._get_role_people(task.role_id.ids)[task.lead_id.id, task.role_id.id]
            names = self.env["res.users"].sudo().browse(people.members).mapped("name")
            raise AccessError(
                self.env._(
                    "“%(task)s” is up to the role %(role)s: %(people)s.",
                    task=task.display_name,
                    role=task.role_id.name,
                    people=", ".join(names) or self.env._("nobody is assigned, so a funnel manager decides"),
                )
            )

    def _filter_doable(self):
        """Return those of the tasks that this user may do: approvals only in the role, the rest also as its head."""
        of_role = self._filter_of_role()
        return self.filtered(
            lambda task: (
                task in of_role
                or (task.sudo().kind == "todo" and (not task.sudo().role_id or task.sudo().lead_id.funnel_can_override))
            )
        )

    def _filter_of_role(self):
        """Return those of the tasks whose role this user plays; a funnel manager stands in where nobody is left."""
        tasks = self.sudo().filtered("role_id")
        people = tasks.lead_id._get_role_people(tasks.role_id.ids)
        is_manager = self.env.user.has_group("sales_funnel_addon.group_funnel_manager")
        # a manager of another company stands in for nobody
        managed = tasks.lead_id.sudo(False)._filtered_access("read") if is_manager else tasks.lead_id.browse()
        return tasks.filtered(
            lambda task: (
                self.env.uid in (found := people[task.lead_id.id, task.role_id.id].members)
                or (not found and task.lead_id in managed)
            )
        ).with_env(self.env)

    # ------------------------------------------------------------
    # AHEAD OF THE STAGE
    # ------------------------------------------------------------

    @api.model
    def _create_ahead(self, vals_list):
        """Do or ask for tasks of stages that the lead has not been in.

        :param list vals_list: ``lead_id``, ``template_id``, ``state`` and perhaps ``comment`` of each
        :raises AccessError: for other fields, and for leads that this user may not edit
        :raises ValidationError: for a task that is not one of the funnel of its lead
        """
        Lead = self.env["crm.lead"]
        pairs = []
        for vals in vals_list:
            self._check_writable({name: vals[name] for name in vals.keys() - {"lead_id", "template_id"}})
            pairs.append((vals.get("lead_id"), vals.get("template_id")))
            if vals.get("state", "open") == "open":
                raise ValidationError(self.env._("A task is on the checklist already or will be: do it or ask for it."))
        if not all(isinstance(item, int) and not isinstance(item, bool) for pair in pairs for item in pair):
            raise ValidationError(self.env._("Say which task of which lead it is."))
        Lead.browse(lead_id for lead_id, _template_id in pairs).check_access("write")
        rules = self.env["crm.team"]._get_funnel_rules()
        for lead_id, template_id in pairs:
            template = rules.templates.get(template_id)
            funnel = rules.funnels.get(Lead.browse(lead_id).team_id.id)
            if not (template and funnel and template.stage_id in funnel.stage_ids):
                raise ValidationError(
                    self.env._("This is no task of the funnel of “%s”.", Lead.browse(lead_id).display_name)
                )
        Lead._insert_tasks(pairs)
        found = self.search([("lead_id", "in", [pair[0] for pair in pairs])])
        by_pair = {(task.lead_id.id, task.template_id.id): task for task in found}
        tasks = self.browse().concat(*(by_pair[pair] for pair in pairs))
        groups = defaultdict(self.browse)
        for task, vals in zip(tasks, vals_list, strict=True):
            groups[vals.get("state", "open"), vals.get("comment")] += task
        for (state, comment), group in groups.items():
            group._change_state(state, comment)
        return tasks

    # ------------------------------------------------------------
    # WHAT FOLLOWS
    # ------------------------------------------------------------

    def _lose_leads(self, comment):
        """Lose the leads for which a refused approval is the end."""
        deadly = self.filtered("template_id.lost_reason_id")
        for reason, tasks in deadly.grouped(lambda task: task.template_id.lost_reason_id).items():
            for stage, leads in tasks.lead_id.grouped("stage_id").items():
                # the loss is the engine's: whoever refuses can neither fill in what the reason asks for nor edit leads
                gate_pass = GatePass(frozenset(leads.ids), stage.id, comment)
                leads.with_context(funnel_gate_pass=gate_pass).action_set_lost(
                    lost_reason_id=reason.id, lost_comment=comment
                )

    def _announce(self, title, comment=None):
        """Put what happened to approvals into the chatter of their leads."""
        bodies = {}
        for task in self:
            line = Markup("<b>%s</b>: %s") % (title, task.name)
            if comment:
                line += Markup("<br/>%s") % comment
            bodies[task.lead_id.id] = bodies.get(task.lead_id.id, Markup()) + Markup("<p>%s</p>") % line
        self.lead_id._message_log_batch(bodies=bodies)

    def _notify_performers(self):
        """Tell the people who have to decide what waits for them; one message to each, however many leads."""
        people = self.lead_id._get_role_people(self.role_id.ids)
        tasks_by_people = defaultdict(self.browse)
        for task in self:
            tasks_by_people[people[task.lead_id.id, task.role_id.id].performers] += task
        for user_ids, tasks in tasks_by_people.items():
            users = self.env["res.users"].browse(user_ids)
            tasks._notify(users, lambda env: env._("Your approval is asked for"))

    def _notify_requesters(self, state, comment):
        """Tell those who asked for an approval what was decided."""
        for user, tasks in self.filtered("requested_by_id").grouped("requested_by_id").items():
            if state == "approved":
                tasks._notify(user, lambda env: env._("Approved"), comment)
            else:
                tasks._notify(user, lambda env: env._("Approval refused"), comment)

    def _notify(self, users, make_subject, comment=None):
        """Send one notification about the tasks to each user, in the user's language.

        :param users: who is told; the current user and people who left are not
        :param make_subject: returns the translated subject, given an environment
        """
        lead = self.lead_id if len(self.lead_id) == 1 else self.env["crm.lead"]
        thread = lead or self.env["mail.thread"]
        for user in users.filtered("active") - self.env.user:
            tasks = self.with_context(lang=user.lang)
            lines = Markup().join(
                Markup("<li><a href='/odoo/funnel-tasks/%s'>%s</a></li>") % (task.id, task.display_name)
                for task in tasks
            )
            body = Markup("<ul>%s</ul>") % lines
            if comment:
                body += Markup("<p>%s</p>") % comment
            thread.message_notify(
                partner_ids=user.partner_id.ids,
                subject=make_subject(tasks.env),
                body=body,
                author_id=self.env.user.partner_id.id,
            )
