import logging

from odoo import api, fields, models
from odoo.fields import Domain
from odoo.tools import SQL

from ..tools.errors import describe_error, is_collision

_logger = logging.getLogger(__name__)

#: How many people are told in one transaction, and with how many messages: every message leaves environments behind,
#: which makes the next one slower until the transaction ends.
PEOPLE_AT_ONCE = 20
MESSAGES_AT_ONCE = 100
#: How many leads a digest lists; the rest is counted, and one click away.
LONGEST_DIGEST = 30


class FunnelDelivery(models.Model):
    """One reminder of one lead that one person has got, or is about to get."""

    _name = "funnel.delivery"
    _inherit = ["funnel.follows.lead.mixin"]
    _description = "Reminder Sent"
    _order = "date desc, id desc"
    _rec_name = "lead_id"
    _log_access = False

    timer_id = fields.Many2one(
        "funnel.timer", ondelete="cascade", readonly=True, help="Empty: the lead came from somebody else's client."
    )
    lead_id = fields.Many2one("crm.lead", required=True, index=True, ondelete="cascade", readonly=True)
    reminder_id = fields.Many2one("funnel.reminder", ondelete="set null", index="btree_not_null", readonly=True)
    user_id = fields.Many2one("res.users", "To", required=True, index=True, ondelete="cascade", readonly=True)
    date = fields.Datetime("Sent On", required=True, readonly=True)
    state = fields.Selection(
        [("pending", "On its way"), ("sent", "Sent"), ("failed", "Failed"), ("dropped", "Nobody there")],
        default="pending",
        required=True,
        readonly=True,
    )
    is_digest = fields.Boolean("In a List", readonly=True, help="It came together with others, in one message.")
    message_id = fields.Many2one("mail.message", ondelete="set null", readonly=True, index="btree_not_null")
    error = fields.Text(readonly=True)
    name = fields.Char("What", compute="_compute_name", compute_sudo=True)
    escalated = fields.Boolean(related="timer_id.escalated")
    is_for_others = fields.Boolean(
        "Of a Colleague's Lead", compute="_compute_is_for_others", search="_search_is_for_others"
    )
    lead_stage_id = fields.Many2one(related="lead_id.stage_id", string="Present Stage")
    lead_user_id = fields.Many2one(related="lead_id.user_id", string="Salesperson")
    lead_time_in_stage = fields.Char(related="lead_id.funnel_time_in_stage", string="In Stage For")
    team_id = fields.Many2one(related="lead_id.team_id", string="Funnel")

    _unique_person = models.UniqueIndex("(timer_id, user_id)", "Everybody is told once.")
    _unique_repeat = models.UniqueIndex("(lead_id, user_id) WHERE timer_id IS NULL", "Everybody is told once.")
    _pending = models.Index("(user_id, id) WHERE state = 'pending'")

    # ------------------------------------------------------------
    # COMPUTE
    # ------------------------------------------------------------

    @api.depends("timer_id.name")
    @api.depends_context("lang")
    def _compute_name(self):
        for delivery in self:
            delivery.name = delivery.timer_id.name if delivery.timer_id else self.env._("Repeat client")

    @api.depends("lead_id.user_id", "user_id")
    def _compute_is_for_others(self):
        for delivery in self:
            delivery.is_for_others = delivery.sudo().lead_id.user_id != delivery.user_id

    def _search_is_for_others(self, operator, value):
        if operator != "in":
            return NotImplemented
        table = SQL.identifier(self._table)
        own = SQL(
            "(SELECT own.id FROM %s own JOIN crm_lead lead ON lead.id = own.lead_id AND lead.user_id = own.user_id)",
            table,
        )
        return [("id", "not in" if True in value else "in", own)]

    @api.model
    def _get_follow_domain(self):
        """Whoever was told may read what they were told."""
        return super()._get_follow_domain() | Domain("user_id", "=", self.env.uid)

    def _get_exempt(self, operation):
        return self.sudo().filtered(lambda delivery: delivery.user_id.id == self.env.uid).with_env(self.env)

    # ------------------------------------------------------------
    # DELIVERING
    # ------------------------------------------------------------

    @api.model
    def _insert(self, rows):
        """Note who has to be told, in one statement; nobody twice of the same.

        :param rows: tuples of the ids of a timer, a lead, a reminder and a user; without a timer and a reminder it is
            about a repeat client
        """
        if rows:
            now = fields.Datetime.now()
            values = SQL(", ").join(SQL("(%s, %s, %s, %s, %s, 'pending', FALSE)", *row, now) for row in rows)
            columns = SQL("timer_id, lead_id, reminder_id, user_id, date, state, is_digest")
            self.env.cr.execute(
                SQL("INSERT INTO funnel_delivery (%s) VALUES %s ON CONFLICT DO NOTHING", columns, values)
            )
            self.invalidate_model(flush=False)

    @api.model
    def _deliver_pending(self):
        """Tell the next people what waits for them, each one message after the other or all in one list.

        What is too much for one transaction waits for the next.

        :returns: how many reminders were told
        """
        deliveries = self._lock_pending()
        deliveries.lead_id.fetch(["team_id"])  # a list shows a few of its leads, so nothing else is read of all of them
        messages = [message for own in deliveries.grouped("user_id").values() for message in own._get_messages()]
        for message, is_digest in messages[:MESSAGES_AT_ONCE]:
            message._deliver(is_digest)
        if messages:
            mails = self.env.ref("mail.ir_cron_mail_scheduler_action", raise_if_not_found=False)
            if mails:
                mails.sudo()._trigger()
        return sum(len(message) for message, _is_digest in messages[:MESSAGES_AT_ONCE])

    @api.model
    def _lock_pending(self):
        """Lock and return what waits for the next people, unless another worker is telling them."""
        # in two statements: statistics from before the rush, when next to nothing was pending, make the database look
        # for the people anew with each row of a single one
        people = SQL(
            "SELECT DISTINCT user_id FROM funnel_delivery WHERE state = 'pending' ORDER BY user_id LIMIT %s",
            PEOPLE_AT_ONCE,
        )
        user_ids = [user_id for (user_id,) in self.env.execute_query(people)]
        waiting = SQL(
            """SELECT id FROM funnel_delivery WHERE state = 'pending' AND user_id = ANY(%s)
               ORDER BY id FOR UPDATE SKIP LOCKED""",
            user_ids,
        )
        rows = self.env.execute_query(waiting) if user_ids else ()
        return self.browse(delivery_id for (delivery_id,) in rows).sudo()

    def _get_messages(self):
        """Return what one person has to be told as messages: one for each lead, or one list if there are too many.

        :returns: pairs of deliveries and whether they are a list
        """
        if len(self) > self._get_digest_threshold():
            return [(self, True)]
        return [(delivery, False) for delivery in self]

    def _get_digest_threshold(self):
        """Return how many messages at once the funnels of these leads allow: the strictest of them counts."""
        funnels = self.env["crm.team"]._get_funnel_rules().funnels
        found = [funnels[lead.team_id.id].digest_threshold for lead in self.lead_id if lead.team_id.id in funnels]
        return min(found, default=0)

    def _deliver(self, is_digest):
        """Tell one person what has fired, in one message.

        :param bool is_digest: whether as a list
        """
        user = self.user_id
        if not user.active or user.share:
            self._write_at_once("dropped")
        elif is_digest:
            self._isolated(lambda: self._send_digest(user))
        else:
            self._isolated(lambda: self._send(user, self.reminder_id))

    def _isolated(self, send):
        """Send, or mark these as failed: a broken message template keeps nothing else from its way."""
        try:
            with self.env.cr.savepoint():
                send()
        except Exception as error:
            # a template can fail in any way; what fails in it because somebody else is in the way is not its fault
            if is_collision(error, perhaps=self.env.context.get("funnel_doubt")):
                raise
            _logger.info("A reminder could not be told: %s", error)
            self._write_at_once("failed", error=describe_error(error))
            self.timer_id._fail(error)

    def _send(self, user, reminder):
        """Send one message about one lead, in the reader's language."""
        default = "mail_template_reminder" if self.timer_id else "mail_template_repeat_client"
        template = reminder.template_id or self.env.ref(f"sales_funnel_addon.{default}")
        template = template.with_context(
            funnel_reminder=reminder.with_context(lang=user.lang).name or self.timer_id.title
        )
        lead_id = self.lead_id.id
        subject = template._render_field("subject", [lead_id], set_lang=user.lang)[lead_id]
        body = template._render_field("body_html", [lead_id], set_lang=user.lang)[lead_id]
        self._notify(self.lead_id, user, subject, body)

    def _send_digest(self, user):
        """Send one message with everything, in the reader's language."""
        deliveries = self.with_context(lang=user.lang)
        subject = deliveries.env._("%s reminders", len(self))
        shown = deliveries[:LONGEST_DIGEST].with_prefetch()  # the others are only counted
        groups = [
            (name, [(lead, lead.stage_id.name, lead.user_id.name) for lead in own.lead_id])
            for name, own in shown.grouped("name").items()
        ]
        values = {"groups": groups, "more": max(len(self) - LONGEST_DIGEST, 0)}
        body = deliveries.env["ir.qweb"]._render("sales_funnel_addon.reminder_digest", values, lang=user.lang)
        self._notify(self.env["mail.thread"], user, subject, body, is_digest=True)

    def _notify(self, thread, user, subject, body, *, is_digest=False):
        """Hand a message over to Odoo, which delivers it the way the reader prefers."""
        message = thread.with_context(lang=user.lang).message_notify(
            partner_ids=user.partner_id.ids,
            subject=subject,
            body=body,
            author_id=self.env.ref("base.partner_root").id,
            force_send=False,  # by the queue, after the commit: a slow mail server holds up nobody
        )
        self._write_at_once("sent", message_id=message.id or None, is_digest=is_digest)

    def _write_at_once(self, state, **values):
        """Write what has become of these, in one statement."""
        values |= {"state": state, "date": fields.Datetime.now()}
        assignments = SQL(", ").join(SQL("%s = %s", SQL.identifier(name), value) for name, value in values.items())
        self.env.cr.execute(SQL("UPDATE funnel_delivery SET %s WHERE id IN %s", assignments, self._ids))
        self.invalidate_recordset(list(values), flush=False)

    # ------------------------------------------------------------
    # ACTIONS
    # ------------------------------------------------------------

    def action_open_lead(self):
        """Open the lead of the reminder."""
        return self.sudo().lead_id.sudo(False).get_formview_action()
