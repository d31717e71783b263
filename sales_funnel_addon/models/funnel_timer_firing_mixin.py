import logging

from odoo import api, fields, models
from odoo.service.model import PG_CONCURRENCY_EXCEPTIONS_TO_RETRY
from odoo.tools import SQL

from ..tools.deadlines import CONTACT
from .funnel_timer_mixin import SURELY_LATER

_logger = logging.getLogger(__name__)

#: How many timers fire in one transaction: few enough that nobody who edits one of the leads waits for long.
BATCH_SIZE = 500
#: How often a batch is begun again that somebody else's work has interfered with, before the next run takes over.
MOST_ATTEMPTS = 5
CRON = "sales_funnel_addon.ir_cron_fire_timers"


class FunnelTimerFiringMixin(models.AbstractModel):
    """How what is due happens: exactly once, in batches, and whatever fails holds up nobody else.

    A timer's state and everything it does are committed together. Timers are locked while they fire, and leads that are
    moved meanwhile delete theirs, so a timer either fires before the move or never.
    """

    _name = "funnel.timer.firing.mixin"
    _description = "Firing of Timers"

    # ------------------------------------------------------------
    # SCHEDULED ACTION
    # ------------------------------------------------------------

    @api.model
    def _cron_fire(self, batch_size=BATCH_SIZE):
        """Fire what is due and tell people; several workers may do so at the same time.

        :param int batch_size: how many timers fire in one transaction
        """
        Delivery, attempts = self.env["funnel.delivery"], 0
        while True:
            try:
                fired = self._fire_due(batch_size)
                told = 0 if fired else Delivery._deliver_pending()
                if not (fired or told):
                    break
                time_left = self.env["ir.cron"]._commit_progress(fired + told, remaining=1)
                attempts = 0
            except PG_CONCURRENCY_EXCEPTIONS_TO_RETRY:
                # somebody has just moved one of the leads: nothing of this batch has happened, so it begins again
                self.env.cr.rollback()
                self.env.invalidate_all(flush=False)
                attempts += 1
                time_left = 1
                if attempts >= MOST_ATTEMPTS:
                    raise
            if not time_left:
                return
        self._schedule_next()
        self.env["ir.cron"]._commit_progress(remaining=0)

    def _fire_due(self, limit):
        """Fire the first timers that are due and that nobody else is firing.

        :returns: how many
        """
        due = SQL(
            """SELECT id FROM funnel_timer WHERE state = 'armed' AND due_at <= %s
               ORDER BY due_at, id LIMIT %s FOR UPDATE SKIP LOCKED""",
            fields.Datetime.now(),
            limit,
        )
        timers = self.browse(timer_id for (timer_id,) in self.env.execute_query(due)).sudo()
        timers._fire()
        return len(timers)

    @api.model
    def _schedule_next(self):
        """Let the scheduled action run when the next timer falls due."""
        query = SQL("SELECT due_at FROM funnel_timer WHERE state = 'armed' ORDER BY due_at LIMIT 1")
        now = fields.Datetime.now()
        self._wake_up([due for (due,) in self.env.execute_query(query)], now)

    @api.model
    def _wake_up(self, moments, now):
        """Let the scheduled action run at the first of some moments, unless it will by then anyway.

        :param moments: in UTC
        :param datetime now: the present moment
        """
        cron_id = self.env["ir.model.data"]._xmlid_to_res_id(CRON, raise_if_not_found=False)
        if not moments or not cron_id:
            return
        first = max(min(moments), now)
        planned = SQL(
            "SELECT 1 FROM ir_cron_trigger WHERE cron_id = %s AND call_at > %s AND call_at <= %s LIMIT 1",
            cron_id,
            now + SURELY_LATER,
            first,
        )
        if first <= now + SURELY_LATER or not self.env.execute_query(planned):
            self.env["ir.cron"].sudo().browse(cron_id)._trigger(at=first)

    # ------------------------------------------------------------
    # FIRING
    # ------------------------------------------------------------

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
        except PG_CONCURRENCY_EXCEPTIONS_TO_RETRY:
            raise
        except Exception as error:  # noqa: BLE001 – a broken filter holds up nobody but its own reminder
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
        except PG_CONCURRENCY_EXCEPTIONS_TO_RETRY:
            raise
        except Exception as error:  # noqa: BLE001 – whatever it is, it is the trouble of this timer alone
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
                    str(error) or type(error).__name__,
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
