from odoo import api, models

from ..tools.lead_moves import LeadState


class FunnelWayMixin(models.AbstractModel):
    """Where a lead may go: transitions, and the points of no return it has passed."""

    _name = "funnel.way.mixin"
    _description = "Ways between Stages"

    def _check_ways(self, targets, before, verdicts, reasons):
        """Forbid moves that no transition allows, and moves back before an irreversible stage.

        :param dict targets: where the leads go, by lead id
        :param dict before: where they come from, by lead id
        :param dict verdicts: extended here
        :param dict reasons: why the leads are moved, where a transition asks for it, by lead id
        """
        reached = self._get_ways_so_far(targets, before)
        self._check_points_of_no_return(targets, before, reached, verdicts)
        self._check_transitions(targets, before, reached, verdicts, reasons)

    def _get_ways_so_far(self, targets, before):
        """Return the way each lead has gone, by lead id, for funnels where it matters."""
        rules = self.env["crm.team"]._get_funnel_rules()
        concerned = [
            lead_id
            for lead_id, target in targets.items()
            if target.funnel_id
            and before.get(lead_id)
            and (
                rules.has_barriers(target.funnel_id)
                or (rules.has_transitions(target.funnel_id) and before[lead_id].funnel_id != target.funnel_id)
            )
        ]
        return self.browse(concerned)._get_stages_reached() if concerned else {}

    # ------------------------------------------------------------
    # TRANSITIONS
    # ------------------------------------------------------------

    def _check_transitions(self, targets, before, reached, verdicts, reasons):
        rules = self.env["crm.team"]._get_funnel_rules()
        ways, gate_pass = {}, self._get_gate_pass()
        for lead_id, target in targets.items():
            if gate_pass and gate_pass.begins_anew and gate_pass.covers(lead_id, target.stage_id):
                continue
            origin = before.get(lead_id, LeadState())
            start = self._get_start(target, origin, reached.get(lead_id, ()))
            if start and start != target.stage_id and rules.stages[start].transitions:
                ways[lead_id] = (start, rules.transitions(start, target.stage_id))
        open_ways = self._get_open_ways({lead_id: way for lead_id, (_start, way) in ways.items()})
        for lead_id, (start, way) in ways.items():
            if not open_ways[lead_id]:
                verdicts[lead_id].forbidden.append(self._describe_closed_way(start, targets[lead_id].stage_id, way))
            elif not reasons.get(lead_id) and all(transition.reason_required for transition in open_ways[lead_id]):
                verdicts[lead_id].needs_reason = open_ways[lead_id][0]

    def _get_start(self, target, origin, reached):
        """Return the stage of the funnel from which a lead comes, False if the move is not one within the funnel.

        A lead that comes back from another team goes on from where it was; a new one starts at the beginning.
        """
        rules = self.env["crm.team"]._get_funnel_rules()
        funnel = rules.funnels.get(target.funnel_id)
        if not funnel or funnel.kind == "deferred" or not rules.has_transitions(funnel.id):
            return False
        if origin.funnel_id == funnel.id:
            return origin.stage_id in rules.stages and origin.stage_id
        been = [stage_id for stage_id, _overridden in reached if stage_id in funnel.stage_ids]
        return been[-1] if been else funnel.first_stage_id

    def _get_open_ways(self, ways):
        """Return the transitions that each lead and this user may take, by lead id.

        :param dict ways: tuples of transitions by lead id
        """
        lead_ids_by_transition = {}
        for lead_id, transitions in ways.items():
            for transition in transitions:
                lead_ids_by_transition.setdefault(transition, []).append(lead_id)
        roles = {role_id for transition in lead_ids_by_transition for role_id in transition.role_ids}
        people = self.browse(ways)._get_role_people(roles)
        gate_pass = self._get_gate_pass()
        is_engine = bool(gate_pass) and gate_pass.automatic
        open_ways = {lead_id: [] for lead_id in ways}
        for transition, lead_ids in lead_ids_by_transition.items():
            for lead in self._select_by_rule("funnel.transition", transition.id, transition.condition, lead_ids):
                members = [people[lead.id, role_id].members for role_id in transition.role_ids]
                if not members or is_engine or any(self.env.uid in ids for ids in members):
                    open_ways[lead.id].append(transition)
        return open_ways

    def _describe_closed_way(self, start, stage_id, transitions):
        """Return why a lead cannot go from ``start`` to ``stage_id``, as a line of text."""
        rules, lang = self.env["crm.team"]._get_funnel_rules(), self.env.lang
        names = {"origin": rules.text("crm.stage", start, lang), "target": rules.text("crm.stage", stage_id, lang)}
        for transition in transitions:
            message = rules.text("funnel.transition", transition.id, lang)
            if message:
                return message
        roles = [role_id for transition in transitions for role_id in transition.role_ids]
        if roles:
            return self.env._(
                "From “%(origin)s” to “%(target)s” a lead is moved only by: %(roles)s.",
                **names,
                roles=", ".join(rules.text("funnel.role", role_id, lang) for role_id in dict.fromkeys(roles)),
            )
        ways = dict.fromkeys(way.to_stage_id for way in rules.stages[start].transitions)
        return self.env._(
            "From “%(origin)s” there is no way to “%(target)s”, only to: %(stages)s.",
            **names,
            stages=", ".join(rules.text("crm.stage", way, lang) for way in ways),
        )

    # ------------------------------------------------------------
    # POINTS OF NO RETURN
    # ------------------------------------------------------------

    def _check_points_of_no_return(self, targets, before, reached, verdicts):
        """Forbid going back before an irreversible stage, also by way of another team."""
        rules = self.env["crm.team"]._get_funnel_rules()
        furthest = self._get_furthest_positions(targets, before, reached)
        for lead_id, position in furthest.items():
            target = targets[lead_id]
            barrier = rules.barrier(target.funnel_id, target.stage_id, position)
            if barrier:
                verdicts[lead_id].forbidden.append(self._describe_barrier(barrier, target.stage_id))

    def _describe_barrier(self, barrier, stage_id):
        """Return why a lead cannot go back to a stage before ``barrier``, as a line of text."""
        rules, lang = self.env["crm.team"]._get_funnel_rules(), self.env.lang
        return self.env._(
            "“%(barrier)s” is a point of no return: the lead cannot go back to “%(stage)s”. "
            "A head of sales can send it back with a reason.",
            barrier=rules.text("crm.stage", barrier, lang),
            stage=rules.text("crm.stage", stage_id, lang),
        )

    def _get_furthest_positions(self, targets, before, reached):
        """Return how far each lead has come in the funnel it goes to, for funnels with irreversible stages.

        An override that sends a lead back starts the count anew from there: what lay behind it is ahead of it again.

        :returns: a position in the order of the stages by lead id, -1 if the lead was never in that funnel
        """
        rules = self.env["crm.team"]._get_funnel_rules()
        furthest = {}
        for lead_id, target in targets.items():
            if not (target.funnel_id and before.get(lead_id) and rules.has_barriers(target.funnel_id)):
                continue
            funnel = rules.funnels[target.funnel_id]
            furthest[lead_id] = -1
            for stage_id, overridden in [*reached.get(lead_id, ()), (before[lead_id].stage_id, False)]:
                position = funnel.position(stage_id)
                if position >= 0:
                    furthest[lead_id] = position if overridden else max(furthest[lead_id], position)
        return furthest

    # ------------------------------------------------------------
    # ALL STAGES AT ONCE
    # ------------------------------------------------------------

    def _get_closed_stages(self):
        """Return why this lead may not go to stages of its funnel at all, whatever is filled in: text by stage id."""
        self.ensure_one()
        rules = self.env["crm.team"]._get_funnel_rules()
        here = self._get_target_state(self.stage_id.id)
        if not here.funnel_id:
            return {}
        before, start = {self.id: here}, self.stage_id.id
        furthest = self._get_furthest_positions(before, before, self._get_ways_so_far(before, before))
        ways = rules.stages[start].transitions if start in rules.stages else ()
        open_to = {way.to_stage_id for way in self._get_open_ways({self.id: ways})[self.id]} if ways else set()
        closed = {}
        for stage_id in rules.funnels[here.funnel_id].stage_ids:
            barrier = rules.barrier(here.funnel_id, stage_id, furthest.get(self.id, -1))
            if barrier:
                closed[stage_id] = self._describe_barrier(barrier, stage_id)
            elif ways and stage_id != start and stage_id not in open_to:
                closed[stage_id] = self._describe_closed_way(start, stage_id, rules.transitions(start, stage_id))
        return closed

    # ------------------------------------------------------------
    # WON
    # ------------------------------------------------------------

    @api.readonly
    def funnel_get_won_stage(self):
        """Tell to which stage of its funnel this open lead goes when it is won.

        :returns: the id of the stage; False outside of funnels, and for a lead that is lost or archived
        :rtype: int or bool
        :raises AccessError: when the user may not read the lead
        """
        self.ensure_one()
        self.check_access("read")
        if not (self.funnel_kind and self.active):
            return False
        won = self._stage_find(domain=[("is_won", "=", True)], limit=None)
        # the next one, as Odoo chooses it; else the last one before
        ahead = won.filtered(lambda stage: stage.sequence > self.stage_id.sequence)
        return (ahead[:1] or won[-1:]).id
