from collections import defaultdict

from odoo import models
from odoo.tools import SQL

from ..tools.lead_moves import LeadState, move_kind

#: The columns of the log that are filled in here, with their types; ``hours_in_stage`` is computed by the database.
MOVE_COLUMNS = {
    "lead_id": "integer",
    "kind": "text",
    "from_stage_id": "integer",
    "to_stage_id": "integer",
    "from_team_id": "integer",
    "to_team_id": "integer",
    "user_id": "integer",
    "date": "timestamp",
    "reason": "text",
    "lost_reason_id": "integer",
}


class FunnelMoveMixin(models.AbstractModel):
    """The log of moves: written by the gate, read by the gate and by the reports."""

    _name = "funnel.move.mixin"
    _description = "Log of Stage Moves"

    def _log_moves(self, before, after, reasons, passed=()):
        """Add what happened in a write or a creation to the log.

        :param dict before: the states before, by lead id
        :param dict after: the states after, by lead id
        :param dict reasons: why the leads were moved, or why the rules were overridden, by lead id
        :param passed: the ids of the leads that passed by a right of their own, see :class:`GatePass`
        """
        rules = self.env["crm.team"]._get_funnel_rules()
        events = {}
        for lead_id, state in after.items():
            origin = before.get(lead_id, LeadState())
            if state.funnel_id or origin.funnel_id:
                kind = move_kind(origin, state, rules, passed_as=lead_id in passed and self._get_gate_pass().kind)
                if kind:
                    events[lead_id] = kind
        if events:
            self._insert_moves(
                [
                    lead._prepare_move(
                        events[lead.id], before.get(lead.id, LeadState()), after[lead.id], reasons.get(lead.id)
                    )
                    for lead in self.browse(events)
                ]
            )

    def _prepare_move(self, kind, origin, target, reason):
        """Return the row of the log, in the order of :data:`MOVE_COLUMNS`."""
        now = self.env.cr.now()
        reason = self._get_loss_summary() if kind == "lost" else reason
        return (
            self.id,
            kind,
            origin.stage_id or None,
            target.stage_id or None,
            origin.team_id or None,
            target.team_id or None,
            self.env.uid,
            now,
            reason or None,
            (kind == "lost" and target.lost_for) or None,
            origin.since or now,
        )

    def _insert_moves(self, rows):
        """Add rows to the log in one statement, which also finds out how long the leads were in their stages.

        Of leads that went on within their funnel, as most do, it tells as well what became of their stays. The log is
        the engine's: no user may write it, whatever their rights. A lead that was lost stood in no stage until it was
        reopened.
        """
        self.env.flush_all()  # a new lead has to be there before its log, and so has what was logged before
        plain = [self._begins_plain_stay(*row[1:6]) for row in rows]
        added = self._prepare_log(
            [(*row, "here" if is_plain else None) for row, is_plain in zip(rows, plain, strict=True)]
        )
        unclear = {row[0] for row, is_plain in zip(rows, plain, strict=True) if not is_plain}
        if any(is_plain and row[2] for row, is_plain in zip(rows, plain, strict=True)):
            unclear.update(lead_id for (lead_id,) in self.env.execute_query(self._prepare_ended_stays(added)))
        else:
            self.env.cr.execute(added)
        self.browse(unclear)._follow_stays()
        self.env["funnel.move"].invalidate_model(["outcome", "left_date", "next_stage_id"], flush=False)
        self.env["crm.lead"].invalidate_model(["funnel_move_ids", "duration_tracking"], flush=False)

    def _prepare_log(self, rows):
        """Return the statement that adds rows to the log.

        :param rows: tuples of :data:`MOVE_COLUMNS`, since when a lead was where it was, and the outcome of its new stay
        """
        columns = SQL(", ").join(map(SQL.identifier, MOVE_COLUMNS))
        types = SQL(", ").join(
            SQL("move.%s::%s", SQL.identifier(name), SQL(kind)) for name, kind in MOVE_COLUMNS.items()
        )
        return SQL(
            """INSERT INTO funnel_move (%s, outcome, hours_in_stage)
               SELECT %s, move.outcome, CASE WHEN move.kind IN ('created', 'reopened') THEN 0 ELSE GREATEST(0, EXTRACT(
                   EPOCH FROM move.date::timestamp - COALESCE(entry.date, move.since::timestamp)) / 3600) END
               FROM (VALUES %s) AS move (%s, since, outcome)
               LEFT JOIN LATERAL (%s) AS entry ON TRUE""",
            columns,
            types,
            SQL(", ").join(SQL("(%s)", SQL(", ").join(SQL("%s", value) for value in row)) for row in rows),
            columns,
            self._select_entries(SQL("move.lead_id::integer")),
        )

    def _select_entries(self, lead_id):
        """Return the query of the moment at which a lead came into its stage, according to the log."""
        # losing and reopening alone are no way into a stage
        return SQL(
            """SELECT date FROM funnel_move AS earlier
               WHERE earlier.lead_id = %s AND from_stage_id IS DISTINCT FROM to_stage_id
               ORDER BY date DESC, id DESC LIMIT 1""",
            lead_id,
        )

    def _get_stage_entry_dates(self):
        """Return when the leads came into their stage according to the log, by lead id."""
        if not self:
            return {}
        entries = SQL(
            "SELECT lead.id, entry.date FROM crm_lead AS lead JOIN LATERAL (%s) AS entry ON TRUE WHERE lead.id IN %s",
            self._select_entries(SQL("lead.id")),
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
