import logging
import random
import time

from odoo import api, fields, models
from odoo.tools import SQL

from ..tools.errors import is_collision
from .funnel_timer_mixin import SURELY_LATER

_logger = logging.getLogger(__name__)

#: How many timers fire in one transaction: few enough that nobody who edits one of the leads waits for long.
BATCH_SIZE = 500
#: How often a batch is begun again that somebody else's work has interfered with, each time with half as many timers:
#: often enough to come down to a single one.
MOST_ATTEMPTS = 10
#: After how many attempts something that is there twice is no coincidence any more, but the fault of the reminder.
DOUBTFUL_ATTEMPTS = 3
#: How many timers are left to the next run because even alone they have always been interfered with.
MOST_PUT_OFF = 10
CRON = "sales_funnel_addon.ir_cron_fire_timers"


class FunnelTimerScheduleMixin(models.AbstractModel):
    """When what is due happens: a scheduled action that wakes up for it, and works in batches.

    Several workers may run it at the same time.
    """

    _name = "funnel.timer.schedule.mixin"
    _description = "Schedule of Timers"

    @api.model
    def _cron_fire(self, batch_size=BATCH_SIZE):
        """Fire what is due and tell people; several workers may do so at the same time.

        :param int batch_size: how many timers fire in one transaction
        """
        # what a move or a post mails waits in the queue as well: a slow mail server holds up nobody
        engine, cron = self.with_context(mail_notify_force_send=False), self.env["ir.cron"]
        size, attempts, put_off = batch_size, 0, 0
        while put_off <= MOST_PUT_OFF:
            try:
                doubt = attempts < DOUBTFUL_ATTEMPTS
                done = engine.with_context(funnel_doubt=doubt)._do_next(size, put_off)
                time_left = cron._commit_progress(done, remaining=1 if done or put_off else 0)
            except Exception as error:
                attempts += 1
                size = max(size // 2, 1)
                self._begin_again(error, attempts)
                if attempts >= MOST_ATTEMPTS:
                    put_off, attempts = put_off + 1, 0
                continue
            if not (done and time_left):
                return
            size, attempts = min(size * 2, batch_size), 0
        # no failure, which Odoo would let wait for the next interval
        _logger.warning("Reminders are left to the next run: other transactions are always in the way.")
        cron._commit_progress(remaining=1)

    @api.model
    def _begin_again(self, error, attempts):
        """Take back what a batch has done because somebody was in the way, and wait for a moment.

        :param Exception error: what has come of the batch; raised again if it is no :func:`is_collision`
        :param int attempts: how often the batch has been interrupted
        """
        if not is_collision(error, perhaps=True):
            raise error
        _logger.debug("Somebody has just changed what a batch was about to change: %s", error)
        self.env.cr.rollback()
        self.env.transaction.reset()
        self.env.registry.reset_changes()
        # workers that go on at the same moment would meet again; nothing is locked meanwhile
        time.sleep(random.uniform(0, 0.01 * 2 ** min(attempts, 6)))

    def _do_next(self, limit, put_off=0):
        """Fire the next timers that are due; if there are none, tell the next people; else plan the next run.

        :param int limit: how many timers
        :param int put_off: how many timers to leave out
        :returns: how much was done
        """
        now = fields.Datetime.now()
        done = self._fire_due(limit, now, put_off) or self.env["funnel.delivery"]._deliver_pending()
        if not done:
            self._schedule_next(now)
        return done

    def _fire_due(self, limit, now=None, put_off=0):
        """Fire the first timers that are due and that nobody else is firing.

        :returns: how many
        """
        due = SQL(
            """SELECT id FROM funnel_timer WHERE state = 'armed' AND due_at <= %s
               ORDER BY due_at, id OFFSET %s LIMIT %s FOR UPDATE SKIP LOCKED""",
            now or fields.Datetime.now(),
            put_off,
            limit,
        )
        timers = self.browse(timer_id for (timer_id,) in self.env.execute_query(due)).sudo()
        timers._fire()
        return len(timers)

    @api.model
    def _schedule_next(self, now):
        """Let the scheduled action run when the next timer falls due.

        What was due and is still there was locked: others are about to fire, to tell or to move it. In case they take
        that back, it is looked at again soon; at once would be over and over again until they have come to an end.

        :param datetime now: up to when everything has been fired
        """
        query = SQL(
            """SELECT (SELECT due_at FROM funnel_timer WHERE state = 'armed' AND due_at > %(now)s
                        ORDER BY due_at LIMIT 1),
                      EXISTS (SELECT FROM funnel_timer WHERE state = 'armed' AND due_at <= %(now)s)
                      OR EXISTS (SELECT FROM funnel_delivery WHERE state = 'pending')""",
            now=now,
        )
        [(following, is_left)] = self.env.execute_query(query)
        moments = [following] if following else []
        self._wake_up([*moments, now + SURELY_LATER] if is_left else moments, now)

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
