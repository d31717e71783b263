import ast
from collections import defaultdict

from odoo import api, models
from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.fields import Domain

from ..tools.lead_moves import GateBatch, GatePass, LeadState, Verdict
from ..tools.values import is_missing

#: What changes where a lead stands, directly or through stock computations (the salesperson may change the team).
PLACE_FIELDS = frozenset(
    {"team_id", "stage_id", "user_id", "type", "active", "probability", "lost_reason_id", "lost_comment"}
)
#: A new contact rewrites the contact fields of a lead.
CONTACT_FIELDS = frozenset({"partner_id", "commercial_partner_id"})


class FunnelGateMixin(models.AbstractModel):
    """The gate: what a lead needs to be where it is. Every path into ``write`` and ``create`` passes it.

    The new state is judged after the write, so that values and stage written together count together; a violation
    raises and the transaction takes everything back. Judging works on batches: the number of queries depends neither
    on the number of leads nor on the number of stages.
    """

    _name = "funnel.gate.mixin"
    _description = "Gate between Stages"

    # ------------------------------------------------------------
    # PUBLIC
    # ------------------------------------------------------------

    @api.readonly
    def funnel_check_move(self, stage_id):
        """Tell whether this lead may go to a stage of its funnel, without moving it.

        :param int stage_id: the id of the stage
        :returns: ``status`` (``ok``, ``fixable`` or ``forbidden``), ``lead`` and ``stage`` (id and name),
            ``missing_fields`` (their definitions), ``requirements`` (id, message, field names, whether one is enough),
            ``reasons`` (why it is forbidden), ``allowed_stages`` (where it may go instead) and ``can_override``
        :rtype: dict
        :raises AccessError: when the user may not read the lead
        """
        self.ensure_one()
        self.check_access("read")
        stage = self.env["crm.stage"].browse(stage_id)
        verdict = self._judge_moves({self.id: self._get_target_state(stage_id)})[self.id]
        return {
            "status": verdict.status,
            "lead": {"id": self.id, "name": self.display_name},
            "stage": {"id": stage.id, "name": stage.display_name},
            "missing_fields": self._describe_missing_fields(verdict),
            "requirements": self._describe_requirements(verdict),
            "reasons": verdict.forbidden,
            "allowed_stages": self._describe_allowed_stages() if verdict.forbidden else [],
            "can_override": self.funnel_can_override,
        }

    def funnel_override_move(self, stage_id, reason):
        """Move leads to a stage of their funnel although the rules say no.

        :param int stage_id: the id of the stage
        :param str reason: why; it is kept in the log and in the chatter
        :raises AccessError: when the user is neither the leader of the funnel nor a funnel manager
        :raises UserError: without a reason, or for a stage of another funnel
        """
        self.check_access("write")
        refused = self.filtered(lambda lead: not lead.funnel_can_override)
        if refused:
            raise AccessError(
                self.env._(
                    "Only the head of the funnel or a funnel manager can override its rules: %s.",
                    ", ".join(refused.mapped("display_name")),
                )
            )
        if not (isinstance(reason, str) and reason.strip()):
            raise UserError(self.env._("Write the reason for the override: it is kept in the log."))
        gate_pass = GatePass(frozenset(self.ids), stage_id, reason.strip())
        self.with_context(funnel_gate_pass=gate_pass).write({"stage_id": stage_id})
        stage = self.env["crm.stage"].browse(stage_id)
        note = self.env._(
            "Moved to “%(stage)s” against the rules: %(reason)s", stage=stage.name, reason=gate_pass.reason
        )
        self._message_log_batch(bodies={lead.id: note for lead in self})
        return True

    # ------------------------------------------------------------
    # STATES
    # ------------------------------------------------------------

    def _get_lead_states(self):
        """Return where the leads stand, by id."""
        funnels = self.env["crm.team"]._get_funnel_rules().funnels
        return {lead.id: lead._get_lead_state(in_funnel=lead.team_id.id in funnels) for lead in self}

    def _get_lead_state(self, in_funnel):
        """Return where this lead stands; of one outside the funnels only its place, for the rest costs scoring."""
        place = {"team_id": self.team_id.id, "stage_id": self.stage_id.id, "lead_type": self.type}
        if not in_funnel:
            return LeadState(**place)
        return LeadState(
            **place,
            funnel_id=self.team_id.id,
            won_status=self.won_status,
            since=self.date_last_stage_update or self.create_date,
        )

    def _get_target_state(self, stage_id):
        """Return where the lead would stand after a move to ``stage_id``."""
        team_id = self.team_id.id
        rules = self.env["crm.team"]._get_funnel_rules()
        return LeadState(team_id, stage_id, self.type, team_id in rules.funnels and team_id, self.won_status)

    @api.model
    def _touches_gate(self, vals):
        """Tell whether writing ``vals`` can concern the rules at all."""
        rules = self.env["crm.team"]._get_funnel_rules()
        return bool(rules.funnels) and not (
            vals.keys().isdisjoint(PLACE_FIELDS)
            and vals.keys().isdisjoint(CONTACT_FIELDS)
            and vals.keys().isdisjoint(rules.watched_fields)
        )

    # ------------------------------------------------------------
    # THE GATE
    # ------------------------------------------------------------

    def _pass_gate(self, before, kept=None):
        """Judge what a write or a creation has done to the leads; raise if a rule is broken, log the moves if not.

        :param dict before: the states before, by lead id; a lead without one is new
        :param dict kept: the requirements that were met before the write, by lead id
        :raises ValidationError: naming every lead and everything that is missing
        """
        after = self._get_lead_states()
        moved = {
            lead_id: state for lead_id, state in after.items() if state.place != before.get(lead_id, LeadState()).place
        }
        gate_pass = self.env.context.get("funnel_gate_pass")
        passed = set()
        if isinstance(gate_pass, GatePass):
            passed = {lead_id for lead_id, state in moved.items() if gate_pass.covers(lead_id, state.stage_id)}
        judged = {lead_id: state for lead_id, state in moved.items() if lead_id not in passed}
        refusals = defaultdict(list)
        self._check_places(moved, refusals)
        verdicts = self._judge_moves({i: s for i, s in judged.items() if i not in refusals}, before)
        self._collect_refusals(verdicts, refusals)
        stayed = {lead_id: met for lead_id, met in (kept or {}).items() if lead_id not in moved}
        self._check_kept(stayed, refusals)
        self._check_losses(before, after, refusals)
        self._raise_refusals(refusals)
        self._log_moves(before, after, gate_pass.reason if passed else "", passed)

    def _end_gate_batch(self, batch):
        """Judge together what was written lead by lead; a batch within a batch is judged with the outer one."""
        outer = self.env.context.get("funnel_gate_batch")
        if isinstance(outer, GateBatch):
            outer.remember(batch.before, batch.kept)
        elif batch.before:
            self.browse(batch.before).exists()._pass_gate(batch.before, batch.kept)

    def _check_places(self, moved, refusals):
        """Refuse a stage of another funnel and a type that does not fit the funnel."""
        rules = self.env["crm.team"]._get_funnel_rules()
        for lead in self.browse(moved):
            state = moved[lead.id]
            funnel = rules.funnels.get(state.funnel_id)
            if funnel and state.lead_type != funnel.lead_type:
                refusals[lead.id].append(self._describe_wrong_type(lead))
            elif funnel and state.stage_id not in funnel.stage_ids:
                refusals[lead.id].append(
                    self.env._(
                        "The stage “%(stage)s” does not belong to the funnel “%(funnel)s”.",
                        stage=lead.stage_id.name or self.env._("none"),
                        funnel=lead.team_id.name,
                    )
                )
            elif not funnel and rules.is_funnel_stage(state.stage_id):
                refusals[lead.id].append(
                    self.env._(
                        "The stage “%s” belongs to a funnel: give the lead the team of that funnel.", lead.stage_id.name
                    )
                )

    def _describe_wrong_type(self, lead):
        if lead.type == "lead":
            return self.env._(
                "“%s” is not a funnel of leads: convert the lead instead of moving it.", lead.team_id.name
            )
        if lead.team_id.deal_team_id:
            return self.env._("“%s” is a funnel of leads: a deal cannot go back into it.", lead.team_id.name)
        return self.env._("“%s” does not say into which funnel its leads are converted.", lead.team_id.name)

    def _judge_moves(self, targets, before=None):
        """Judge moves in a batch.

        :param dict targets: the :class:`LeadState` each lead has or would have, by lead id
        :param dict before: where the leads come from; by default where they are now
        :returns: a :class:`Verdict` by lead id
        """
        rules = self.env["crm.team"]._get_funnel_rules()
        if before is None:
            before = self.browse(targets)._get_lead_states()
        verdicts = {lead_id: Verdict() for lead_id in targets}
        lead_ids_by_requirement = defaultdict(list)
        for lead_id, target in targets.items():
            origin = before.get(lead_id, LeadState())
            route = (origin.funnel_id, origin.stage_id, target.funnel_id, target.stage_id)
            for requirement in rules.requirements_of_move(*route):
                lead_ids_by_requirement[requirement].append(lead_id)
        self._check_points_of_no_return(targets, before, verdicts)
        for requirement, lead_ids in lead_ids_by_requirement.items():
            for lead_id, missing in self._check_requirement(requirement, lead_ids).items():
                if missing:
                    verdicts[lead_id].missing[requirement] = missing
                else:
                    verdicts[lead_id].unmet.append(requirement)
        return verdicts

    def _check_requirement(self, requirement, lead_ids):
        """Return the leads that do not meet a requirement: their missing fields by lead id, none for a condition."""
        # A rule holds whether or not the user may read all that it looks at, such as orders of a colleague.
        leads = self.sudo().browse(lead_ids).with_prefetch(self._prefetch_ids)
        if requirement.applies_to != "[]":
            leads = leads.filtered_domain(Domain(ast.literal_eval(requirement.applies_to)))
        if requirement.kind == "condition":
            met = leads.filtered_domain(Domain(ast.literal_eval(requirement.condition)))
            return {lead.id: () for lead in leads - met}
        failed = {}
        for lead in leads:
            missing = lead._get_missing_fields(requirement.field_names)
            if missing and (not requirement.any_field or len(missing) == len(requirement.field_names)):
                failed[lead.id] = missing
        return failed

    def _get_missing_fields(self, field_names):
        """Return those of the fields that are not filled in on this lead."""
        return tuple(name for name in field_names if is_missing(self._fields[name].type, self[name]))

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
        for requirement, lead_ids in by_requirement.items():
            for lead_id, missing in self._check_requirement(requirement, lead_ids).items():
                verdict = Verdict(missing={requirement: missing})
                refusals[lead_id].append(self.env._("The stage of this lead requires it."))
                self._collect_refusals({lead_id: verdict}, refusals)

    # ------------------------------------------------------------
    # WORDS
    # ------------------------------------------------------------

    def _collect_refusals(self, verdicts, refusals):
        """Add what the verdicts find missing to the lines of text by lead id."""
        for lead_id, verdict in verdicts.items():
            refusals[lead_id].extend(verdict.forbidden)
            refusals[lead_id].extend(item["message"] for item in self._describe_requirements(verdict))
            if not refusals[lead_id]:
                del refusals[lead_id]

    def _describe_requirements(self, verdict):
        """Return what is not met, for people and for the web client."""
        unmet = {**verdict.missing, **dict.fromkeys(verdict.unmet, ())}
        # Messages are configuration that salespeople have no menu for, yet they are written for them.
        records = self.env["funnel.requirement"].sudo().browse(requirement.id for requirement in unmet)
        labels = self._get_field_labels({name for names in verdict.missing.values() for name in names})
        described = []
        for record, (requirement, names) in zip(records, unmet.items(), strict=True):
            listed = ", ".join(labels[name] for name in names)
            if record.message and listed:
                message = self.env._("%(message)s (%(fields)s)", message=record.message, fields=listed)
            elif requirement.any_field:
                message = self.env._("Fill in at least one of: %s", listed)
            else:
                message = record.message or self.env._("Fill in: %s", listed)
            described.append(
                {
                    "id": requirement.id,
                    "message": message,
                    "field_names": list(names),
                    "any_field": requirement.any_field,
                }
            )
        return described

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
