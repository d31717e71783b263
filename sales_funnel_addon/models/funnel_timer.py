from functools import cache

from babel.units import format_unit
from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError
from odoo.tools import SQL
from odoo.tools.misc import babel_locale_parse

from ..tools.deadlines import EVENTS


class FunnelTimer(models.Model):
    """One reminder armed for one lead, and in the end what became of it."""

    _name = "funnel.timer"
    _inherit = [
        "funnel.timer.schedule.mixin",
        "funnel.timer.firing.mixin",
        "funnel.timer.ladder.mixin",
        "funnel.follows.lead.mixin",
    ]
    _description = "Timer"
    _order = "due_at desc, id desc"
    _rec_name = "reminder_id"
    _log_access = False

    lead_id = fields.Many2one("crm.lead", required=True, ondelete="cascade", readonly=True)
    reminder_id = fields.Many2one("funnel.reminder", index=True, ondelete="set null", readonly=True)
    title = fields.Char("Former Name", readonly=True, help="What the reminder was called before it was deleted.")
    name = fields.Char("Timer", compute="_compute_name", compute_sudo=True)
    stage_id = fields.Many2one("crm.stage", ondelete="set null", readonly=True)
    anchor_at = fields.Datetime("Counts From", required=True, readonly=True, help="The moment from which it counts.")
    due_at = fields.Datetime("Due", required=True, readonly=True)
    round = fields.Integer("Times Before", readonly=True, help="How many times the reminder has fired before.")
    state = fields.Selection(
        [
            ("armed", "Armed"),
            ("fired", "Fired"),
            ("skipped", "Did not apply"),
            ("collapsed", "Told together with a later one"),
            ("failed", "Failed"),
        ],
        default="armed",
        required=True,
        readonly=True,
    )
    fired_at = fields.Datetime("On", readonly=True)
    escalated = fields.Boolean("Still Open", readonly=True, help="It fired, and the lead is where it was.")
    armed_by_id = fields.Many2one("res.users", ondelete="set null", readonly=True)
    error = fields.Text(readonly=True, help="Why it failed.")
    delivery_ids = fields.One2many("funnel.delivery", "timer_id", "Told", readonly=True)
    reason = fields.Char("Why", related="reminder_id.when_summary", compute_sudo=True)
    result = fields.Char("What Happened", compute="_compute_result")
    lead_stage_id = fields.Many2one(related="lead_id.stage_id", string="Present Stage")
    lead_user_id = fields.Many2one(related="lead_id.user_id")

    # only what is due is read by the scheduled action, however many deals there are
    _due = models.Index("(due_at, id) WHERE state = 'armed'")
    _unique_armed = models.UniqueIndex(
        "(lead_id, reminder_id) WHERE state = 'armed'", "A reminder is armed once for each lead."
    )
    _history = models.Index("(lead_id, reminder_id, anchor_at)")
    # the access rules of leads ask who was told of what is still open, however much has been told before
    _escalated = models.Index("(lead_id) WHERE escalated")
    _failed = models.Index("(reminder_id) WHERE state = 'failed'")

    # ------------------------------------------------------------
    # COMPUTE
    # ------------------------------------------------------------

    @api.depends("reminder_id.name", "title")
    @api.depends_context("lang")
    def _compute_name(self):
        for timer in self:
            timer.name = timer.reminder_id.name or timer.title

    @api.depends("name", "lead_id.name")
    def _compute_display_name(self):
        for timer in self:
            timer.display_name = f"{timer.sudo().lead_id.name}: {timer.name}"

    @api.depends("state", "delivery_ids.state", "error")
    @api.depends_context("lang")
    def _compute_result(self):
        """Say in one line who was told and what else was done."""
        # who was told what is no secret to those who see the lead
        for timer in self.sudo():
            parts = []
            told = timer.delivery_ids.filtered(lambda delivery: delivery.state in ("sent", "pending")).user_id
            if told:
                parts.append(self.env._("Told: %s", ", ".join(told.mapped("name"))))
            if timer.state in ("fired", "failed"):
                parts += timer.reminder_id._describe_effects()
            if timer.error:
                parts.append(timer.error)
            timer.result = " · ".join(parts) if timer.state != "armed" else False

    @api.model
    def _describe_duration(self, duration):
        """Return a duration in its two largest units, in the language of the reader: "2 days 3 hours"."""
        locale = babel_locale_parse(self.env.lang or "en_US")
        minutes = max(int(duration.total_seconds() // 60), 0)
        amounts = {"day": minutes // 1440, "hour": minutes % 1440 // 60, "minute": minutes % 60}
        parts = [(unit, amount) for unit, amount in amounts.items() if amount][:2] or [("minute", 0)]
        return " ".join(format_unit(amount, f"duration-{unit}", locale=locale) for unit, amount in parts)

    # ------------------------------------------------------------
    # ARMING
    # ------------------------------------------------------------

    @api.model
    def _arm(self, items, *, only_later=False):
        """Arm reminders for leads, in one statement; what counts from nothing any more is disarmed.

        What has fired for the same lead and the same moment never fires again, not even if it fires while this
        transaction arms it: then this one has to begin again. Two transactions that arm the same make one timer.

        :param items: triples of a lead id, a :class:`~sales_funnel_addon.tools.reminders.Reminder`, and the moment from
            which it counts, False if there is none
        :param bool only_later: leave out new timers that are due already, where the reminder does not catch up
        """
        rules = self.env["crm.team"]._get_funnel_rules()
        leads = self.env["crm.lead"].sudo().browse(dict.fromkeys(item[0] for item in items))
        by_id = dict(zip(leads._ids, leads, strict=True))
        due_at = cache(rules.due_at)  # leads that come together are mostly due together
        rows, gone, now = [], [], fields.Datetime.now()
        for lead_id, reminder, moment in items:
            lead = by_id[lead_id]
            due = moment and due_at(reminder.deadline, moment, lead.team_id.id, lead.company_id.id)
            if not due:
                gone.append((lead_id, reminder.id))
                continue
            late = only_later and due <= now and not reminder.catches_up
            anchor = moment if reminder.anchor in EVENTS else fields.Datetime.to_datetime(moment)
            rows.append((lead_id, reminder, anchor.replace(microsecond=0), due, late, 0))
        self._delete_armed(gone)
        rows = self._go_on(rows, now, only_later)
        self._insert_armed(rows, now)

    def _go_on(self, rows, now, only_later):
        """Return the rows with the next round where a reminder that comes again has fired for the same moment already.

        So neither a rule that was archived for a while nor a lead that was elsewhere loses the repetitions to come.
        """
        begun = self.env.cr.now().replace(microsecond=0)  # what counts from this very moment cannot have fired before
        pairs = {(row[0], row[1].id, row[2]) for row in rows if row[1].repeat and row[2] < begun}
        if not pairs:
            return rows
        rounds = SQL(
            """SELECT DISTINCT ON (lead_id, reminder_id) lead_id, reminder_id, round, due_at, state FROM funnel_timer
                WHERE state != 'armed' AND (lead_id, reminder_id, anchor_at) IN (%s)
                ORDER BY lead_id, reminder_id, round DESC""",
            SQL(", ").join(SQL("(%s, %s, %s::timestamp)", *pair) for pair in pairs),
        )
        last = {(row[0], row[1]): row[2:] for row in self.env.execute_query(rounds)}
        rules = self.env["crm.team"]._get_funnel_rules()
        leads = self.env["crm.lead"].sudo().browse(lead_id for lead_id, *_rest in rows)
        following = []
        for lead_id, reminder, anchor, due, late, _times in rows:
            times = 0
            done, before, state = last.get((lead_id, reminder.id), (0, False, "failed"))
            if state != "failed" and reminder.may_repeat(done + 1):
                lead = leads.browse(lead_id).with_prefetch(leads.ids)
                working_time = rules.working_time(lead.team_id.id, lead.company_id.id)
                # what has come due since is told once, but not because of a rule that lets the past rest
                due = reminder.next_due(before, now if only_later else before, working_time)
                late, times = False, done + 1
            if due:
                following.append((lead_id, reminder, anchor, due, late, times))
        return following

    def _insert_armed(self, rows, now):
        """Write armed timers, or arm the present ones anew."""
        if not rows:
            return
        self.env["crm.lead"].flush_model(["stage_id"])  # a new lead has to be there before its timers
        values = [
            SQL(
                "(%s, %s, %s, %s::timestamp, %s::timestamp, %s, %s, %s)",
                *(lead_id, reminder.id, reminder.stage_id, anchor, due.replace(microsecond=0)),
                *(late, times, reminder.marks_overdue),
            )
            for lead_id, reminder, anchor, due, late, times in rows
        ]
        self.env.cr.execute(
            SQL(
                """WITH new (lead_id, reminder_id, stage_id, anchor_at, due_at, late, round, marks) AS (
                       VALUES %(rows)s),
                   held AS (
                       SELECT present.id FROM funnel_timer AS present JOIN new
                           ON present.lead_id = new.lead_id AND present.reminder_id = new.reminder_id
                        WHERE present.state = 'armed' FOR UPDATE OF present),
                   eased AS (
                       UPDATE funnel_timer AS old SET escalated = FALSE FROM new
                        WHERE old.lead_id = new.lead_id AND old.reminder_id = new.reminder_id
                          AND old.escalated AND old.anchor_at != new.anchor_at),
                   marked AS (
                       UPDATE funnel_timer AS old SET escalated = TRUE FROM new
                        WHERE old.lead_id = new.lead_id AND old.reminder_id = new.reminder_id AND new.marks
                          AND old.state = 'fired' AND NOT old.escalated AND old.anchor_at = new.anchor_at)
                   INSERT INTO funnel_timer AS timer
                       (lead_id, reminder_id, stage_id, anchor_at, due_at, round, state, escalated, armed_by_id)
                   SELECT lead_id, reminder_id, stage_id, anchor_at, due_at, round, 'armed', FALSE, %(user)s FROM new
                    WHERE (SELECT count(*) FROM held) >= 0 AND NOT EXISTS (
                        SELECT 1 FROM funnel_timer AS done
                         WHERE done.lead_id = new.lead_id AND done.reminder_id = new.reminder_id
                           AND done.anchor_at = new.anchor_at AND done.state != 'armed' AND done.round >= new.round)
                      AND (NOT late OR EXISTS (
                        SELECT 1 FROM funnel_timer AS present
                         WHERE present.lead_id = new.lead_id AND present.reminder_id = new.reminder_id
                           AND present.anchor_at = new.anchor_at))
                   ON CONFLICT (lead_id, reminder_id) WHERE state = 'armed' DO UPDATE
                   SET anchor_at = EXCLUDED.anchor_at, due_at = EXCLUDED.due_at, round = EXCLUDED.round,
                       stage_id = EXCLUDED.stage_id, armed_by_id = EXCLUDED.armed_by_id
                   WHERE timer.due_at != EXCLUDED.due_at OR timer.anchor_at != EXCLUDED.anchor_at""",
                user=self.env.uid,
                rows=SQL(", ").join(values),
            )
        )
        self.env["crm.lead"]._forget_timers()
        self._wake_up([due for _lead, _rule, _anchor, due, late, _times in rows if not late], now)

    def _delete_armed(self, pairs):
        """Disarm reminders for leads.

        :param pairs: pairs of a lead id and a reminder id
        """
        if pairs:
            rows = SQL(", ").join(SQL("(%s, %s)", *pair) for pair in pairs)
            query = """WITH gone AS (
                           DELETE FROM funnel_timer WHERE state = 'armed' AND (lead_id, reminder_id) IN (%(rows)s))
                       UPDATE funnel_timer SET escalated = FALSE
                        WHERE escalated AND (lead_id, reminder_id) IN (%(rows)s)"""
            self.env.cr.execute(SQL(query, rows=rows))
            self.env["crm.lead"]._forget_timers()

    # ------------------------------------------------------------
    # ACTIONS
    # ------------------------------------------------------------

    def action_retry(self):
        """Let timers that have failed fire again, in the background and at once.

        What has been done and could only not be told is told again.

        :raises AccessError: when the user is no funnel manager
        :raises UserError: for timers that have not failed
        """
        if not (self.env.su or self.env.user.has_group("sales_funnel_addon.group_funnel_manager")):
            raise AccessError(self.env._("Only a funnel manager can let reminders fire again."))
        self.check_access("read")
        timers = self.sudo().filtered(lambda timer: timer.state == "failed")
        if not timers:
            raise UserError(self.env._("None of these has failed."))
        timers._retry()
        return {"type": "ir.actions.client", "tag": "soft_reload"}

    def action_open_lead(self):
        """Open the lead of the timer."""
        return self.sudo().lead_id.sudo(False).get_formview_action()
