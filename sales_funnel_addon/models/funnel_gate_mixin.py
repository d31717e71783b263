import contextlib

from odoo import api, models
from odoo.exceptions import AccessError, UserError
from odoo.tools import ormcache

from ..tools.lead_moves import GateBatch, GatePass, LeadState
from .funnel_judge_mixin import CONTACT_FIELDS
from .funnel_money_mixin import DOCUMENT_FACTS

#: What changes where a lead stands, directly or through stock computations (the salesperson may change the team).
PLACE_FIELDS = frozenset(
    {"team_id", "stage_id", "user_id", "type", "active", "probability", "lost_reason_id", "lost_comment"}
)
#: Facts that are computed from others. They are stored, so the ORM would let a client write them.
COMPUTED_FACTS = frozenset(
    {
        *("won_status", "first_funnel_id"),
        *DOCUMENT_FACTS,
        *("client_keys", "matched_keys", "client_date", "is_repeat_client", "repeat_approved_by_id"),
    }
)


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
        :returns: ``status`` (``ok``, ``fixable``, ``needs_approval`` or ``forbidden``), ``lead``, ``stage`` and
            ``from_stage`` (id and name), ``missing_fields`` (their definitions), ``requirements`` (see
            ``_describe_requirements``), ``tasks`` and ``approvals`` (see ``_describe_tasks``), ``reason_required``
            (a transition asks why), ``reasons`` (why it is forbidden), ``allowed_stages`` (where it may go instead)
            and ``can_override``
        :rtype: dict
        :raises AccessError: when the user may not read the lead
        """
        self.ensure_one()
        self.check_access("read")
        stage = self._get_target_stage(stage_id)
        verdict = self._judge_moves({self.id: self._get_target_state(stage_id)})[self.id]
        closed = self._get_closed_stages() if verdict.forbidden else {}
        rules = self.env["crm.team"]._get_funnel_rules()
        tasks = self._describe_tasks([*verdict.open_tasks, *verdict.approvals], verdict.tasks)
        return {
            "status": verdict.status,
            "lead": {"id": self.id, "name": self.display_name},
            "stage": {"id": stage.id, "name": stage.name},
            "from_stage": {"id": self.stage_id.id, "name": rules.text("crm.stage", self.stage_id.id, self.env.lang)},
            "missing_fields": self._describe_missing_fields(verdict),
            "requirements": self._describe_requirements(verdict),
            "tasks": tasks[: len(verdict.open_tasks)],
            "approvals": tasks[len(verdict.open_tasks) :],
            "reason_required": bool(verdict.needs_reason),
            "reasons": verdict.forbidden,
            "allowed_stages": self._describe_allowed_stages(closed) if verdict.forbidden else [],
            "can_override": self.funnel_can_override,
        }

    @api.readonly
    def funnel_get_closed_stages(self):
        """Tell which stages of its funnel this lead cannot go to, whatever is filled in, so that the web client can say
        so while the card is being dragged.

        :returns: why not, as text by stage id
        :rtype: dict
        :raises AccessError: when the user may not read the lead
        """
        self.ensure_one()
        self.check_access("read")
        return self._get_closed_stages()

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
        stage = self._get_target_stage(stage_id)
        leads = self.filtered(lambda lead: lead.stage_id != stage)
        gate_pass = GatePass(frozenset(leads.ids), stage.id, reason.strip())
        leads.with_context(funnel_gate_pass=gate_pass).write({"stage_id": stage.id})
        note = self.env._(
            "Moved to “%(stage)s” against the rules: %(reason)s", stage=stage.name, reason=gate_pass.reason
        )
        leads._message_log_batch(bodies={lead.id: note for lead in leads})
        return True

    @api.model
    def _get_target_stage(self, stage_id):
        """Return the stage a client names.

        :raises UserError: when it is not the id of a stage that the user may see
        """
        if isinstance(stage_id, int) and not isinstance(stage_id, bool) and 0 < stage_id < 2**31:
            stage = self.env["crm.stage"].search_fetch([("id", "=", stage_id)], ["name"])
            if stage:
                return stage
        raise UserError(self.env._("There is no stage with the id %s.", stage_id))

    # ------------------------------------------------------------
    # STATES
    # ------------------------------------------------------------

    def _get_lead_states(self, before=None):
        """Return where the leads stand, by id.

        :param dict before: where they stood; of a lead that has left its funnel the status matters once more
        """
        funnels = self.env["crm.team"]._get_funnel_rules().funnels
        return {
            lead.id: lead._get_lead_state(
                funnel_id=lead.team_id.id in funnels and lead.team_id.id,
                was_in_funnel=bool(before and before.get(lead.id, LeadState()).funnel_id),
            )
            for lead in self
        }

    def _get_lead_state(self, funnel_id, was_in_funnel):
        """Return where this lead stands; of one outside the funnels only its place, for the rest costs scoring."""
        place = {"team_id": self.team_id.id, "stage_id": self.stage_id.id, "lead_type": self.type}
        if not (funnel_id or was_in_funnel):
            return LeadState(**place)
        return LeadState(
            **place,
            funnel_id=funnel_id,
            won_status=self.won_status,
            since=self.date_last_stage_update or self.create_date,
            lost_for=self.won_status == "lost" and funnel_id and self.lost_reason_id.id,
            user_id=self.user_id.id,
            deferral_date=self.deferral_date,
            active=self.active,
        )

    def _get_target_state(self, stage_id):
        """Return where the lead would stand after a move to ``stage_id``."""
        team_id = self.team_id.id
        rules = self.env["crm.team"]._get_funnel_rules()
        return LeadState(
            team_id,
            stage_id,
            self.type,
            team_id in rules.funnels and team_id,
            self.won_status,
            deferral_date=self.deferral_date,
        )

    @api.model
    def _touches_gate(self, vals):
        """Tell whether writing ``vals`` can concern the rules at all."""
        rules = self.env["crm.team"]._get_funnel_rules()
        concerned = PLACE_FIELDS | CONTACT_FIELDS | rules.ruling_fields
        return bool(rules.funnels) and not concerned.isdisjoint(self._get_touched_fields(vals))

    @api.model
    def _get_touched_fields(self, vals):
        """Return what writing ``vals`` changes: their names, and those of the fields of rules that follow from them."""
        # a new place or contact is looked at anyway, and what it changes nobody has written
        written = vals.keys() - PLACE_FIELDS - CONTACT_FIELDS
        ruling = self.env["crm.team"]._get_funnel_rules().ruling_fields - vals.keys()
        return frozenset(vals).union(name for name in ruling if not self._get_origins(name).isdisjoint(written))

    @api.model
    @ormcache("name")
    def _get_origins(self, name):
        """Return the names of the fields of a lead from which a field is computed, and from which those are."""
        field = self._fields.get(name)
        return frozenset(
            origin.name for origin in self._fields.values() if field in self.pool.get_dependent_fields(origin)
        )

    def _drop_computed_facts(self, vals):
        """Return ``vals`` without what nobody can decide about leads in funnels, or about what documents say."""
        if vals.keys().isdisjoint(COMPUTED_FACTS):
            return vals
        facts = COMPUTED_FACTS if any(self.mapped("team_id.funnel_kind")) else {*DOCUMENT_FACTS, "first_funnel_id"}
        return {name: value for name, value in vals.items() if name not in facts}

    # ------------------------------------------------------------
    # THE GATE
    # ------------------------------------------------------------

    def _pass_gate(self, before, kept=None, touched=frozenset(), earlier=None, reasons=None):
        """Judge what a write or a creation has done to the leads; raise if a rule is broken, log the moves if not.

        :param dict before: the states before, by lead id; a lead without one is new
        :param dict kept: the requirements that were met before the write, by lead id
        :param touched: the names of the fields that were written
        :param dict earlier: verdicts that were passed before stock code changed the leads, by lead id
        :param dict reasons: why the leads are moved, where a transition asks for it, by lead id
        :raises ValidationError: naming every lead and everything that is missing
        """
        after = self._get_lead_states(before)
        moved = {
            lead_id: state for lead_id, state in after.items() if state.place != before.get(lead_id, LeadState()).place
        }
        gate_pass = self._get_gate_pass()
        passed = set()
        if gate_pass:
            passed = {lead_id for lead_id, state in after.items() if gate_pass.covers(lead_id, state.stage_id)}
        told = {lead_id: gate_pass.reason_of(lead_id) for lead_id in passed & moved.keys()}
        reasons = {**(reasons or {}), **told}
        refusals = {}
        verdicts = {**self._judge_moves(moved, before, passed, reasons), **(earlier or {})}
        self._collect_refusals(verdicts, refusals)
        self._check_kept({lead_id: met for lead_id, met in (kept or {}).items() if lead_id not in moved}, refusals)
        self.browse(after.keys() - passed)._check_losses(before, after, touched, refusals)
        self._check_deferrals(before, after, moved, touched, refusals)
        self._check_handovers(before, after, refusals)
        self.browse(after.keys() - passed)._check_repeat_clients(before, after, refusals)
        self._raise_refusals(refusals)
        self._log_moves(before, after, reasons, told.keys())
        self._follow_with_reviews(before, after)
        self._follow_with_lists(before)
        self._forget_losses(before, after)
        self._follow_with_deferrals(before, after, moved, touched)
        self._follow_with_checklists(before, after, moved, touched)
        self._follow_with_timers(before, after, moved, touched)
        self._follow_with_handovers(before, after)
        self._follow_with_entry_actions(after, moved)
        self._follow_with_visits(before, after)
        self._follow_with_rhythm(before, after)

    def _get_gate_pass(self):
        """Return the right to pass with which the leads are written, or None."""
        gate_pass = self.env.context.get("funnel_gate_pass")
        return gate_pass if isinstance(gate_pass, GatePass) else None

    def _follow_with_checklists(self, before, after, moved, touched):
        """Let the checklists follow the leads that a write or a creation has moved, closed, reopened or changed."""
        rules = self.env["crm.team"]._get_funnel_rules()
        if not rules.templates:
            return
        # an archived lead that was not lost has nothing to do either, although its status is the same
        changed = "active" in touched or not rules.task_fields.isdisjoint(touched)
        concerned = [
            lead_id
            for lead_id, state in after.items()
            if (origin := before.get(lead_id, LeadState())).funnel_id or state.funnel_id
            if changed
            or origin.won_status != state.won_status
            or (lead_id in moved and rules.meets_tasks(origin, state))
        ]
        self.browse(concerned)._sync_checklists(
            moved.keys(),
            salesperson_changed="user_id" in touched,
            dates_changed=not rules.deadline_fields.isdisjoint(touched),
        )

    @contextlib.contextmanager
    def _gate_batch(self):
        """Let stock code write the leads one by one, and judge them together in the end.

        Yields the leads to hand over to that code. A batch within a batch is judged with the outer one.
        """
        outer = self.env.context.get("funnel_gate_batch")
        if isinstance(outer, GateBatch):
            yield self
            return
        batch = GateBatch()
        yield self.with_context(funnel_gate_batch=batch)
        self._log_answers(batch.answers)
        if batch.before:
            leads = self.browse(batch.before).exists()
            leads._match_clients()
            leads._pass_gate(batch.before, batch.kept, batch.touched, batch.verdicts, batch.reasons)
