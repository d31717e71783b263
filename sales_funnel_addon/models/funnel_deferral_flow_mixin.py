from datetime import date

from odoo import api, fields, models
from odoo.exceptions import UserError, ValidationError
from odoo.tools.misc import format_date

from ..tools.lead_moves import LeadState

#: A context value that no client can send.
_COPIED = object()


class FunnelDeferralFlowMixin(models.AbstractModel):
    """Deferring deals and resuming them, and what follows: the activity on the date, the words in the log."""

    _name = "funnel.deferral.flow.mixin"
    _description = "Flow of Deferrals"

    # ------------------------------------------------------------
    # PUBLIC
    # ------------------------------------------------------------

    def funnel_defer(self, date, reason):
        """Defer deals until their next contact, each into the funnel that its own funnel names.

        Deals that are deferred already get the new date and the new reason. Either all of the deals are deferred or
        none; the error names each that cannot be.

        :param date: the day of the next contact, as a date or as text like ``2027-03-31``; it has to be more days away
            than the setting ``deferral_min_days`` of the funnel says
        :param str reason: why the client is contacted only then
        :returns: True
        :raises AccessError: for deals that the user may not edit
        :raises UserError: for deals that are closed or whose funnel defers nowhere
        :raises ValidationError: without a reason, for what is no date, for a date that is too near, and for whatever
            the stage of the month asks for
        """
        self.check_access("write")
        values = {"deferral_date": self._read_deferral_date(date), "deferral_reason": self._read_reason(reason)}
        self._raise_each(UserError, self._describe_undeferrable())
        targets = {lead.id: (lead._get_deferred_funnel_id(), lead.team_id.id) for lead in self}
        with self._gate_batch() as leads:
            for (team_id, here_id), group in leads.grouped(lambda lead: targets[lead.id]).items():
                place = {"team_id": team_id, "date_last_stage_update": self.env.cr.now()} if team_id != here_id else {}
                group.write({**place, **values})
        return True

    def funnel_resume(self, stage_id=None, activity_type_id=None, activity_date=None, activity_summary=None):
        """Bring deferred deals back to the funnels they came from, and plan what comes next.

        Points of no return hold as if the deals had never been away. Either all of the deals are resumed or none; the
        error names each that cannot be.

        :param int stage_id: the stage to which they come back; by default each to the stage that it left
        :param int activity_type_id: the type of the next activity; by default none is planned
        :param activity_date: when it is due, as a date or as text; by default today
        :param str activity_summary: what is to be done
        :returns: True
        :raises AccessError: for deals that the user may not edit
        :raises UserError: for deals that are not deferred or closed, and for a stage of another funnel
        :raises ValidationError: for whatever keeps the deals from that stage
        """
        self.check_access("write")
        self._raise_each(UserError, self._describe_unresumable(stage_id))
        activity = self._prepare_next_activity(activity_type_id, activity_date, activity_summary)
        places = self._get_resume_places(stage_id)
        with self._gate_batch() as leads:
            for (team_id, target_id), group in leads.grouped(lambda lead: places[lead.id]).items():
                cleared = {"deferral_date": False, "deferral_reason": False}
                group.write({"team_id": team_id, "stage_id": target_id, **cleared})
        if activity:
            self._create_activities(
                [{**activity, "res_id": lead.id, "user_id": lead._get_caller().id} for lead in self],
                self.env["mail.activity.type"].browse(activity_type_id),
            )
        return True

    def copy(self, default=None):
        """A copy waits as long as its original, also when that date has come near or passed."""
        leads = self if "deferral_date" in (default or {}) else self.with_context(funnel_deferral_copy=_COPIED)
        return super(FunnelDeferralFlowMixin, leads).copy(default).with_env(self.env)

    def _describe_unfit_date(self, limit, entered, date=None):
        if self.env.context.get("funnel_deferral_copy") is _COPIED:
            return []
        return super()._describe_unfit_date(limit, entered, date)

    def action_funnel_defer(self):
        """Open the dialog that asks until when the deals are deferred and why."""
        return self._open_deferral_dialog("funnel_defer_action")

    def action_funnel_resume(self):
        """Open the dialog that asks where the deals come back to and what comes next."""
        return self._open_deferral_dialog("funnel_resume_action")

    def _open_deferral_dialog(self, name):
        action = self.env["ir.actions.actions"]._for_xml_id(f"sales_funnel_addon.{name}")
        return {**action, "context": {"default_lead_ids": self.ids}}

    # ------------------------------------------------------------
    # WHAT A CLIENT SENDS
    # ------------------------------------------------------------

    @api.model
    def _read_deferral_date(self, value):
        try:
            day = fields.Date.to_date(value) if isinstance(value, (str, date)) else None
        except ValueError as error:
            raise ValidationError(self.env._("This is no date: %s.", value)) from error
        if not day:
            raise ValidationError(self.env._("Give the date of the next contact."))
        return day

    @api.model
    def _read_reason(self, reason):
        if not (isinstance(reason, str) and reason.strip()):
            raise ValidationError(self.env._("Write why the deal is deferred."))
        return reason.strip()

    def _prepare_next_activity(self, activity_type_id, activity_date, summary):
        """Return the values of the activity that follows, without the lead; nothing if none is asked for."""
        if activity_type_id in (None, False):
            return {}
        is_id = isinstance(activity_type_id, int) and not isinstance(activity_type_id, bool)
        known = self.env["mail.activity.type"].search([("id", "=", is_id and activity_type_id)])
        if not known or known.res_model not in (False, "crm.lead"):
            raise UserError(self.env._("There is no such type of activity: %s.", activity_type_id))
        day = self._read_deferral_date(activity_date) if activity_date else fields.Date.context_today(self)
        return {"date_deadline": day, "summary": summary or known.summary or False}

    @api.model
    def _raise_each(self, exception, texts):
        """Raise one error that names every lead for which there is a text, by lead id."""
        blocks = [f"{lead.display_name}\n• {texts[lead.id]}" for lead in self.browse(texts) if texts[lead.id]]
        if blocks:
            raise exception("\n\n".join(blocks))

    # ------------------------------------------------------------
    # WHO CAN BE DEFERRED AND RESUMED
    # ------------------------------------------------------------

    def _get_deferred_funnel_id(self):
        """Return the funnel in which this deal would wait: the one in which it does, or the one its funnel names."""
        rules = self.env["crm.team"]._get_funnel_rules()
        funnel = rules.funnels.get(self.team_id.id)
        if funnel and funnel.kind != "deferred":
            funnel = rules.funnels.get(funnel.deferred_funnel_id)
            return bool(funnel and funnel.is_active) and funnel.id  # nobody looks into one that is archived
        return funnel and funnel.id

    def _describe_undeferrable(self):
        """Return why leads cannot be deferred whatever the date, as text by lead id; empty for those that can."""
        texts = dict.fromkeys(self.ids, "")
        for lead in self:
            if not lead._get_deferred_funnel_id():
                texts[lead.id] = self.env._("Its team names no funnel of deferred demand.")
            elif not lead._is_under_way():
                texts[lead.id] = self.env._("It is closed: reopen it first.")
        return texts

    def _describe_deferral(self, day, reason):
        """Return why leads cannot be deferred until a day, as lines of text by lead id; empty for those that can."""
        rules = self.env["crm.team"]._get_funnel_rules()
        texts, targets = self._describe_undeferrable(), {}
        origins = self._get_deferral_origins()
        refusals = {}
        for lead in self.filtered(lambda lead: not texts[lead.id]):
            team_id = lead._get_deferred_funnel_id()
            stage_id = rules.month_stage(team_id, day.month)
            targets[lead.id] = LeadState(team_id, stage_id, lead.type, team_id, "pending", deferral_date=day)
            here = lead._get_target_state(lead.stage_id.id)
            limit = self._get_deferral_limit(here, targets[lead.id], origins.get(lead.id, (False, False))[0])
            lines = [] if day == lead.deferral_date else lead._describe_unfit_date(limit, here.team_id != team_id, day)
            if not (reason or "").strip():
                lines.append(self.env._("Write why the deal is deferred."))
            if lines:
                refusals[lead.id] = lines
        self._collect_refusals(self._judge_moves(targets), refusals)
        return {lead_id: text or "\n".join(refusals.get(lead_id, ())) for lead_id, text in texts.items()}

    def _get_resume_places(self, stage_id=None):
        """Return where deferred deals come back to, as pairs of the ids of a funnel and a stage by lead id.

        False takes the place of what is not known: a deal that came from no funnel, or from one that is archived, goes
        to the only one that defers into the funnel where it waits.
        """
        rules = self.env["crm.team"]._get_funnel_rules()
        origins, places = self._get_standing_origins(), {}
        for lead in self:
            team_id, left_id = origins.get(lead.id, (False, False))
            senders = [f for f in rules.funnels.values() if f.deferred_funnel_id == lead.team_id.id and f.is_active]
            if not team_id:
                own = [f.id for f in senders if not stage_id or stage_id in f.stage_ids]
                team_id = own[0] if len(own) == 1 else False
            funnel = rules.funnels.get(team_id)
            target_id = stage_id or (funnel and (left_id if left_id in funnel.stage_ids else funnel.first_stage_id))
            places[lead.id] = (team_id, target_id if funnel and target_id in funnel.stage_ids else False)
        return places

    def _get_standing_origins(self):
        """Return to which funnel and stage the deals that are deferred now can come back: pairs of ids by lead id.

        It is where they came from, unless the funnel is archived. In the place of a stage that was deleted, or lies
        before a point of no return which a deal merged into this one had passed, is the furthest one that was reached.
        """
        rules = self.env["crm.team"]._get_funnel_rules()
        origins = {
            i: origin for i, origin in self._get_deferral_origins().items() if rules.funnels[origin[0]].is_active
        }
        doubtful = self.browse(
            lead_id
            for lead_id, (team_id, stage_id) in origins.items()
            if stage_id not in rules.funnels[team_id].stage_ids or rules.has_barriers(team_id)
        )
        reached = doubtful._get_stages_reached() if doubtful else {}
        before = doubtful._get_lead_states()
        targets = {lead_id: LeadState(funnel_id=origins[lead_id][0]) for lead_id in doubtful.ids}
        furthest = self._get_furthest_positions(targets, before, reached)
        for lead_id in doubtful.ids:
            team_id, stage_id = origins[lead_id]
            stage_ids, position = rules.funnels[team_id].stage_ids, furthest.get(lead_id, -1)
            if stage_id not in stage_ids or rules.barrier(team_id, stage_id, position):
                been = [stage_ids[position]] if position >= 0 else [i for i, _overridden in reached[lead_id]]
                origins[lead_id] = (team_id, next((i for i in reversed(been) if i in stage_ids), False))
        return origins

    def _describe_unresumable(self, stage_id=None):
        """Return why leads cannot be resumed whatever the rules say, as text by lead id; empty for those that can."""
        rules = self.env["crm.team"]._get_funnel_rules()
        texts, places = dict.fromkeys(self.ids, ""), self._get_resume_places(stage_id)
        for lead in self:
            if not rules.is_deferred(lead.team_id.id):
                texts[lead.id] = self.env._("It is not deferred.")
            elif not lead._is_under_way():
                texts[lead.id] = self.env._("It is closed: reopen it first.")
            elif not places[lead.id][0]:
                texts[lead.id] = self.env._(
                    "It came from no funnel of deals that is still in use: choose a stage to which it goes."
                )
            elif not places[lead.id][1]:
                texts[lead.id] = self.env._("This is no stage of the funnel from which it was deferred.")
        return texts

    def _get_resume_states(self, stage_id=None):
        """Return where those of the deals that can be resumed would stand, by lead id."""
        texts, places = self._describe_unresumable(stage_id), self._get_resume_places(stage_id)
        leads = self.filtered(lambda lead: not texts[lead.id])
        return {i: LeadState(places[i][0], places[i][1], "opportunity", places[i][0], "pending") for i in leads.ids}

    def _describe_resumption(self, stage_id=None):
        """Return why leads cannot be resumed, as lines of text by lead id; empty for those that can."""
        refusals = {}
        self._collect_refusals(self._judge_moves(self._get_resume_states(stage_id)), refusals)
        texts = self._describe_unresumable(stage_id)
        return {lead_id: text or "\n".join(refusals.get(lead_id, ())) for lead_id, text in texts.items()}

    # ------------------------------------------------------------
    # WHAT FOLLOWS
    # ------------------------------------------------------------

    def _prepare_move(self, kind, origin, target, reason):
        """Keep in the log until when and why a deal was deferred."""
        if self.env["crm.team"]._get_funnel_rules().is_deferred(target.funnel_id) and kind in ("deferred", "moved"):
            words = [format_date(self.env, target.deferral_date), reason or (self.deferral_reason or "").strip()]
            reason = " — ".join(filter(None, words))
        return super()._prepare_move(kind, origin, target, reason)

    def _follow_with_deferrals(self, before, after, moved, touched):
        """Let date, reason and activity follow the deals that are deferred, resumed, closed, reopened or handed over.

        :param dict before: the states before, by lead id
        :param dict after: the states after, by lead id
        :param moved: the ids of the leads that stand elsewhere now
        :param touched: the names of the fields that were written
        """
        rules = self.env["crm.team"]._get_funnel_rules()
        back, concerned, renewed = [], [], []
        for lead_id, state in after.items():
            origin = before.get(lead_id, LeadState())
            if not (rules.is_deferred(origin.funnel_id) or rules.is_deferred(state.funnel_id)):
                continue
            if not rules.is_deferred(state.funnel_id):
                back.append(lead_id)
            arrived = origin.funnel_id != state.funnel_id or origin.won_status != state.won_status
            if arrived or "active" in touched or origin.deferral_date != state.deferral_date:
                renewed.append(lead_id)
            if lead_id in renewed or not {"user_id", "deferral_reason"}.isdisjoint(touched):
                concerned.append(lead_id)
        # the log keeps until when and why they waited
        stale = self.browse(back).filtered(lambda lead: lead.deferral_date or lead.deferral_reason)
        if stale:
            stale.write({"deferral_date": False, "deferral_reason": False})
        self.browse(concerned)._follow_with_deferral_activities(frozenset(renewed))
