import logging
from collections import defaultdict
from functools import cache

from odoo import api, models
from odoo.exceptions import ValidationError
from odoo.tools import SQL

from ..tools.checklists import DONE_STATES, is_done, plan_checklist
from ..tools.deadlines import ENTRY
from .funnel_money_mixin import DOCUMENT_FACTS, ENTERED

_logger = logging.getLogger(__name__)

#: What changes by orders and payments, without anybody writing to the lead.
DOCUMENTED = DOCUMENT_FACTS | ENTERED.keys()


class FunnelChecklistMixin(models.AbstractModel):
    """The checklist of a lead: which tasks its stage gives it, and which of them keep it from moving on."""

    _name = "funnel.checklist.mixin"
    _description = "Checklist of a Lead"

    # ------------------------------------------------------------
    # THE GATE
    # ------------------------------------------------------------

    def _check_tasks(self, lead_ids_by_template, verdicts):
        """Add the mandatory tasks that are not done to the verdicts.

        The configuration decides, not the tasks that happen to be there: a task that a lead does not have yet, because
        it has never been in that stage, is not done either.

        :param dict lead_ids_by_template: who has to have done what
        :param dict verdicts: extended here
        """
        if not lead_ids_by_template:
            return
        asked = {}
        for template, lead_ids in lead_ids_by_template.items():
            asked[template] = self._select_by_rule(
                "funnel.task.template", template.id, template.applies_to, lead_ids
            ).ids
        lead_ids = {lead_id for ids in asked.values() for lead_id in ids}
        tasks = self.browse(lead_ids)._get_tasks_by_template([template.id for template in asked])
        fulfilled = self._get_fulfilled({template.id: ids for template, ids in asked.items()})
        for template, template_lead_ids in asked.items():
            for lead_id in template_lead_ids:
                task = tasks[lead_id].get(template.id)
                if not (task and is_done(template.kind, task[1])) and (lead_id, template.id) not in fulfilled:
                    verdict = verdicts[lead_id]
                    (verdict.approvals if template.kind == "approval" else verdict.open_tasks).append(template)
                    verdict.tasks[template.id] = task or (False, "open")

    def _get_fulfilled(self, lead_ids_by_template):
        """Return which tasks are done by themselves now, as pairs of a lead id and a template id.

        :param dict lead_ids_by_template: the ids of the leads to look at by template id
        """
        rules = self.env["crm.team"]._get_funnel_rules()
        fulfilled = set()
        for template_id, lead_ids in lead_ids_by_template.items():
            condition = rules.templates[template_id].done_condition
            if condition != "[]":
                leads = self._select_by_rule("funnel.task.template", template_id, condition, lead_ids)
                fulfilled.update((lead.id, template_id) for lead in leads)
        return fulfilled

    def _get_tasks_by_template(self, template_ids=None):
        """Return the tasks of the leads: pairs of an id and a state by template id, by lead id."""
        found = defaultdict(dict)
        if self:
            domain = [("lead_id", "in", self.ids)]
            domain += [("template_id", "in", template_ids)] if template_ids else [("template_id", "!=", False)]
            names = ["lead_id", "template_id", "state", "comment"]  # the comment is for verdicts
            # what is done is done, whoever may see it
            tasks = self.env["funnel.task"].sudo().search_fetch(domain, names, order="id")
            for task in tasks:
                found[task.lead_id.id][task.template_id.id] = (task.id, task.state)
        return found

    # ------------------------------------------------------------
    # THE CHECKLIST FOLLOWS THE LEAD
    # ------------------------------------------------------------

    def _sync_checklists(self, entered=(), *, salesperson_changed=False, dates_changed=False):
        """Give the leads the tasks of the stages they are in, and cancel those of stages they have left.

        :param entered: the ids of the leads that have just come into their stage
        :param bool salesperson_changed: whether the activities of the salesperson's tasks have to change hands
        :param bool dates_changed: whether dates around which tasks are due may have changed
        """
        if not self:
            return
        rules = self.env["crm.team"]._get_funnel_rules()
        applicable = self._get_applicable_templates()
        tasks = self._get_tasks_by_template()
        create, reopen, cancel, kept = [], [], [], []
        for lead in self:
            here = (lead.team_id.id, lead.stage_id.id)
            plan = plan_checklist(
                applicable[lead.id], rules.templates_ahead(*here), tasks[lead.id], entered=lead.id in entered
            )
            create += [(lead.id, template_id) for template_id in plan.create]
            reopen += plan.reopen
            cancel += plan.cancel
            kept += [tasks[lead.id][i][0] for i in applicable[lead.id] if i in tasks[lead.id]]
        Task = self.env["funnel.task"].sudo()  # the checklist is the engine's, whoever moves the lead
        opened = Task.browse(reopen)
        opened._reopen()
        conditions = defaultdict(list)
        for lead_id, template_id in create:
            if not rules.templates[template_id].looks_at_tasks:
                conditions[template_id].append(lead_id)
        opened += self._insert_tasks(create, self._get_fulfilled(conditions))
        present, left = Task.browse(kept) - opened, Task.browse(cancel)
        outdated = present._filter_outdated() if dates_changed else Task
        outdated._reopen()
        opened, present = opened + outdated, present - outdated
        done = (present + opened + left)._filter_fulfilled()
        done._do_by_itself()
        (left - done)._cancel()
        present._update_deadlines()
        (opened - done)._start()
        if salesperson_changed:
            present._hand_over_activities()

    def _follow_with_tasks(self, names):
        """Let the checklists follow what nobody has written into the leads.

        :param set names: the names of the fields that have changed
        """
        if not self.env["crm.team"]._get_funnel_rules().task_fields.isdisjoint(names):
            self._sync_checklists()

    def _compute_field_value(self, field):
        """Remember which leads have changed by their documents: their checklists follow before the commit."""
        result = super()._compute_field_value(field)
        if field.name in DOCUMENTED and field.name in self.env["crm.team"]._get_funnel_rules().task_fields:
            precommit = self.env.cr.precommit
            if "funnel_documented" not in precommit.data:
                precommit.data["funnel_documented"] = set()
                precommit.add(self.env["crm.lead"].sudo()._follow_documents)  # whoever pays may not see the deal
            precommit.data["funnel_documented"].update(self._origin.ids)
        return result

    @api.model
    def _follow_documents(self):
        """Let the checklists follow what documents say; a rule that is broken keeps nobody from paying."""
        leads = self.browse(self.env.cr.precommit.data.pop("funnel_documented", ())).exists()
        try:
            with self.env.cr.savepoint():
                leads._sync_checklists()
        except ValidationError as error:
            _logger.warning("The checklists of %s do not follow their documents: %s", leads, error)

    def _get_applicable_templates(self):
        """Return the templates of the checklist that each lead has where it is, by template id, by lead id."""
        rules = self.env["crm.team"]._get_funnel_rules()
        applicable = {lead.id: {} for lead in self}
        lead_ids_by_template = defaultdict(list)
        for lead in self:
            funnel = rules.funnels.get(lead.team_id.id)
            if funnel and lead.stage_id.id in funnel.stage_ids and lead.won_status == "pending" and lead.active:
                for template in rules.stages[lead.stage_id.id].tasks:
                    lead_ids_by_template[template].append(lead.id)
        for template, lead_ids in lead_ids_by_template.items():
            for lead in self._select_by_rule("funnel.task.template", template.id, template.applies_to, lead_ids):
                applicable[lead.id][template.id] = template
        return applicable

    @api.model
    def _insert_tasks(self, pairs, fulfilled=frozenset()):
        """Create tasks for pairs of a lead id and a template id, in one statement however many there are.

        The ORM inserts a hundred rows at a time. Two transactions that bring a lead into a stage at the same moment
        make one task: whoever comes second adds nothing.

        :param fulfilled: the pairs whose tasks are done by themselves already; the others are open
        :returns: those of the new open tasks that start with an activity or a request, as superuser
        """
        Task = self.env["funnel.task"].sudo()
        if not pairs:
            return Task
        rules = self.env["crm.team"]._get_funnel_rules()
        leads = self.browse(dict(pairs)).sudo()
        now, uid = self.env.cr.now(), self.env.uid
        deadlines = leads._get_deadlines([(lead_id, template_id, now) for lead_id, template_id in pairs])
        done = SQL("'done', %s::integer, %s::timestamp", uid, now)
        still_open = SQL("'open', NULL::integer, NULL::timestamp")
        rows = [
            SQL(
                "(%s, %s, %s, %s, %s::timestamp, %s)",
                *(lead_id, template_id, rules.templates[template_id].stage_id),
                done if (lead_id, template_id) in fulfilled else still_open,
                deadlines[lead_id, template_id] or None,
                SQL("%s, %s, %s, %s, %s", now, uid, now, uid, now),
            )
            for lead_id, template_id in pairs
        ]
        Task.flush_model()
        leads.flush_recordset(["active"])  # a new lead has to be there before its tasks
        created = self.env.execute_query(
            SQL(
                """INSERT INTO funnel_task (lead_id, template_id, stage_id, state, user_id, done_date, deadline,
                                            opened_date, create_uid, create_date, write_uid, write_date)
                   VALUES %s ON CONFLICT (lead_id, template_id) DO NOTHING RETURNING id, lead_id, template_id""",
                SQL(", ").join(rows),
            )
        )
        self.env["crm.lead"].invalidate_model(["funnel_task_ids"], flush=False)
        leads.modified(["funnel_task_ids"])
        self.env["funnel.task.template"].invalidate_model(["task_ids"], flush=False)
        return Task.browse(
            task_id
            for task_id, lead_id, template_id in created
            if rules.templates[template_id].starts_something and (lead_id, template_id) not in fulfilled
        )

    def _get_deadlines(self, items):
        """Return when tasks are due, in UTC, by pairs of a lead id and a template id; False for no deadline.

        :param items: triples of a lead id, a template id, and the moment at which the task has appeared
        """
        rules = self.env["crm.team"]._get_funnel_rules()
        due_at, deadlines = cache(rules.due_at), {}  # leads that come together are mostly due together
        leads = self.browse(dict.fromkeys(item[0] for item in items))
        for lead_id, template_id, opened in items:
            rule = rules.templates[template_id].deadline
            lead = self.browse(lead_id).with_prefetch(leads.ids)
            moment = rule and (opened if rule.anchor == ENTRY else rule.anchor in lead._fields and lead[rule.anchor])
            deadlines[lead_id, template_id] = moment and due_at(rule, moment, lead.team_id.id, lead.company_id.id)
        return deadlines

    # ------------------------------------------------------------
    # PROGRESS
    # ------------------------------------------------------------

    @api.depends("funnel_task_ids.state", "stage_id")
    def _compute_funnel_task_progress(self):
        found = self._read_facts("task")["task"]
        for lead in self:
            progress = lead._get_task_progress(found.get(lead._origin.id, ()))
            lead.funnel_task_count, lead.funnel_task_done_count, lead.funnel_approval_state = progress

    def _get_task_progress(self, counts):
        """Return how many tasks this lead has in its stage, how many are done, and how its approvals stand.

        :param counts: lists of a stage id, a state and how many tasks of that stage are in it
        """
        here = [(state, count) for stage_id, state, count in counts if stage_id == self.stage_id.id]
        waiting = {state for _stage_id, state, _count in counts}  # an approval may be asked for ahead of its stage
        return (
            sum(count for _state, count in here),
            sum(count for state, count in here if state in DONE_STATES),
            next((state for state in ("refused", "requested") if state in waiting), False),
        )

    @api.model
    def _get_fact_queries(self):
        return {**super()._get_fact_queries(), "task": self._select_task_facts}

    @api.model
    def _select_task_facts(self, lead_ids):
        Task = self.env["funnel.task"]
        return SQL(
            """SELECT 'task', lead_id, jsonb_build_array(stage_id, state, count(*)) FROM funnel_task
                WHERE lead_id = ANY(%s) AND state != 'cancelled' GROUP BY lead_id, stage_id, state""",
            lead_ids,
            to_flush=[Task._fields[name] for name in ("lead_id", "stage_id", "state")],
        )

    def _add_board_facts(self, found, told):
        told = super()._add_board_facts(found, told)
        for lead in self._browse_found(found["task"]):
            count, done_count, approval = lead._get_task_progress(found["task"][lead.id])
            if count or approval:
                told[lead.id].update(tasks=count, tasks_done=done_count, approval=approval)
        return told

    @api.depends("stage_id.material_ids")
    @api.depends_context("uid")
    def _compute_funnel_material_ids(self):
        """Offer the materials of the stage, but for those that the reader may not open: one would close the form."""
        rules = self.env["crm.team"]._get_funnel_rules()
        self.funnel_material_ids = False
        # a file that is deleted goes from its stage without a word to the rules, so stages may have none any more
        bare = {stage_id for stage_id, stage in rules.stages.items() if not stage.has_materials}
        equipped = self.filtered(lambda lead: lead.stage_id.id not in bare)
        if not equipped:
            return
        stages = equipped.sudo().stage_id
        readable = stages.material_ids.sudo(False)._filtered_access("read")
        for lead in equipped:
            lead.funnel_material_ids = lead.sudo().stage_id.material_ids.sudo(False) & readable
