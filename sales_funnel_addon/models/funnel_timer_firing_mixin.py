import logging

from odoo import fields, models
from odoo.tools import SQL

from ..tools.deadlines import CONTACT
from ..tools.errors import describe_error, is_collision

_logger = logging.getLogger(__name__)


class FunnelTimerFiringMixin(models.AbstractModel):
    """How what is due happens: exactly once, in batches, and whatever fails holds up nobody else.

    A timer's state and everything it does are committed together. Timers are locked while they fire, and leads that are
    moved meanwhile delete theirs, so a timer either fires before the move or never.
    """

    _name = "funnel.timer.firing.mixin"
    _description = "Firing of Timers"

    def _fire(self):
        """Let these timers, which are locked and due, do what their reminders say."""
        timers = self._drop_stale()._collapse_ladders()
        groups = timers.grouped("reminder_id")
        # what may take a lead away from where it is comes last
        for reminder in sorted(groups, key=lambda reminder: (reminder._may_move_leads(), reminder.id)):
            group = groups[reminder].exists() if reminder._may_move_leads() else groups[reminder]
            group._filter_meant(reminder)._fire_isolated(reminder)

    def _drop_stale(self):
        """Return those of the timers that still mean something, and forget the others.

        The gate disarms the timers of leads that leave. What passes beside it, such as a script in the database, or a
        rule that has just been archived, is noticed here.
        """
        rules = self.env["crm.team"]._get_funnel_rules()
        pairs = [
            (timer.lead_id.id, rules.reminders[timer.reminder_id.id])
            for timer in self
            if timer.reminder_id.id in rules.reminders
        ]
        dated = [pair for pair in pairs if pair[1].anchor_field or pair[1].anchor == CONTACT]
        moments = self.lead_id._get_anchor_moments(dated)
        kept, moved = [], []
        for timer in self:
            reminder = rules.reminders.get(timer.reminder_id.id)
            lead = timer.lead_id
            if not reminder or reminder.stage_id != lead.stage_id.id or not lead._is_under_way():
                continue
            moment = moments.get((lead.id, reminder.anchor), timer.anchor_at)
            if moment and fields.Datetime.to_datetime(moment).replace(microsecond=0) == timer.anchor_at:
                kept.append(timer.id)
            else:
                moved.append((lead.id, reminder, moment))
        stale = self - self.browse(kept)
        if stale:
            self.env.cr.execute(SQL("DELETE FROM funnel_timer WHERE id IN %s", stale._ids))
            self._arm(moved)
        return self.browse(kept)

    def _filter_meant(self, reminder):
        """Return those of the timers whose leads the reminder means now; the others have nothing to say this time."""
        rule = self.env["crm.team"]._get_funnel_rules().reminders[reminder.id]
        try:
            with self.env.cr.savepoint():
                meant = self.lead_id._select_by_rule(reminder._name, reminder.id, rule.condition, self.lead_id.ids)
        except Exception as error:
            # a broken filter holds up nobody but its own reminder
            if is_collision(error, perhaps=self.env.context.get("funnel_doubt")):
                raise
            self._fail(error)
            return self.browse()
        skipped = self.filtered(lambda timer: timer.lead_id.id not in meant._ids)
        skipped._finish("skipped")
        return self - skipped

    def _fire_isolated(self, reminder):
        """Fire timers of one reminder; if one of them fails, that one is marked and the others fire all the same."""
        if not self:
            return
        try:
            with self.env.cr.savepoint():
                # first, for moving a lead disarms what is still armed for it
                self._finish("fired")
                reminder._apply(self)
        except Exception as error:
            # whatever it is, it is the trouble of this timer alone, unless somebody else is in the way
            if is_collision(error, perhaps=self.env.context.get("funnel_doubt")):
                raise
            if len(self) == 1:
                _logger.info("%s failed: %s", self.display_name, error)
                self._fail(error)
            else:
                # an action for one lead may delete or move others
                self[: len(self) // 2].exists()._fire_isolated(reminder)
                self[len(self) // 2 :].exists()._fire_isolated(reminder)

    # ------------------------------------------------------------
    # STATES
    # ------------------------------------------------------------

    def _finish(self, state):
        """Write what has become of the timers, and arm those that come again."""
        if not self:
            return
        rules, now = self.env["crm.team"]._get_funnel_rules(), fields.Datetime.now()
        marking = [reminder.id for reminder in rules.reminders.values() if reminder.marks_overdue and state == "fired"]
        self.env.cr.execute(
            SQL(
                """UPDATE funnel_timer SET state = %s, fired_at = %s, error = NULL, escalated = reminder_id = ANY(%s)
                   WHERE id IN %s""",
                state,
                now,
                marking,
                self._ids,
            )
        )
        again = []
        leads = self.lead_id
        for timer in self:
            rule, lead = rules.reminders[timer.reminder_id.id], timer.lead_id
            if rule.may_repeat(timer.round + 1):
                working_time = rules.working_time(lead.team_id.id, lead.company_id.id)
                again.append((timer, rule.next_due(timer.due_at, now, working_time)))
        self._insert_rounds([(timer, due) for timer, due in again if due])
        leads._forget_timers()

    def _insert_rounds(self, items):
        """Arm timers for another time, in one statement; a round that does not apply is one as well."""
        if not items:
            return
        rows = [
            SQL(
                "(%s, %s, %s, %s::timestamp, %s::timestamp, %s, 'armed', FALSE, %s)",
                *(timer.lead_id.id, timer.reminder_id.id, timer.stage_id.id or None, timer.anchor_at, due),
                *(timer.round + 1, timer.armed_by_id.id or None),
            )
            for timer, due in items
        ]
        self.env.cr.execute(
            SQL(
                """INSERT INTO funnel_timer
                       (lead_id, reminder_id, stage_id, anchor_at, due_at, round, state, escalated, armed_by_id)
                   VALUES %s ON CONFLICT (lead_id, reminder_id) WHERE state = 'armed' DO NOTHING""",
                SQL(", ").join(rows),
            )
        )

    def _fail(self, error):
        """Mark the timers as failed, for the reason that an administrator reads in the list of failed timers."""
        if self:
            self.env.cr.execute(
                SQL(
                    "UPDATE funnel_timer SET state = 'failed', fired_at = %s, error = %s WHERE id IN %s",
                    fields.Datetime.now(),
                    describe_error(error),
                    self._ids,
                )
            )
            self.lead_id._forget_timers()

    def _retry(self):
        """Let timers that have failed fire again; where only a message failed, only the message is sent again."""
        untold = self.delivery_ids.filtered(lambda delivery: delivery.state == "failed")
        untold.write({"state": "pending", "error": False})
        done = untold.timer_id
        done.write({"state": "fired", "error": False})
        self.env.flush_all()  # before the cache is read anew
        self.env.cr.execute(
            SQL(
                """UPDATE funnel_timer AS timer SET state = 'armed', error = NULL, fired_at = NULL
                   WHERE id IN %s AND state = 'failed' AND NOT EXISTS (
                       SELECT 1 FROM funnel_timer AS other WHERE other.lead_id = timer.lead_id
                          AND other.reminder_id = timer.reminder_id AND other.state = 'armed')""",
                self._ids,
            )
        )
        self.lead_id._forget_timers()
        now = fields.Datetime.now()
        self._wake_up([now], now)
