from collections import defaultdict

from odoo import api, models
from odoo.fields import Domain
from odoo.tools import SQL, ormcache

from ..tools import funnel_rules

#: What the engine says of its configuration, in the language of the reader, by model.
SPOKEN_FIELDS = {
    "crm.stage": "name",
    "funnel.document.kind": "name",
    "funnel.reminder": "name",
    "funnel.requirement": "message",
    "funnel.role": "name",
    "funnel.section": "name",
    "funnel.task.template": "name",
    "funnel.transition": "message",
    "funnel.work.state": "name",
}


class OutdatedRulesError(Exception):
    """A transaction has read rules that have been changed since it began: nobody else may get them from the cache."""


class FunnelRulesMixin(models.AbstractModel):
    """The configuration of all funnels as one value, read once and kept until something of it changes."""

    _name = "funnel.rules.mixin"
    _description = "Rules of Funnels"

    @api.model
    def _get_funnel_rules(self):
        """Return the rules of all funnels, from the cache.

        A transaction that has changed rules sees its own until it ends, and forgets them when it rolls back to a
        savepoint; nobody else sees them before they are committed.

        :rtype: sales_funnel_addon.tools.funnel_rules.FunnelRules
        """
        cache = self.env.cr.cache  # cleared by every rollback to a savepoint
        if "funnel_rules" not in cache:
            try:
                return self._get_committed_funnel_rules()
            except OutdatedRulesError:
                cache["funnel_rules"] = None
        if cache["funnel_rules"] is None:
            cache["funnel_rules"] = self._load_funnel_rules()
        return cache["funnel_rules"]

    @api.model
    @ormcache()
    def _get_committed_funnel_rules(self):
        rules = self._load_funnel_rules()
        changed_at = getattr(self.env.registry, "funnel_rules_changed_at", None)
        if changed_at:
            self.env.cr.execute("SELECT now()")  # when this transaction began, by the same clock
            if self.env.cr.fetchone()[0] < changed_at:
                raise OutdatedRulesError
        return rules

    @api.model
    def _load_funnel_rules(self):
        """Read the rules of all funnels from the database."""
        # rules hold for everybody, whoever asks first and whatever context the question brings along
        self = self.with_env(self.env(su=True, context={"active_test": False}))
        teams = self.search([("funnel_kind", "!=", False)])
        stages = teams.stage_ids.sorted(lambda stage: (stage.sequence, stage.id))
        names = ("funnel.reminder", "funnel.requirement", "funnel.task.template", "funnel.transition")
        by_stage = {name: self._group_by_stage(name, stages) for name in names}
        roles = {role.id: role._prepare_rule() for role in self.env["funnel.role"].search([])}
        people = teams.user_id.union(*(self.env["res.users"].browse(role.user_ids) for role in roles.values()))
        return funnel_rules.FunnelRules(
            funnels={team.id: team._prepare_funnel_rule(stages) for team in teams},
            stages={
                stage.id: funnel_rules.Stage(
                    id=stage.id,
                    is_won=stage.is_won,
                    is_irreversible=stage.is_irreversible,
                    is_side_stage=stage.is_side_stage,
                    has_materials=bool(stage.material_ids),
                    call_quota=stage.call_quota,
                    message_quota=stage.message_quota,
                    contact_interval=stage.contact_interval,
                    contact_unit=stage.contact_unit or "months",
                    contact_activity_type_id=stage.contact_activity_type_id.id,
                    deferral_month=stage.deferral_month,
                    funnel_ids=tuple(stage.team_ids.ids),
                    requirements=tuple(rule._prepare_rule() for rule in by_stage["funnel.requirement"][stage]),
                    tasks=tuple(rule._prepare_rule() for rule in by_stage["funnel.task.template"][stage]),
                    transitions=tuple(rule._prepare_rule() for rule in by_stage["funnel.transition"][stage]),
                    reminders=tuple(rule._prepare_rule() for rule in by_stage["funnel.reminder"][stage]),
                    entry_action_ids=tuple(stage.entry_action_ids.ids),
                    work_state_ids=tuple(stage.work_rule_ids.state_id.ids),
                )
                for stage in stages
            },
            reasons={
                reason.id: funnel_rules.LostReason(
                    id=reason.id,
                    funnel_ids=tuple(reason.team_ids.ids),
                    comment_required=reason.comment_required,
                    field_names=tuple(reason.required_field_ids.mapped("name")),
                )
                for reason in teams.lost_reason_ids
            },
            roles=roles,
            sections=tuple(
                section._prepare_rule()
                for section in self.env["funnel.section"].search([("team_ids", "in", teams.ids), ("active", "=", True)])
            ),
            working_times={
                company.id: company.resource_calendar_id._get_funnel_working_time()
                for company in self.env["res.company"].search([("resource_calendar_id", "!=", False)])
            },
            user_companies={
                user.id: frozenset(user.company_ids.ids) for user in people if user.active and not user.share
            },
            price_ranges={
                price_range.id: tuple(price_range.team_ids.ids)
                for price_range in self.env["funnel.price.range"].search([("active", "=", True)])
            },
            case_types={
                case_type.id: tuple(case_type.offering_team_ids.ids)
                for case_type in self.env["funnel.case.type"].search([("active", "=", True)])
            },
            document_kinds={
                kind.id: tuple(kind.team_ids.ids)
                for kind in self.env["funnel.document.kind"].search([("active", "=", True)])
            },
            work_states={
                state.id: state._prepare_rule()
                for state in stages.work_rule_ids.state_id
                if state._is_of_installed_app()
            },
            texts={name: self._load_texts(name, field_name) for name, field_name in SPOKEN_FIELDS.items()},
        )

    @api.model
    def _group_by_stage(self, model_name, stages):
        """Return the rules of a model that are in force, by the stage on which they stand."""
        stage_field = "from_stage_id" if model_name == "funnel.transition" else "stage_id"
        rules = self.env[model_name].search([(stage_field, "in", stages.ids), ("active", "=", True)])
        return defaultdict(self.env[model_name].browse, rules.grouped(stage_field))

    @api.model
    def _load_texts(self, model_name, field_name):
        """Return what people read of the records of a model, by language, by id."""
        model = self.env[model_name]
        model.flush_model([field_name])
        query = model._search(Domain.TRUE)
        return dict(self.env.execute_query(query.select(SQL.identifier("id"), SQL.identifier(field_name))))

    def _prepare_funnel_rule(self, stages):
        own_stages = stages.filtered(lambda stage: self in stage.team_ids)
        return funnel_rules.Funnel(
            id=self.id,
            kind=self.funnel_kind,
            company_id=self.company_id.id,
            stage_ids=tuple(own_stages.ids),
            first_stage_id=(own_stages.filtered(lambda stage: not stage.fold) or own_stages)[:1].id,
            deal_funnel_id=self.deal_team_id.id,
            head_id=self.user_id.id,
            hidden_fields=tuple(self.hidden_field_ids.mapped("name")),
            digest_threshold=self.digest_threshold,
            working_time=self.resource_calendar_id and self.resource_calendar_id._get_funnel_working_time(),
            # the stage may have left the funnel since
            no_answer_stage_id=self.no_answer_stage_id in own_stages and self.no_answer_stage_id.id,
            call_gap=self.call_gap,
            number_check_role_id=self.number_check_role_id.id,
            deferred_funnel_id=self.deferred_team_id.id,
            deferral_min_days=self.deferral_min_days,
            repeat_role_id=self.repeat_role_id.id,
            repeat_policy=self.repeat_policy,
            is_active=self.active,
            visit_role_id=self.visit_role_id.id,
            visit_duration=self.visit_duration,
            chat_role_ids=tuple(self.chat_role_ids.ids),
            handoff_funnel_ids=tuple(self.handoff_team_ids.ids),
            handoff_salesperson=self.handoff_salesperson,
        )
