from odoo import api, models
from odoo.exceptions import ValidationError
from odoo.tools import SQL

from ..tools.roles import RolePeople
from .funnel_requirement_mixin import QUESTION_PREFIX


class FunnelWordsMixin(models.AbstractModel):
    """What the gate says: verdicts in the words of the user, and as data for the web client."""

    _name = "funnel.words.mixin"
    _description = "Words of the Gate"

    def _collect_refusals(self, verdicts, refusals):
        """Add what the verdicts find missing to the lines of text by lead id."""
        rules, lang = self.env["crm.team"]._get_funnel_rules(), self.env.lang
        for lead_id, verdict in verdicts.items():
            lines = [*verdict.forbidden, *(item["message"] for item in self._describe_requirements(verdict))]
            for template in verdict.open_tasks:
                lines.append(self.env._("To do first: %s", rules.text("funnel.task.template", template.id, lang)))
            for template in verdict.approvals:
                lines.append(
                    self.env._(
                        "Needs an approval: %(approval)s (%(role)s)",
                        approval=rules.text("funnel.task.template", template.id, lang),
                        role=rules.text("funnel.role", template.role_id, lang),
                    )
                )
            if verdict.needs_reason:
                lines.append(self.env._("Write the reason for this move."))
            if lines:
                refusals.setdefault(lead_id, []).extend(lines)

    def _describe_move_to(self, stage_id, reason=""):
        """Return why each lead may not go to a stage, as lines of text by lead id; empty for those that may.

        :param int stage_id: the id of the stage
        :param str reason: why they go there, where a transition asks for it
        """
        targets = {lead.id: lead._get_target_state(stage_id) for lead in self}
        refusals = {}
        self._collect_refusals(self._judge_moves(targets, reasons=dict.fromkeys(self.ids, reason)), refusals)
        return {lead.id: "\n".join(dict.fromkeys(refusals.get(lead.id, ()))) for lead in self}

    def _describe_requirements(self, verdict):
        """Return what is not met, for people and for the web client.

        :param Verdict verdict: what the gate says about one lead
        :returns: ``id``, ``kind``, ``message``, ``speaks_for_itself`` (the message only repeats the labels of the
            fields), ``field_names`` (what can be filled in for it), ``any_field`` (one of them is enough) and
            ``document_kind_id`` (of which kind a file has to be; False where every file counts)
        """
        rules = self.env["crm.team"]._get_funnel_rules()
        labels = self._get_field_labels({name for names in verdict.unmet.values() for name in names})
        described, places = [], rules.card_places
        for requirement, unsorted in verdict.unmet.items():
            names = sorted(unsorted, key=lambda name: places.get(name, -1))
            text = rules.text("funnel.requirement", requirement.id, self.env.lang)
            described.append(
                {
                    "id": requirement.id,
                    "kind": requirement.kind,
                    "message": self._describe_requirement(requirement, text, ", ".join(labels[name] for name in names)),
                    # beside the missing fields, their labels need not be repeated
                    "speaks_for_itself": requirement.kind == "fields" and not (text or requirement.any_field),
                    "field_names": list(names),
                    "any_field": requirement.any_field,
                    "document_kind_id": requirement.document_kind_id,
                }
            )
        return described

    @api.model
    def _describe_requirement(self, requirement, message, labels):
        """Return one line of text: the message of the requirement, the labels of what is missing, or both."""
        if requirement.moment == "keep" and not message:
            return self.env._("Stays as it was entered: %s", labels)
        if requirement.kind != "fields":
            return message or self._describe_need(requirement)
        if message:
            return self.env._("%(message)s (%(fields)s)", message=message, fields=labels)
        if requirement.any_field:
            return self.env._("Fill in at least one of: %s", labels)
        return self.env._("Fill in: %s", labels)

    @api.model
    def _describe_need(self, requirement):
        """Return what a requirement without a message of its own asks for."""
        if requirement.kind == "activity" and requirement.activity_days:
            if requirement.activity_working:
                return self.env._("Plan an activity within %s working days", requirement.activity_days)
            return self.env._("Plan an activity within %s days", requirement.activity_days)
        if requirement.kind == "activity":
            return self.env._("Plan an activity")
        if requirement.kind == "attachments" and requirement.document_kind_id:
            rules = self.env["crm.team"]._get_funnel_rules()
            kind = rules.text("funnel.document.kind", requirement.document_kind_id, self.env.lang)
            if requirement.minimum == 1:
                return self.env._("Add the document: %s", kind)
            return self.env._("Add documents: %(kind)s, at least %(minimum)s", kind=kind, minimum=requirement.minimum)
        if requirement.kind == "attachments":
            return self.env._("Attach files, at least: %s", requirement.minimum)
        if requirement.contact_outcome == "reached":
            return self.env._("Reach the client, at least so many times: %s", requirement.minimum)
        return self.env._("Try to contact the client, at least so many times: %s", requirement.minimum)

    def _describe_missing_fields(self, verdict):
        """Return the definitions of the missing fields, once each, in the order in which they stand on the card.

        The questions of the questionnaire come as the one field that holds them all, with the names of the questions
        and what each of them is.
        """
        names = list(dict.fromkeys(name for names in verdict.unmet.values() for name in names))
        questions = [name.removeprefix(QUESTION_PREFIX) for name in names if name.startswith(QUESTION_PREFIX)]
        places = self.env["crm.team"]._get_funnel_rules().card_places
        names = sorted(dict.fromkeys(name.partition(".")[0] for name in names), key=lambda name: places.get(name, -1))
        # as views get them; how amounts are added up nobody asks here, and it takes two queries to tell
        attributes = [name for name in self._get_view_field_attributes() if name != "aggregator"]
        definitions = self.fields_get(names, attributes) if names else {}
        known = self._get_questions(self.team_id) if questions else {}
        extra = {"lead_properties": {"questions": questions, "definitions": [known[name] for name in questions]}}
        return [{"name": name, **definitions[name], **extra.get(name, {})} for name in names if name in definitions]

    def _describe_tasks(self, templates, tasks):
        """Return tasks and approvals that keep this lead from moving, for the web client.

        :param list templates: the templates of what is not done
        :param dict tasks: pairs of the id and the state of a task by the id of its template
        :returns: ``id`` (False for a task of a stage in which the lead has not been), ``template_id``, ``name``,
            ``stage``, ``role``, ``state``, ``people`` (names of those who are expected to act), ``can_do`` (whether
            this user may do it) and ``comment`` (of a refusal)
        """
        if not templates:
            return []
        rules, lang = self.env["crm.team"]._get_funnel_rules(), self.env.lang
        people = self._get_role_people({template.role_id for template in templates if template.role_id})
        names = self._get_user_names({user_id for found in people.values() for user_id in found.performers})
        # what colleagues wrote about this very lead
        records = self.env["funnel.task"].sudo().browse([tasks[template.id][0] for template in templates])
        comments = {task.id: task.comment for task in records if task.id}
        is_manager = self.env.user.has_group("sales_funnel_addon.group_funnel_manager")
        described = []
        for template in templates:
            task_id, state = tasks[template.id]
            found = people.get((self.id, template.role_id), RolePeople())
            allowed = self.env.uid in found.members or (is_manager and template.role_id and not found.members)
            if template.kind == "todo":
                allowed = allowed or not template.role_id or self.funnel_can_override
            described.append(
                {
                    "id": task_id,
                    "template_id": template.id,
                    "name": rules.text("funnel.task.template", template.id, lang),
                    "stage": rules.text("crm.stage", template.stage_id, lang),
                    "role": rules.text("funnel.role", template.role_id, lang),
                    "state": state,
                    "people": [names[user_id] for user_id in found.performers],
                    "can_do": bool(allowed),
                    "comment": comments.get(task_id) or "",
                }
            )
        return described

    @api.model
    def _get_user_names(self, user_ids):
        """Return the names of colleagues by the id of the user, in one query."""
        if not user_ids:
            return {}
        users = self.env["res.users"].sudo()
        query = users._search([("id", "in", list(user_ids))], active_test=False)
        name = users._field_to_sql(query.table, "name", query)
        return dict(self.env.execute_query(query.select(SQL.identifier(query.table, "id"), name)))

    def _describe_allowed_stages(self, closed):
        """Return the stages of the funnel that this lead may go to, given why others are closed by stage id."""
        rules = self.env["crm.team"]._get_funnel_rules()
        funnel = rules.funnels.get(self.team_id.id)
        stage_ids = funnel.stage_ids if funnel else ()
        return [
            {"id": stage_id, "name": rules.text("crm.stage", stage_id, self.env.lang)}
            for stage_id in stage_ids
            if stage_id not in closed and stage_id != self.stage_id.id
        ]

    def _get_field_labels(self, names):
        """Return the labels of lead fields and of questions in the user's language, by name."""
        fields = [name for name in names if not name.startswith(QUESTION_PREFIX)]
        definitions = self.sudo().fields_get(fields, ["string"]) if fields else {}
        labels = {name: definitions[name]["string"] for name in fields}
        if len(fields) < len(names):
            for name, question in self._get_questions(self.team_id).items():
                labels[QUESTION_PREFIX + name] = question.get("string") or name
        return labels

    def _raise_refusals(self, refusals):
        """Raise one error for the whole batch.

        The error carries the refusals as ``funnel_refusals``: the text by the place of the lead in the batch, for
        whoever wants to go on without those leads, which are gone by then.

        :param dict refusals: lines of text by lead id
        """
        if not refusals:
            return
        texts = {lead_id: "\n".join(f"• {line}" for line in dict.fromkeys(refusals[lead_id])) for lead_id in refusals}
        blocks = [f"{lead.display_name}\n{texts[lead.id]}" for lead in self.browse(refusals)]
        error = ValidationError("\n\n".join(blocks))
        places = {lead_id: place for place, lead_id in enumerate(sorted(self.ids))}
        error.funnel_refusals = {places[lead_id]: text for lead_id, text in texts.items() if lead_id in places}
        error.funnel_batch_size = len(places)
        raise error
