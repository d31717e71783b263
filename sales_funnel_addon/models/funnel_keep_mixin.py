from collections import defaultdict

from odoo import models

from ..tools.values import is_missing


class FunnelKeepMixin(models.AbstractModel):
    """What stays as it was entered while a lead is in a stage, such as a discount that was promised.

    What counts is where the lead stands before the write: a value can neither be changed there nor on the way out. An
    approval may release it; the change uses the approval up.
    """

    _name = "funnel.keep.mixin"
    _description = "Values that are Kept"

    def _get_entered_values(self, touched):
        """Return what a write must not change: values by field name, by requirement and lead id.

        :param touched: the names of the fields that it changes
        """
        rules = self.env["crm.team"]._get_funnel_rules()
        if rules.kept_fields.isdisjoint(touched):
            return {}
        by_requirement = defaultdict(list)
        for lead in self:
            if lead.team_id.id in rules.funnels and lead.stage_id.id in rules.stages:
                for requirement in rules.stages[lead.stage_id.id].requirements_at("keep"):
                    by_requirement[requirement].append(lead.id)
        entered = defaultdict(dict)
        for requirement, lead_ids in by_requirement.items():
            names = [name for name in requirement.field_names if name in touched and name in self._fields]
            if not names:
                continue
            for lead in self._select_by_rule("funnel.requirement", requirement.id, requirement.applies_to, lead_ids):
                found = {name: lead[name] for name in names if not is_missing(self._fields[name].type, lead[name])}
                if found:
                    entered[requirement][lead.id] = found
        return entered

    def _check_entered_values(self, entered):
        """Refuse changes of what is kept, but for those that an approval releases.

        :param dict entered: what :meth:`_get_entered_values` has returned before the write
        :raises ValidationError: naming every lead and everything that stays as it is
        """
        changes = {}
        for requirement, values in entered.items():
            for lead in self.browse(values)._as_judge():
                names = [name for name, value in values[lead.id].items() if lead[name] != value]
                if names:
                    changes[requirement, lead.id] = names
        if not changes:
            return
        releases = self._get_releases(changes)
        labels = self._get_field_labels({name for names in changes.values() for name in names})
        refusals = defaultdict(list)
        for (requirement, lead_id), names in changes.items():
            if (requirement.release_template_id, lead_id) not in releases:
                refusals[lead_id] += self._describe_kept(requirement, ", ".join(labels[name] for name in names))
        self._raise_refusals(refusals)
        # the next change needs a word of its own; the engine takes this one back, whoever has made the change
        used = self.env["funnel.task"].sudo().browse(releases.values())
        used.write({"state": "open", "user_id": False, "done_date": False})

    def _get_releases(self, changes):
        """Return the ids of the approvals of changes, by the id of the template and of the lead.

        :param changes: pairs of a requirement and a lead id
        """
        asked = {(requirement.release_template_id, lead_id) for requirement, lead_id in changes}
        domain = [
            ("template_id", "in", [template_id for template_id, _lead_id in asked if template_id]),
            ("lead_id", "in", [lead_id for _template_id, lead_id in asked]),
            ("state", "=", "approved"),
        ]
        # it holds for whoever makes the change
        tasks = self.env["funnel.task"].sudo().search_fetch(domain, ["template_id", "lead_id"])
        given = {(task.template_id.id, task.lead_id.id): task.id for task in tasks}
        return {pair: task_id for pair, task_id in given.items() if pair in asked}

    def _describe_kept(self, requirement, labels):
        """Return why fields cannot be changed, as lines of text."""
        rules, lang = self.env["crm.team"]._get_funnel_rules(), self.env.lang
        lines = [
            self._describe_requirement(requirement, rules.text("funnel.requirement", requirement.id, lang), labels)
        ]
        template = rules.templates.get(requirement.release_template_id)
        if template:
            lines.append(
                self.env._(
                    "Needs an approval: %(approval)s (%(role)s)",
                    approval=rules.text("funnel.task.template", template.id, lang),
                    role=rules.text("funnel.role", template.role_id, lang),
                )
            )
        return lines
