import logging

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.tools import SQL
from odoo.tools.misc import formatLang

from ..tools.errors import is_collision
from ..tools.roles import LeadPeople

_logger = logging.getLogger(__name__)


class FunnelListSampleMixin(models.AbstractModel):
    """The sample of a list: its first processed leads decide whether the others are worth the work."""

    _name = "funnel.list.sample.mixin"
    _description = "Sample of a List"

    state = fields.Selection(
        [("sampling", "Sample"), ("running", "Running"), ("paused", "Paused")],
        default="sampling",
        required=True,
        readonly=True,
        tracking=True,
        copy=False,
        help="The first leads are a sample. When it converts as expected the list runs on, else it is paused until the "
        "head of sales resumes it: nobody gets new leads of a paused list.",
    )
    threshold = fields.Float(
        "Expected Conversion (%)",
        digits=(5, 1),
        tracking=True,
        help="The least share of processed leads that have to become deals. 0: the list is never paused.",
    )
    sample_size = fields.Integer(
        compute="_compute_sample_size",
        store=True,
        readonly=False,
        precompute=True,
        tracking=True,
        help="After how many processed leads the conversion is judged.",
    )
    sample_count = fields.Integer("Processed in the Sample", readonly=True, copy=False)
    sample_conversion = fields.Float(
        "Conversion of the Sample (%)", digits=(5, 1), readonly=True, copy=False, help="When the sample was complete."
    )
    judged_at = fields.Datetime("Sample Complete On", readonly=True, copy=False)
    role_ids = fields.Many2many(
        "funnel.role",
        "funnel_list_role_rel",
        "list_id",
        "role_id",
        string="Also Tell",
        compute="_compute_role_ids",
        store=True,
        readonly=False,
        precompute=True,
        help="Who is told when the list is paused, besides the head of the funnel and the owner of the list.",
    )

    @api.depends("team_id")
    def _compute_sample_size(self):
        for cold_list in self.filtered(lambda cold_list: not cold_list.sample_size):
            company = cold_list.team_id.company_id or self.env.company
            cold_list.sample_size = company.funnel_sample_size or 20

    @api.depends("team_id")
    def _compute_role_ids(self):
        for cold_list in self:
            cold_list.role_ids = cold_list.team_id.list_role_ids

    # ------------------------------------------------------------
    # JUDGING
    # ------------------------------------------------------------

    def _follow_outcomes(self):
        """Count the sample of these lists after leads of theirs were processed, and judge those that are complete.

        The row of a list is written as long as the list has not been judged, so that of two people who process a lead
        at the same moment the second has to begin again and sees what the first has done. Afterwards nobody waits for
        anybody here.
        """
        if not self:
            return
        lists = self.sudo()  # facts of the engine, whoever has processed a lead
        lists.flush_model(["threshold", "sample_size", "judged_at"])
        lists.env["crm.lead"].flush_model(["funnel_list_id", "funnel_list_outcome"])
        rows = self.env.execute_query(
            SQL(
                """UPDATE funnel_list AS list
                      SET sample_count = found.processed, sample_conversion = found.conversion
                     FROM (SELECT list.id, COUNT(lead.funnel_list_outcome) AS processed,
                                  COALESCE(100.0 * COUNT(*) FILTER (WHERE lead.funnel_list_outcome = 'converted')
                                           / NULLIF(COUNT(lead.funnel_list_outcome), 0), 0) AS conversion
                             FROM funnel_list AS list LEFT JOIN crm_lead AS lead ON lead.funnel_list_id = list.id
                            WHERE list.id IN %s AND list.judged_at IS NULL GROUP BY list.id) AS found
                    WHERE found.id = list.id AND list.judged_at IS NULL
                RETURNING list.id, list.sample_count >= list.sample_size, found.conversion < list.threshold""",
                lists._ids,
            )
        )
        lists.invalidate_recordset(["sample_count", "sample_conversion", *lists._get_count_fields()], flush=False)
        complete = lists.browse(list_id for list_id, is_complete, _is_bad in rows if is_complete)
        bad = lists.browse(list_id for list_id, is_complete, is_bad in rows if is_complete and is_bad)
        (complete - bad)._end_sample("running")
        bad._end_sample("paused")
        bad._tell_pause()

    @api.model
    def _get_count_fields(self):
        return [name for name, field in self._fields.items() if field.compute and not field.store and name != "id"]

    def _end_sample(self, state):
        """Let the lists run on or wait for the head; a list that somebody has paused by hand stays paused."""
        if self:
            self.write({"judged_at": self.env.cr.now()})
            self.filtered(lambda cold_list: cold_list.state == "sampling").write({"state": state})

    # ------------------------------------------------------------
    # TELLING
    # ------------------------------------------------------------

    def _tell_pause(self):
        """Tell everybody concerned that these lists were paused: a message, and a notice in the open web client.

        It is part of the transaction that has paused them: both happen, or none.
        """
        template = self.env.ref("sales_funnel_addon.mail_template_list_paused", raise_if_not_found=False)
        for cold_list in self:  # each of them once in its life
            for lang, users in cold_list._get_told_users().grouped("lang").items():
                cold_list.with_context(lang=lang or "en_US")._tell_users_of_pause(template, users)
        if self:
            mails = self.env.ref("mail.ir_cron_mail_scheduler_action", raise_if_not_found=False)
            if mails:
                mails._trigger()

    def _get_told_users(self):
        """Return whom the pause of this list concerns: the head, the owner and whoever plays the roles."""
        rules = self.env["crm.team"]._get_funnel_rules()
        company_id, today = self.company_id.id, fields.Date.context_today(self)
        place = LeadPeople(self.team_id.id, company_id, self.user_id.id, self.team_id.user_id.id)
        active_ids = rules.active_user_ids(company_id)
        played = [rules.roles[role_id].people(place, active_ids, today).performers for role_id in self.role_ids.ids]
        users = self.team_id.user_id | self.user_id
        users |= users.browse(user_id for user_ids in played for user_id in user_ids)
        return users.filtered(self._may_work_here)

    def _tell_users_of_pause(self, template, users):
        """Tell users of one language, which is that of the context."""
        title = self.env._("The list “%s” is paused", self.name)
        text = self.env._(
            "%(count)s leads processed, %(found)s %% became deals; expected were %(expected)s %%.",
            count=self.sample_count,
            found=formatLang(self.env, self.sample_conversion, digits=1),
            expected=formatLang(self.env, self.threshold, digits=1),
        )
        subject, body = self._render_pause(template) or (title, text)
        self.message_notify(
            partner_ids=users.partner_id.ids,
            subject=subject,
            body=body,
            author_id=self.env.ref("base.partner_root").id,
            force_send=False,  # by the queue, after the commit
        )
        users._bus_send("simple_notification", {"type": "warning", "title": title, "message": text, "sticky": True})

    def _render_pause(self, template):
        """Return subject and body of the message, or None: a broken template keeps nobody from losing a lead."""
        lang = self.env.context["lang"]
        try:
            with self.env.cr.savepoint():
                return tuple(
                    template._render_field(name, self.ids, set_lang=lang)[self.id] for name in ("subject", "body_html")
                )
        except Exception as error:
            # a template can fail in any way
            if is_collision(error):
                raise
            _logger.warning("The message about a paused list could not be written: %s", error)
            return None

    # ------------------------------------------------------------
    # ACTIONS
    # ------------------------------------------------------------

    def action_ask_pause(self):
        """Open the dialog in which the list is paused by hand."""
        self._check_manager()
        return self._open_state_dialog("pause", self.env._("Pause the List"))

    def action_ask_resume(self):
        """Open the dialog in which the head resumes the list."""
        self._check_manager(resume=True)
        return self._open_state_dialog("resume", self.env._("Resume the List"))

    def _open_state_dialog(self, mode, title):
        action = self.env["ir.actions.actions"]._for_xml_id("sales_funnel_addon.funnel_list_state_action")
        return {**action, "name": title, "context": {"default_list_ids": self.ids, "default_mode": mode}}

    def action_pause(self, note):
        """Let nobody get new leads of these lists until they are resumed.

        :param str note: why; it is kept in the chatter
        :raises AccessError: for others than the head, the owner and funnel managers
        :raises UserError: without a note, or when one of them is paused
        """
        self._check_manager()
        paused = self.filtered(lambda cold_list: cold_list.state == "paused")
        if paused:
            raise UserError(self.env._("The list “%s” is paused already.", paused[0].name))
        self._change_state(note, lambda cold_list: "paused")
        return True

    def action_resume(self, note):
        """Let the leads of paused lists be handed out again.

        :param str note: why it goes on; it is kept in the chatter
        :raises AccessError: for others than the head and funnel managers
        :raises UserError: without a note, or when one of them is not paused
        """
        self._check_manager(resume=True)
        running = self.filtered(lambda cold_list: cold_list.state != "paused")
        if running:
            raise UserError(self.env._("The list “%s” is not paused.", running[0].name))
        self._change_state(note, lambda cold_list: "running" if cold_list.judged_at else "sampling")
        self.sudo()._hand_out()  # the leads are nobody's yet
        return True

    def _change_state(self, note, choose):
        """Give the lists another state, for people whose right to it was checked.

        :param note: why
        :param choose: the state that a list gets, a function of the list
        :raises UserError: without a note
        """
        if not (isinstance(note, str) and note.strip()):
            raise UserError(self.env._("Write a note: it is kept in the chatter."))
        lists = self.sudo()  # the state is the engine's
        for state, group in lists.grouped(choose).items():
            group.write({"state": state})
        author_id = self.env.user.partner_id.id
        lists._message_log_batch(bodies={cold_list.id: note.strip() for cold_list in lists}, author_id=author_id)
