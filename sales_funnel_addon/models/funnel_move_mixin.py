from collections import defaultdict

from odoo import models
from odoo.tools import SQL

from ..tools.lead_moves import LeadState, move_kind


class FunnelMoveMixin(models.AbstractModel):
    """The log of moves: written by the gate, read by the gate and by the reports."""

    _name = "funnel.move.mixin"
    _description = "Log of Stage Moves"

    def _log_moves(self, before, after, reason="", overridden=()):
        """Add what happened in a write or a creation to the log.

        :param dict before: the states before, by lead id
        :param dict after: the states after, by lead id
        :param str reason: why the leads were moved, or why the rules were overridden
        :param overridden: the ids of the leads that passed against the rules
        """
        rules = self.env["crm.team"]._get_funnel_rules()
        events = {}
        for lead_id, state in after.items():
            origin = before.get(lead_id, LeadState())
            if state.funnel_id or origin.funnel_id:
                kind = move_kind(origin, state, rules, overridden=lead_id in overridden)
                if kind:
                    events[lead_id] = kind
        if not events:
            return
        # The log is the engine's: no user may write it, whatever their rights.
        log = self.env["funnel.move"].sudo()
        entered = self.browse(lead_id for lead_id in events if before.get(lead_id))._get_stage_entry_dates()
        log.create(
            [
                lead._prepare_move(
                    events[lead.id],
                    before.get(lead.id, LeadState()),
                    after[lead.id],
                    since=entered.get(lead.id),
                    reason=reason,
                )
                for lead in self.browse(events)
            ]
        )

    def _prepare_move(self, kind, origin, target, *, since, reason):
        now = self.env.cr.now()
        # a lead that was lost stood in no stage until it was reopened
        since = now if kind == "reopened" else since or origin.since or now
        return {
            "lead_id": self.id,
            "kind": kind,
            "from_stage_id": origin.stage_id,
            "to_stage_id": target.stage_id,
            "from_team_id": origin.team_id,
            "to_team_id": target.team_id,
            "user_id": self.env.uid,
            "date": now,
            "hours_in_stage": max((now - since).total_seconds(), 0) / 3600,
            "reason": self._get_loss_summary() if kind == "lost" else reason or False,
        }

    def _get_stage_entry_dates(self):
        """Return when the leads came into their stage according to the log, by lead id."""
        if not self:
            return {}
        self.env["funnel.move"].flush_model()
        # one row a lead, however long its history is; losing and reopening alone are no way into a stage
        entries = SQL(
            """SELECT DISTINCT ON (lead_id) lead_id, date FROM funnel_move
               WHERE lead_id IN %s AND from_stage_id IS DISTINCT FROM to_stage_id
               ORDER BY lead_id, date DESC, id DESC""",
            self._ids,
        )
        return dict(self.env.execute_query(entries))

    def _read_moves(self, field_names):
        """Return the moves of the leads from the first to the last, with the fields read."""
        if not self:
            return self.env["funnel.move"]
        # The way of a lead binds everybody, not only who may see it or the stages of another company.
        moves = self.env["funnel.move"].sudo()
        return moves.search_fetch([("lead_id", "in", self.ids)], field_names, order="date, id")

    def _get_stages_reached(self):
        """Return the way of each lead: pairs of a stage and whether it came there by an override, by lead id."""
        reached = defaultdict(list)
        for move in self._read_moves(["lead_id", "to_stage_id", "kind"]):
            reached[move.lead_id.id].append((move.to_stage_id.id, move.kind == "override"))
        return reached
