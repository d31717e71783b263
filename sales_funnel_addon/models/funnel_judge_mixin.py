import ast
from collections import defaultdict

from odoo import models
from odoo.exceptions import ValidationError
from odoo.fields import Domain

from ..tools.lead_moves import LeadState, Verdict
from ..tools.values import is_missing

#: A new contact rewrites the contact fields of a lead.
CONTACT_FIELDS = frozenset({"partner_id", "commercial_partner_id"})


class FunnelJudgeMixin(models.AbstractModel):
    """The judge: what the rules say about moves, for a whole batch at once and without moving anything."""

    _name = "funnel.judge.mixin"
    _description = "Judge of Stage Moves"

    def _judge_moves(self, targets, before=None, passed=()):
        """Judge moves in a batch.

        :param dict targets: the :class:`LeadState` each lead has or would have, by lead id
        :param dict before: where the leads come from; by default where they are now
        :param passed: the ids of leads that may break the rules; a place that does not exist stays out of reach
        :returns: a :class:`Verdict` by lead id
        """
        rules = self.env["crm.team"]._get_funnel_rules()
        if before is None:
            before = self.browse(targets)._get_lead_states()
        verdicts = {lead_id: Verdict() for lead_id in targets}
        self._check_places(targets, before, verdicts)
        judged = {
            lead_id: target
            for lead_id, target in targets.items()
            if lead_id not in passed and not verdicts[lead_id].forbidden
        }
        lead_ids_by_requirement = defaultdict(list)
        for lead_id, target in judged.items():
            origin = before.get(lead_id, LeadState())
            route = (origin.funnel_id, origin.stage_id, target.funnel_id, target.stage_id)
            for requirement in rules.requirements_of_move(*route):
                lead_ids_by_requirement[requirement].append(lead_id)
        self._check_points_of_no_return(judged, before, verdicts)
        for requirement, lead_ids in lead_ids_by_requirement.items():
            for lead_id, missing in self._check_requirement(requirement, lead_ids).items():
                if missing:
                    verdicts[lead_id].missing[requirement] = missing
                else:
                    verdicts[lead_id].unmet.append(requirement)
        return verdicts

    def _check_requirement(self, requirement, lead_ids):
        """Return the leads that do not meet a requirement: their missing fields by lead id, none for a condition."""
        leads = self.browse(lead_ids).with_prefetch(self._prefetch_ids)._as_judge()
        if requirement.applies_to != "[]":
            leads = leads._filter_by_rule(requirement, requirement.applies_to)
        if requirement.kind == "condition":
            met = leads._filter_by_rule(requirement, requirement.condition)
            return {lead.id: () for lead in leads - met}
        failed = {}
        for lead in leads:
            missing = lead._get_missing_fields(requirement.field_names)
            if missing and (not requirement.any_field or len(missing) == len(requirement.field_names)):
                failed[lead.id] = missing
        return failed

    def _as_judge(self):
        """Return the leads as the rules see them: all of them, and the same whatever context a client sends."""
        # A rule holds whether or not the user may read all that it looks at, such as orders of a colleague.
        clean = {"lang": "en_US", "tz": self.env.user.tz, "active_test": True}
        return self.with_env(self.env(su=True, context=clean))

    def _filter_by_rule(self, requirement, domain):
        """Return the leads that match the domain of a requirement.

        :raises ValidationError: when it speaks of a field that is gone: a broken rule lets nobody pass
        """
        try:
            return self.filtered_domain(Domain(ast.literal_eval(domain)))
        except (ValueError, KeyError, TypeError) as error:
            record = self.env["funnel.requirement"].browse(requirement.id)
            raise ValidationError(
                self.env._(
                    "The requirement “%(name)s” of the stage “%(stage)s” is broken: %(error)s. Tell a funnel manager.",
                    name=record.name,
                    stage=record.stage_id.name,
                    error=error,
                )
            ) from error

    def _get_missing_fields(self, field_names):
        """Return those of the fields that are not filled in on this lead; a field that is gone is not missing."""
        names = (name for name in field_names if name in self._fields)
        return tuple(name for name in names if is_missing(self._fields[name].type, self[name]))

    def _check_points_of_no_return(self, targets, before, verdicts):
        """Forbid going back before an irreversible stage, also by way of another team."""
        rules = self.env["crm.team"]._get_funnel_rules()
        furthest = self._get_furthest_positions(targets, before)
        barriers = {
            lead_id: barrier
            for lead_id, position in furthest.items()
            if (barrier := rules.barrier(targets[lead_id].funnel_id, targets[lead_id].stage_id, position))
        }
        for lead_id, barrier in barriers.items():
            barrier_stage, stage = self.env["crm.stage"].browse([barrier, targets[lead_id].stage_id])
            verdicts[lead_id].forbidden.append(
                self.env._(
                    "“%(barrier)s” is a point of no return: the lead cannot go back to “%(stage)s”. "
                    "A head of sales can send it back with a reason.",
                    barrier=barrier_stage.name,
                    stage=stage.name,
                )
            )

    def _get_furthest_positions(self, targets, before):
        """Return how far each lead has come in the funnel it goes to, for funnels with irreversible stages.

        An override that sends a lead back starts the count anew from there: what lay behind it is ahead of it again.

        :returns: a position in the order of the stages by lead id, -1 if the lead was never in that funnel
        """
        rules = self.env["crm.team"]._get_funnel_rules()
        concerned = [
            lead_id
            for lead_id, target in targets.items()
            if target.funnel_id and before.get(lead_id) and rules.has_barriers(target.funnel_id)
        ]
        reached = self.browse(concerned)._get_stages_reached() if concerned else {}
        furthest = {}
        for lead_id in concerned:
            funnel = rules.funnels[targets[lead_id].funnel_id]
            furthest[lead_id] = -1
            for stage_id, overridden in [*reached.get(lead_id, ()), (before[lead_id].stage_id, False)]:
                position = funnel.position(stage_id)
                if position >= 0:
                    furthest[lead_id] = position if overridden else max(furthest[lead_id], position)
        return furthest

    def _check_places(self, targets, before, verdicts):
        """Forbid what no head of sales can allow: a stage of another funnel, a type that does not fit the funnel."""
        rules = self.env["crm.team"]._get_funnel_rules()
        for lead_id, target in targets.items():
            funnel = rules.funnels.get(target.funnel_id)
            team = self.env["crm.team"].browse(target.team_id)
            stage = self.env["crm.stage"].browse(target.stage_id)
            origin = before.get(lead_id, LeadState())
            reason = False
            if funnel and target.lead_type != funnel.lead_type:
                reason = self._describe_wrong_type(target.lead_type, team)
            elif funnel and target.stage_id not in funnel.stage_ids:
                reason = self._describe_wrong_stage(stage, team)
            elif not funnel and rules.is_funnel_stage(target.stage_id):
                reason = self.env._(
                    "The stage “%s” belongs to a funnel: give the lead the team of that funnel.", stage.name
                )
            elif origin.funnel_id and not funnel and target.won_status in ("won", "lost"):
                reason = self.env._("A lead is won or lost in its funnel: it cannot leave the funnel at the same time.")
            if reason:
                verdicts[lead_id].forbidden.append(reason)

    def _describe_wrong_type(self, lead_type, team):
        if lead_type == "lead":
            return self.env._("“%s” is not a funnel of leads: convert the lead instead of moving it.", team.name)
        if team.deal_team_id:
            return self.env._("“%s” is a funnel of leads: a deal cannot go back into it.", team.name)
        return self.env._("“%s” does not say into which funnel its leads are converted.", team.name)

    def _describe_wrong_stage(self, stage, team):
        if not stage:
            return self.env._("The funnel “%s” has no such stage: it may lack a stage for won deals.", team.name)
        return self.env._(
            "The stage “%(stage)s” does not belong to the funnel “%(funnel)s”.", stage=stage.name, funnel=team.name
        )

    # ------------------------------------------------------------
    # REQUIREMENTS KEPT WHILE IN THE STAGE
    # ------------------------------------------------------------

    def _get_kept_requirements(self, vals):
        """Return the *enter* requirements that the leads meet now and that writing ``vals`` might break, by lead id."""
        rules = self.env["crm.team"]._get_funnel_rules()
        if vals.keys().isdisjoint(rules.watched_fields | CONTACT_FIELDS):
            return {}
        by_requirement = defaultdict(list)
        for lead in self:
            if lead.team_id.id in rules.funnels and lead.stage_id.id in rules.stages:
                for requirement in rules.stages[lead.stage_id.id].requirements_at("enter"):
                    if requirement.kind == "fields":
                        by_requirement[requirement].append(lead.id)
        kept = defaultdict(list)
        for requirement, lead_ids in by_requirement.items():
            broken = self._check_requirement(requirement, lead_ids)
            for lead_id in lead_ids:
                if lead_id not in broken:
                    kept[lead_id].append(requirement)
        return kept

    def _check_kept(self, kept, refusals):
        """Refuse to empty what the stage of a lead demands."""
        by_requirement = defaultdict(list)
        for lead_id, requirements in kept.items():
            for requirement in requirements:
                by_requirement[requirement].append(lead_id)
        verdicts = defaultdict(Verdict)
        for requirement, lead_ids in by_requirement.items():
            for lead_id, missing in self._check_requirement(requirement, lead_ids).items():
                verdicts[lead_id].missing[requirement] = missing
        for lead_id in verdicts:
            refusals.setdefault(lead_id, []).append(self.env._("The stage of this lead requires it."))
        self._collect_refusals(verdicts, refusals)
