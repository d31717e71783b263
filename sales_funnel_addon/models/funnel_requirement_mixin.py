import ast
from collections import Counter
from datetime import UTC, datetime, timedelta
from functools import lru_cache

from odoo import api, fields, models
from odoo.exceptions import ValidationError
from odoo.fields import Domain
from odoo.tools import SQL

from ..tools.values import UNDEMANDABLE_PROPERTIES, is_missing

#: How the answer to a question of the questionnaire is named among the fields of a lead.
QUESTION_PREFIX = "lead_properties."


@lru_cache(maxsize=1000)
def _read_terms(text):
    """Return the terms of the filter of a rule; reading the same text for every move takes longer than using it.

    No domain is kept: it remembers the fields of the registry in which it was used first.
    """
    return tuple(ast.literal_eval(text))


class FunnelRequirementMixin(models.AbstractModel):
    """How each kind of requirement is checked, for a whole batch of leads at once."""

    _name = "funnel.requirement.mixin"
    _description = "Checks of Stage Requirements"

    def _check_requirement(self, requirement, lead_ids):
        """Return the leads that do not meet a requirement, by id, with the names of what they can fill in for it.

        :param sales_funnel_addon.tools.funnel_rules.Requirement requirement: what is checked
        :param lead_ids: the ids of the leads
        """
        leads = self._select_by_rule("funnel.requirement", requirement.id, requirement.applies_to, lead_ids)
        return getattr(leads, f"_check_{requirement.kind}")(requirement) if leads else {}

    def _as_judge(self):
        """Return the leads as the rules see them: all of them, and the same whatever context a client sends."""
        # A rule holds whether or not the user may read all that it looks at, such as orders of a colleague.
        # from a cache, for reading the user would take two queries; without a zone Odoo would look it up there again
        tz = self.env["res.users"].context_get().get("tz") or "UTC"
        clean = {"lang": "en_US", "tz": tz, "active_test": True}
        return self if self.env.su and self.env.context == clean else self.with_env(self.env(su=True, context=clean))

    def _select_by_rule(self, model_name, rule_id, domain, lead_ids):
        """Return those of the leads with these ids that match the domain of a rule, as the rules see them."""
        leads = self.browse(lead_ids).with_prefetch(self._prefetch_ids)._as_judge()
        return leads._filter_by_rule(model_name, rule_id, domain)

    def _filter_by_rule(self, model_name, rule_id, domain):
        """Return the leads that match the domain of a rule.

        :param str model_name: the model of the rule
        :raises ValidationError: when it speaks of a field that is gone: a broken rule lets nobody pass
        """
        if domain == "[]":
            return self
        try:
            return self.filtered_domain(Domain(_read_terms(domain)))
        except (ValueError, KeyError, TypeError) as error:
            rule = self.env[model_name].browse(rule_id)
            raise ValidationError(
                self.env._(
                    "The rule “%(name)s” of the stage “%(stage)s” is broken: %(error)s. Tell a funnel manager.",
                    name=rule.display_name,
                    stage=rule["from_stage_id" if "from_stage_id" in rule else "stage_id"].name,
                    error=error,
                )
            ) from error

    # ------------------------------------------------------------
    # KINDS
    # ------------------------------------------------------------

    def _check_fields(self, requirement):
        asked = (*requirement.field_names, *(QUESTION_PREFIX + name for name in requirement.property_names))
        failed = {}
        for lead in self:
            missing = lead._get_missing_fields(requirement.field_names)
            missing += lead._get_unanswered_questions(requirement.property_names)
            if missing and (not requirement.any_field or len(missing) == len(asked)):
                failed[lead.id] = missing
        return failed

    def _check_condition(self, requirement):
        met = self._filter_by_rule("funnel.requirement", requirement.id, requirement.condition)
        return {lead.id: requirement.field_names for lead in self - met}

    def _check_activity(self, requirement):
        Activity = self.env["mail.activity"]
        type_ids = requirement.activity_type_ids
        # every move asks this: grouped by the ORM it would take twice as long
        statement = SQL(
            """SELECT res_id, MIN(date_deadline) FROM mail_activity
                WHERE res_model = 'crm.lead' AND res_id = ANY(%s) AND active AND %s GROUP BY res_id""",
            self.ids,
            SQL("activity_type_id IN %s", type_ids) if type_ids else SQL("TRUE"),
            to_flush=[Activity._fields[name] for name in ("res_id", "date_deadline", "active", "activity_type_id")],
        )
        first = dict(self.env.execute_query(statement))
        last = self._get_last_days(requirement) if requirement.activity_days else {}
        return {
            lead.id: () for lead in self if lead.id not in first or first[lead.id] > last.get(lead.id, first[lead.id])
        }

    def _get_last_days(self, requirement):
        """Return until when an activity has to be planned, by lead id."""
        rules, today = self.env["crm.team"]._get_funnel_rules(), fields.Date.context_today(self)
        last = {}
        for lead in self:
            working_time = rules.working_time(lead.team_id.id, lead.company_id.id)
            start = lead[requirement.activity_from] if requirement.activity_from in self._fields else False
            if isinstance(start, datetime):
                start = working_time.day_of(start)
            start = start or today
            if requirement.activity_working:
                last[lead.id] = working_time.add_days(start, requirement.activity_days)
            else:
                last[lead.id] = start + timedelta(days=requirement.activity_days)
        return last

    def _check_attachments(self, requirement):
        if requirement.document_kind_id:
            names = []
            domain = [("lead_id", "in", self.ids), ("kind_id", "=", requirement.document_kind_id)]
            found = self.env["funnel.document"]._read_group(domain, ["lead_id"], ["__count"])
            counts = {lead.id: count for lead, count in found}
        elif requirement.attachment_field:
            names = [requirement.attachment_field] if requirement.attachment_field in self._fields else []
            counts = {lead.id: sum(len(lead[name]) for name in names) for lead in self}
        else:
            names = []
            Attachment = self.env["ir.attachment"]
            statement = SQL(
                """SELECT res_id, COUNT(*) FROM ir_attachment
                    WHERE res_model = 'crm.lead' AND res_id = ANY(%s) AND res_field IS NULL GROUP BY res_id""",
                self.ids,
                to_flush=[Attachment._fields[name] for name in ("res_id", "res_model", "res_field")],
            )
            counts = dict(self.env.execute_query(statement))
        return {lead.id: tuple(names) for lead in self if counts.get(lead.id, 0) < requirement.minimum}

    def _check_contacts(self, requirement):
        domain = Domain("lead_id", "in", self.ids)
        if requirement.contact_outcome == "reached":
            domain &= Domain("outcome", "=", "reached")
        since = self._get_start_of_counting(requirement.contact_scope)
        contacts = self.env["funnel.contact"].search_fetch(domain, ["lead_id", "date"])
        counts = Counter(
            contact.lead_id.id
            for contact in contacts
            if contact.lead_id.id not in since or contact.date >= since[contact.lead_id.id]
        )
        return {lead.id: () for lead in self if counts[lead.id] < requirement.minimum}

    def _get_start_of_counting(self, scope):
        """Return the moment from which contact attempts count, by lead id; none where all of them do."""
        if scope == "day":
            now = fields.Datetime.context_timestamp(self, fields.Datetime.now())
            midnight = now.replace(hour=0, minute=0, second=0, microsecond=0)
            return dict.fromkeys(self.ids, midnight.astimezone(UTC).replace(tzinfo=None))
        return self._get_stage_entry_dates() if scope == "stage" else {}

    # ------------------------------------------------------------
    # VALUES
    # ------------------------------------------------------------

    def _get_missing_fields(self, field_names):
        """Return those of the fields that are not filled in on this lead; a field that is gone is not missing."""
        names = (name for name in field_names if name in self._fields)
        return tuple(name for name in names if is_missing(self._fields[name].type, self[name]))

    def _get_unanswered_questions(self, property_names):
        """Return those of the questions that this lead has no answer to, as names of fields.

        A question that the funnel of the lead no longer asks is not missing.
        """
        if not property_names:
            return ()
        questions = self._get_questions(self.team_id)
        answers = self.lead_properties
        return tuple(
            QUESTION_PREFIX + name
            for name in property_names
            if name in questions and is_missing(questions[name]["type"], answers.get(name))
        )

    @api.model
    def _get_questions(self, teams):
        """Return the definitions of the questions that the funnels ask, by the name of the property."""
        definitions = [item for team in teams.sudo() for item in team.lead_properties_definition or ()]
        return {item["name"]: item for item in definitions if item["type"] not in UNDEMANDABLE_PROPERTIES}
