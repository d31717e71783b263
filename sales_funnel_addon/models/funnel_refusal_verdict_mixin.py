from markupsafe import Markup
from odoo import models
from odoo.exceptions import AccessError, UserError, ValidationError

from ..tools.lead_moves import GatePass

#: The reviews that are still to have a verdict, or may have one: what is not in the sample can be checked all the same.
WITHOUT_VERDICT = ["|", ("state", "=", "to_check"), ("closing", "=", "skipped")]


class FunnelRefusalVerdictMixin(models.AbstractModel):
    """The verdicts of quality control: who may give them, what they need, and what follows from them."""

    _name = "funnel.refusal.verdict.mixin"
    _description = "Verdicts on Refusals"

    # ------------------------------------------------------------
    # PUBLIC
    # ------------------------------------------------------------

    def action_verify(self, cause_id, note=None):
        """Confirm that the deals were rightly given up.

        :param int cause_id: the id of what was behind the refusal
        :param str note: what the salesperson should know about it, if anything
        :raises AccessError: when the user is no quality controller, or may not see the leads
        :raises UserError: for a review that has its verdict already
        :raises ValidationError: without a cause
        """
        cause, note = self._check_verdict(cause_id, note)
        self._give_verdict("verified", cause, note)
        self._announce(self.env._("Refusal verified by quality control"))
        return True

    def action_return(self, cause_id, note, stage_id=False, user_id=False):
        """Reopen the deals: the salesperson has to go on with them.

        The rules of the funnel hold, as for everybody; only the stage in which a deal was lost is always open to it.

        :param int cause_id: the id of what was behind the refusal
        :param str note: what is to be done; the salesperson is told
        :param int stage_id: the id of the stage where the deals go on; by default where each of them was lost
        :param int user_id: the id of the user who goes on with them; by default whoever has lost each of them
        :raises AccessError: when the user is no quality controller, or may not see the leads
        :raises UserError: for a review that has its verdict already, a stage that wins deals, or somebody who cannot
            take over
        :raises ValidationError: without a cause or a note, or when the rules of the funnel forbid the stage
        """
        cause, note = self._check_verdict(cause_id, note)
        if not note:
            raise ValidationError(self.env._("Write what is to be done: the salesperson goes on with your note."))
        stages, users = self._get_return_stages(stage_id), self._get_return_users(user_id)
        # before the deals are reopened: this is not somebody else's reopening, which closes a review without a check
        self._give_verdict("returned", cause, note)
        for (stage, user), reviews in self.grouped(lambda review: (stages[review], users[review])).items():
            # facts of the engine, written after the rights were checked
            reviews.sudo().write({"return_stage_id": stage.id, "return_user_id": user.id})
            reviews._reopen_leads(stage, user, note)
        self._announce(self.env._("Returned by quality control"))
        self._plan_next_steps()
        self._tell_salespeople()
        return True

    # ------------------------------------------------------------
    # CHECKS
    # ------------------------------------------------------------

    def _check_verdict_possible(self):
        """Raise unless this user may give a verdict on the reviews now."""
        if not (self.env.su or self.env.user.has_group("sales_funnel_addon.group_funnel_quality_controller")):
            raise AccessError(self.env._("Only quality control gives verdicts on refusals."))
        self.check_access("read")
        for review in self.filtered(lambda review: review.user_id == self.env.user and not self.env.su)[:1]:
            raise AccessError(
                self.env._("Nobody checks their own refusals: leave “%s” to a colleague.", review.lead_id.display_name)
            )
        for review in (self - self.filtered_domain(WITHOUT_VERDICT))[:1]:
            states = dict(review._fields["state"]._description_selection(self.env))
            raise UserError(
                self.env._(
                    "The refusal of “%(lead)s” needs no verdict any more: %(state)s.",
                    lead=review.lead_id.display_name,
                    state=states[review.state],
                )
            )

    def _check_verdict(self, cause_id, note):
        """Return cause and note of a verdict after checking both, and that this user may give it."""
        self._check_verdict_possible()
        cause = self._browse_argument("funnel.refusal.cause", cause_id)
        if not cause or not cause.active:
            raise ValidationError(self.env._("Name the cause: what was behind the refusal?"))
        if not isinstance(note or "", str):
            raise ValidationError(self.env._("A note is text."))
        return cause, (note or "").strip()

    def _browse_argument(self, model_name, record_id):
        """Return the record that a client names, or none."""
        is_id = isinstance(record_id, int) and not isinstance(record_id, bool) and 0 < record_id < 2**31
        return self.env[model_name].browse(record_id if is_id else ()).exists()

    def _get_return_stages(self, stage_id):
        """Return the stage in which each deal goes on, by review."""
        stage = self.lead_id._get_target_stage(stage_id) if stage_id else self.env["crm.stage"]
        stages = {review: stage or review.stage_id or review.lead_id.stage_id for review in self}
        for found in dict.fromkeys(stages.values()):
            if found.is_won:
                raise UserError(self.env._("“%s” wins deals: a deal that goes on is in a stage before.", found.name))
        for team in self.lead_id.team_id:
            if not team.funnel_kind:
                raise UserError(self.env._("“%s” is no funnel any more: restore the deal on its form.", team.name))
        return stages

    def _get_return_users(self, user_id):
        """Return who goes on with each deal, by review."""
        chosen = self._browse_argument("res.users", user_id)
        if user_id and not chosen:
            raise UserError(self.env._("There is no user with the id %s.", user_id))
        users = {review: chosen or review.user_id or review.lead_id.user_id for review in self}
        salespeople = self.env.ref("sales_team.group_sale_salesman")
        for review, user in users.items():
            if not user:
                raise UserError(
                    self.env._("“%s” has no salesperson: choose who goes on with it.", review.lead_id.display_name)
                )
            # groups of other users are not for everybody to read
            if not user.active or salespeople not in user.sudo().all_group_ids:
                raise UserError(self.env._("%s sells nothing here: choose who goes on with the deal.", user.name))
        return users

    # ------------------------------------------------------------
    # WHAT A VERDICT DOES
    # ------------------------------------------------------------

    def _give_verdict(self, state, cause, note):
        # who may give it has been checked; the record is the engine's
        self.sudo().write(
            {
                "state": state,
                "closing": False,
                "cause_id": cause.id,
                "note": note,
                "controller_id": self.env.uid,
                "verdict_date": self.env.cr.now(),
            }
        )

    def _reopen_leads(self, stage, user, note):
        """Reopen the deals in a stage, as the controller: the gate judges what is written."""
        at_home = self.filtered(lambda review: review.stage_id == stage).lead_id
        # what was true of a deal in that stage when it was lost need not be proved again
        gate_pass = GatePass(frozenset(at_home.ids), stage.id, note, log_kind="reopened")
        with self.lead_id.with_context(funnel_gate_pass=gate_pass)._gate_batch() as leads:
            leads.write({"lost_reason_id": False, "lost_comment": False, "funnel_move_reason": note})
            leads.filtered(lambda lead: lead.stage_id != stage).write({"stage_id": stage.id})
            leads.filtered(lambda lead: lead.user_id != user).write({"user_id": user.id})
            leads.action_restore()

    def _announce(self, title):
        """Put the verdicts into the chatter of the leads."""
        self.lead_id._message_log_batch(bodies={review.lead_id.id: review._format_verdict(title) for review in self})

    def _format_verdict(self, title):
        line = Markup("<b>%s</b>: %s") % (title, self.cause_id.name)
        return line + Markup("<br/>%s") % self.note if self.note else line

    def _plan_next_steps(self):
        """Plan the next step of each returned deal: for today, with the note of the controller."""
        now, planned, words = self.env.cr.now(), [], {}
        for review in self:
            user = review.return_user_id
            if user not in words:
                reader = self.with_context(lang=user.sudo().lang)
                day, _time = review.lead_id._get_local_words(user, now)
                words[user] = {
                    "user_id": user.id,
                    "date_deadline": day,
                    "summary": reader.env._("Returned by quality control: go on with the client"),
                }
            planned.append({**words[user], "res_id": review.lead_id.id, "note": review.note})
        self.lead_id._create_activities(planned, self.env.ref("mail.mail_activity_data_todo"))

    def _tell_salespeople(self):
        """Tell each salesperson which deals have come back and why, in the reader's language and in one message."""
        for user, reviews in self.grouped("return_user_id").items():
            if user == self.env.user:
                continue
            lang = user.sudo().lang
            reader = reviews.with_context(lang=lang)
            subject = reader.env._("Returned by quality control")
            if len(reviews) == 1:
                subject = reader.env._("Returned by quality control: %s", reviews.lead_id.name)
            body = reader.env["ir.qweb"]._render(
                "sales_funnel_addon.refusal_returned",
                {"reviews": reader, "controller": self.env.user.name},
                lang=lang,
            )
            thread = reader.lead_id if len(reviews) == 1 else self.env["mail.thread"].with_context(lang=lang)
            thread.message_notify(
                partner_ids=user.sudo().partner_id.ids,
                subject=subject,
                body=body,
                author_id=self.env.user.partner_id.id,
                force_send=False,  # by the queue, after the commit: a slow mail server holds up nobody
            )
