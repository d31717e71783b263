from odoo import api, models
from odoo.fields import Domain

from .funnel_requirement_mixin import QUESTION_PREFIX


class FunnelMapMixin(models.AbstractModel):
    """The process map: what the configuration of funnels looks like, as plain data for one picture."""

    _name = "funnel.map.mixin"
    _description = "Process Map of Funnels"

    @api.readonly
    def funnel_get_map(self):
        """Return what the process map of these funnels shows; of all funnels when called on none.

        Funnels that the user may not see, such as those of other companies, are left out, and so are teams that are no
        funnels. Texts come in the language of the user. The number of queries does not depend on the number of funnels,
        stages or rules.

        :returns: a dictionary with

            - ``funnels``, in their order: ``id``, ``name``, ``kind`` and ``kind_name``, ``head`` (a name or empty),
              ``stages`` and ``transitions``; see :meth:`_prepare_map_stage` and :meth:`_prepare_map_transitions`
            - ``crossings``, the ways between funnels; see :meth:`_get_map_crossings`
            - ``can_configure``, whether the user may change a stage
        :rtype: dict
        :raises AccessError: for users who may not read the configuration of funnels
        """
        self.env["funnel.requirement"].check_access("read")
        known = self._get_map_funnels()
        shown = known.filtered(lambda team: team.id in self.ids) if self else known
        labels = self._get_map_labels(shown)
        return {
            "funnels": [team._prepare_map_funnel(labels) for team in shown],
            "crossings": [
                crossing
                for crossing in known._get_map_crossings()
                if crossing["from_funnel_id"] in shown.ids or crossing["to_funnel_id"] in shown.ids
            ],
            "can_configure": self.env["crm.stage"].has_access("write"),
        }

    def _get_map_funnels(self):
        """Return the funnels the user may see, archived ones only when they are asked for."""
        wanted = Domain("active", "=", True) | Domain("id", "in", self.ids)
        return self.with_context(active_test=False).search(Domain("funnel_kind", "!=", False) & wanted)

    def _get_map_labels(self, teams):
        """Return what the lead fields and the questions that these funnels ask for are called, by name."""
        rules, Lead = self.env["crm.team"]._get_funnel_rules(), self.env["crm.lead"]
        requirements = [
            requirement
            for team in teams
            for stage_id in rules.funnels[team.id].stage_ids
            for requirement in rules.stages[stage_id].requirements
        ]
        labels = Lead._get_field_labels({name for item in requirements for name in item.field_names})
        if any(item.property_names for item in requirements):
            for name, question in Lead._get_questions(teams).items():
                labels[QUESTION_PREFIX + name] = question.get("string") or name
        return labels

    # ------------------------------------------------------------
    # FUNNELS AND STAGES
    # ------------------------------------------------------------

    def _prepare_map_funnel(self, labels):
        self.ensure_one()
        stage_ids = self._get_funnel_rules().funnels[self.id].stage_ids
        kinds = dict(self._fields["funnel_kind"]._description_selection(self.env))
        stages = self.env["crm.stage"].browse(stage_ids).with_prefetch(self.stage_ids._prefetch_ids)
        return {
            "id": self.id,
            "name": self.name,
            "kind": self.funnel_kind,
            "kind_name": kinds[self.funnel_kind],
            "head": self.user_id.sudo().name or "",  # a name that every card of the funnel shows as well
            "stages": [self._prepare_map_stage(stage, labels) for stage in stages],
            "transitions": self._prepare_map_transitions(stage_ids),
        }

    def _prepare_map_stage(self, stage, labels):
        """Return a stage of this funnel for the map.

        :param stage: the record of ``crm.stage``
        :param dict labels: what fields and questions are called
        :returns: ``id``, ``name``, ``is_won``, ``is_irreversible``, ``is_side_stage``, ``fold``, ``is_free`` (no
            transition says where leads go from here), the requirements to ``enter`` and to ``leave`` and what to
            ``keep`` (``id``, ``text``, ``for_some``), the ``tasks`` and ``approvals`` (``id``, ``name``, ``role``,
            ``mandatory``, ``for_some``), and the ``reminders`` (``id``, ``name``, ``roles``, ``for_some``)
        """
        rule = self._get_funnel_rules().stages[stage.id]
        return {
            "id": stage.id,
            "name": stage.name,
            "is_won": stage.is_won,
            "is_irreversible": stage.is_irreversible,
            "is_side_stage": stage.is_side_stage,
            "fold": stage.fold,
            "is_free": self.funnel_kind == "deferred" or not rule.transitions,
            "enter": [self._prepare_map_requirement(item, labels) for item in rule.requirements_at("enter")],
            "leave": [self._prepare_map_requirement(item, labels) for item in rule.requirements_at("leave")],
            "keep": [self._prepare_map_requirement(item, labels) for item in rule.requirements_at("keep")],
            "tasks": [self._prepare_map_task(item) for item in rule.tasks if item.kind == "todo"],
            "approvals": [self._prepare_map_task(item) for item in rule.tasks if item.kind == "approval"],
            "reminders": [self._prepare_map_reminder(item) for item in rule.reminders],
        }

    @api.model
    def _prepare_map_requirement(self, requirement, labels):
        names = [*requirement.field_names, *(QUESTION_PREFIX + name for name in requirement.property_names)]
        message = self._get_funnel_rules().text("funnel.requirement", requirement.id, self.env.lang)
        named = ", ".join(labels[name] for name in names if name in labels)
        return {
            "id": requirement.id,
            "text": self.env["crm.lead"]._describe_requirement(requirement, message, named),
            "for_some": requirement.applies_to != "[]",
        }

    @api.model
    def _prepare_map_task(self, template):
        rules, lang = self._get_funnel_rules(), self.env.lang
        return {
            "id": template.id,
            "name": rules.text("funnel.task.template", template.id, lang),
            "role": rules.text("funnel.role", template.role_id, lang),
            "mandatory": template.mandatory,
            "for_some": template.applies_to != "[]",
        }

    @api.model
    def _prepare_map_reminder(self, reminder):
        rules, lang = self._get_funnel_rules(), self.env.lang
        return {
            "id": reminder.id,
            "name": rules.text("funnel.reminder", reminder.id, lang),
            "roles": [rules.text("funnel.role", role_id, lang) for role_id in reminder.role_ids],
            "for_some": reminder.condition != "[]",
        }

    # ------------------------------------------------------------
    # WAYS
    # ------------------------------------------------------------

    def _prepare_map_transitions(self, stage_ids):
        """Return the transitions within this funnel.

        :param stage_ids: the ids of its stages
        :returns: a list of ``id``, ``from_stage_id``, ``to_stage_id``, ``is_conditional``, ``message`` (what those are
            told who may not take it), ``roles`` (names; empty: everybody) and ``reason_required``
        """
        if self.funnel_kind == "deferred":
            return []  # there the month decides, and the engine asks no transition
        rules, lang = self._get_funnel_rules(), self.env.lang
        return [
            {
                "id": way.id,
                "from_stage_id": stage_id,
                "to_stage_id": way.to_stage_id,
                "is_conditional": way.condition != "[]",
                "message": rules.text("funnel.transition", way.id, lang),
                "roles": [rules.text("funnel.role", role_id, lang) for role_id in way.role_ids],
                "reason_required": way.reason_required,
            }
            for stage_id in stage_ids
            for way in rules.stages[stage_id].transitions
            if way.to_stage_id in stage_ids
        ]

    def _get_map_crossings(self):
        """Return the ways that lead from one of these funnels into another of them.

        :returns: a list of ``kind``, ``label``, ``from_funnel_id``, ``from_name``, ``to_funnel_id`` and ``to_name``
        """
        return [
            self._prepare_map_crossing("convert", self.env._("Converts into"), team, team.deal_team_id)
            for team in self
            if team.deal_team_id in self
        ]

    @api.model
    def _prepare_map_crossing(self, kind, label, origin, target):
        return {
            "kind": kind,
            "label": label,
            "from_funnel_id": origin.id,
            "from_name": origin.name,
            "to_funnel_id": target.id,
            "to_name": target.name,
        }
