from collections import defaultdict

from odoo import models

from ..tools.lead_moves import LeadState, Verdict

#: A new contact rewrites the contact fields of a lead.
CONTACT_FIELDS = frozenset({"partner_id", "commercial_partner_id"})


class FunnelJudgeMixin(models.AbstractModel):
    """The judge: what the rules say about moves, for a whole batch at once and without moving anything."""

    _name = "funnel.judge.mixin"
    _description = "Judge of Stage Moves"

    def _judge_moves(self, targets, before=None, passed=(), reasons=None):
        """Judge moves in a batch.

        :param dict targets: the :class:`LeadState` each lead has or would have, by lead id
        :param dict before: where the leads come from; by default where they are now
        :param passed: the ids of leads that may break the rules; a place that does not exist stays out of reach
        :param dict reasons: why the leads are moved, where a transition asks for it, by lead id
        :returns: a :class:`Verdict` by lead id
        """
        rules = self.env["crm.team"]._get_funnel_rules()
        if before is None:
            before = self.browse(targets)._get_lead_states()
        verdicts = {lead_id: Verdict() for lead_id in targets}
        self._check_places(targets, before, verdicts)
        gate_pass = self._get_gate_pass() if passed else None
        automatic = passed if gate_pass and gate_pass.automatic else ()
        judged = {
            lead_id: target
            for lead_id, target in targets.items()
            if (lead_id not in passed or lead_id in automatic) and not verdicts[lead_id].forbidden
        }
        resumed = self._get_resumed_origins(judged, before)
        lead_ids_by_requirement, lead_ids_by_template = defaultdict(list), defaultdict(list)
        for lead_id, target in judged.items():
            origin = resumed.get(lead_id) or before.get(lead_id, LeadState())
            route = (origin.funnel_id, origin.stage_id, target.funnel_id, target.stage_id)
            if lead_id in automatic:
                route = (*route[2:], *route[2:])  # as if it had never been anywhere else: only what the stage asks for
            for requirement in rules.requirements_of_move(*route):
                lead_ids_by_requirement[requirement].append(lead_id)
            for template in rules.tasks_of_move(*route):
                lead_ids_by_template[template].append(lead_id)
        self._check_ways(judged, before, verdicts, reasons or {})
        judge = self._as_judge()
        for requirement, lead_ids in lead_ids_by_requirement.items():
            for lead_id, field_names in judge._check_requirement(requirement, lead_ids).items():
                verdicts[lead_id].unmet[requirement] = field_names
        self._check_tasks(lead_ids_by_template, verdicts)
        return verdicts

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
        if self._get_touched_fields(vals).isdisjoint(rules.watched_fields | CONTACT_FIELDS):
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
            for lead_id, names in self._check_requirement(requirement, lead_ids).items():
                verdicts[lead_id].unmet[requirement] = names
        for lead_id in verdicts:
            refusals.setdefault(lead_id, []).append(self.env._("The stage of this lead requires it."))
        self._collect_refusals(verdicts, refusals)
