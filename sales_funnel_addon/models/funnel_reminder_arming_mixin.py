from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.tools import SQL

#: Rules that concern no more leads than this are armed at once, together with the change of the rule.
MOST_AT_ONCE = 1000
#: How many leads are armed in one transaction in the background.
CHUNK = 5000
#: How often a chunk is begun again that has collided with other work, each time with half as many leads.
MOST_ATTEMPTS = 12
CRON = "sales_funnel_addon.ir_cron_arm_timers"


class FunnelReminderArmingMixin(models.AbstractModel):
    """A reminder that was made or changed is armed for the leads that are in its stage already.

    For many leads that happens in the background, in chunks that are committed one by one. The form shows how far
    it is.
    """

    _name = "funnel.reminder.arming.mixin"
    _description = "Arming of Changed Reminders"

    arming_position = fields.Integer(
        "Armed Up To", readonly=True, copy=False, default=-1, help="The id of the last lead that was armed; -1: all."
    )
    arming_progress = fields.Float(
        "Arming", compute="_compute_arming_progress", help="Per cent of the leads in the stage."
    )

    @api.depends("arming_position", "stage_id")
    def _compute_arming_progress(self):
        for reminder in self:
            reminder.arming_progress = 100
            if reminder.arming_position >= 0:
                leads = reminder.stage_id._get_open_leads()
                done = sum(lead_id <= reminder.arming_position for lead_id in leads.ids)
                reminder.arming_progress = 100 * done / len(leads) if leads else 100

    def _arm_or_queue(self):
        """Arm these reminders for the leads in their stages: at once for a few leads, in the background for many."""
        for reminder in self.sudo().filtered("active"):
            count = self.env["crm.lead"].sudo().search_count(reminder._get_lead_domain(), limit=MOST_AT_ONCE + 1)
            if count > MOST_AT_ONCE:
                reminder._queue()
            elif count:
                reminder._arm_next(MOST_AT_ONCE, after=0)

    def _queue(self):
        """Arm these reminders in the background."""
        if not self:
            return
        # not by write, which would ask what has changed
        self.flush_recordset()
        self.env.cr.execute(SQL("UPDATE funnel_reminder SET arming_position = 0 WHERE id IN %s", self._ids))
        self.invalidate_recordset(["arming_position"], flush=False)
        cron = self.env.ref(CRON, raise_if_not_found=False)
        if cron:
            cron.sudo()._trigger()

    def _disarm(self):
        """Forget what these reminders would have done; what they have done holds against the leads no more."""
        if self.ids:
            self.env["funnel.timer"].flush_model()
            self.env.cr.execute(
                SQL(
                    """WITH gone AS (DELETE FROM funnel_timer WHERE state = 'armed' AND reminder_id IN %s)
                       UPDATE funnel_timer SET escalated = FALSE WHERE escalated AND reminder_id IN %s""",
                    tuple(self.ids),
                    tuple(self.ids),
                )
            )
            self.env["crm.lead"]._forget_timers()

    def _get_lead_domain(self):
        return [("stage_id", "=", self.stage_id.id), ("won_status", "=", "pending")]

    def _arm_next(self, limit, after):
        """Arm this reminder for the next leads in its stage.

        :param int limit: for how many
        :param int after: the id of the last lead for which it has been armed
        :returns: the leads
        """
        rule = self.env["crm.team"]._get_funnel_rules().reminders.get(self.id)
        Lead = self.env["crm.lead"].sudo()
        domain = [*self._get_lead_domain(), ("id", ">", after)]
        leads = Lead.search(domain, order="id", limit=limit) if rule else Lead
        pairs = [(lead.id, rule) for lead in leads if lead._is_under_way()]
        moments = leads._get_anchor_moments(pairs)
        self.env["funnel.timer"]._arm([(*pair, moments.get((pair[0], rule.anchor))) for pair in pairs], only_later=True)
        return leads

    @api.model
    def _cron_arm(self, chunk=CHUNK):
        """Arm the reminders that wait for it, so many leads in one transaction.

        :param int chunk: how many leads
        """
        attempts, time_left, cron = 0, 1, self.env["ir.cron"]
        while time_left and (waiting := self.search([("arming_position", ">=", 0)], order="id", limit=1)):
            try:
                leads = waiting._arm_next(chunk, waiting.arming_position)
                position = leads[-1].id if len(leads) == chunk else -1
                self.env.cr.execute(
                    SQL("UPDATE funnel_reminder SET arming_position = %s WHERE id = %s", position, waiting.id)
                )
                self.env.invalidate_all()
                time_left, attempts = cron._commit_progress(len(leads), remaining=1), 0
            except Exception as error:
                # a timer has fired that was about to be armed anew; fewer leads meet fewer of them
                attempts, chunk = attempts + 1, max(chunk // 2, 1)
                if attempts > MOST_ATTEMPTS:
                    raise
                self.env["funnel.timer"]._begin_again(error, attempts)
        if time_left:
            cron._commit_progress(remaining=0)

    @api.model
    def _follow_working_time(self):
        """Working time has changed: what is armed for later may be due at another moment."""
        self.sudo().search([("active", "=", True)])._queue()

    def action_open_failed(self):
        """Open the timers of this reminder that have failed."""
        if not self:
            raise UserError(self.env._("There is no reminder."))
        action = self.env["ir.actions.actions"]._for_xml_id("sales_funnel_addon.funnel_timer_action_failed")
        return {**action, "domain": [("reminder_id", "in", self.ids), ("state", "=", "failed")]}
