from odoo import api, models
from odoo.exceptions import ValidationError


class FunnelWordsMixin(models.AbstractModel):
    """What the gate says: verdicts in the words of the user, and as data for the web client."""

    _name = "funnel.words.mixin"
    _description = "Words of the Gate"

    def _collect_refusals(self, verdicts, refusals):
        """Add what the verdicts find missing to the lines of text by lead id."""
        messages = self._read_messages(verdicts.values())
        for lead_id, verdict in verdicts.items():
            requirements = self._describe_requirements(verdict, messages)
            lines = [*verdict.forbidden, *(item["message"] for item in requirements)]
            if lines:
                refusals.setdefault(lead_id, []).extend(lines)

    @api.model
    def _read_messages(self, verdicts):
        """Return the messages of all requirements that the verdicts mention, by id."""
        ids = {requirement.id for verdict in verdicts for requirement in (*verdict.missing, *verdict.unmet)}
        # Messages are configuration that salespeople have no menu for, yet they are written for them.
        requirements = self.env["funnel.requirement"].sudo().with_context(active_test=False)
        found = requirements.search_fetch([("id", "in", list(ids))], ["message"]) if ids else requirements
        return {requirement.id: requirement.message for requirement in found}

    def _describe_requirements(self, verdict, messages):
        """Return what is not met, for people and for the web client.

        :param Verdict verdict: what the gate says about one lead
        :param dict messages: the messages of the requirements by id, see :meth:`_read_messages`
        """
        labels = self._get_field_labels({name for names in verdict.missing.values() for name in names})
        return [
            {
                "id": requirement.id,
                "message": self._describe_requirement(
                    requirement, messages.get(requirement.id), ", ".join(labels[name] for name in names)
                ),
                "field_names": list(names),
                "any_field": requirement.any_field,
            }
            for requirement, names in {**verdict.missing, **dict.fromkeys(verdict.unmet, ())}.items()
        ]

    @api.model
    def _describe_requirement(self, requirement, message, labels):
        """Return one line of text: the message of the requirement, the labels of what is missing, or both."""
        if message and labels:
            return self.env._("%(message)s (%(fields)s)", message=message, fields=labels)
        if requirement.any_field:
            return self.env._("Fill in at least one of: %s", labels)
        return message or self.env._("Fill in: %s", labels)

    def _describe_missing_fields(self, verdict):
        """Return the definitions of the missing fields, once each, in the order of the requirements."""
        names = list(dict.fromkeys(name for names in verdict.missing.values() for name in names))
        definitions = self.fields_get(names) if names else {}
        return [{"name": name, **definitions[name]} for name in names if name in definitions]

    def _describe_allowed_stages(self):
        """Return the stages of the funnel that are not forbidden for this lead."""
        rules = self.env["crm.team"]._get_funnel_rules()
        here = self._get_target_state(self.stage_id.id)
        if not here.funnel_id:
            return []
        furthest = self._get_furthest_positions({self.id: here}, {self.id: here}).get(self.id, -1)
        stages = self.env["crm.stage"].browse(rules.funnels[here.funnel_id].stage_ids) - self.stage_id
        return [
            {"id": stage.id, "name": stage.name}
            for stage in stages
            if not rules.barrier(here.funnel_id, stage.id, furthest)
        ]

    @api.model
    def _get_field_labels(self, names):
        """Return the labels of lead fields in the user's language, by name."""
        definitions = self.sudo().fields_get(list(names), ["string"]) if names else {}
        return {name: definitions[name]["string"] for name in names}

    def _raise_refusals(self, refusals):
        """Raise one error for the whole batch.

        :param dict refusals: lines of text by lead id
        """
        if not refusals:
            return
        blocks = []
        for lead in self.browse(refusals):
            lines = "\n".join(f"• {line}" for line in dict.fromkeys(refusals[lead.id]))
            blocks.append(f"{lead.display_name}\n{lines}")
        raise ValidationError("\n\n".join(blocks))
