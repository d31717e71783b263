from itertools import compress

from odoo import api, fields, models
from odoo.tools import SQL
from odoo.tools.misc import format_date

from ..tools.funnel_rules import DeferralRequirement
from ..tools.lead_moves import LeadState, Verdict

#: What is written about a deferral by people; the rest follows from it.
DEFERRAL_FIELDS = frozenset({"deferral_date", "deferral_reason"})


class FunnelDeferralMixin(models.AbstractModel):
    """Deferred demand: deals that wait for their next contact, each in the month of its date.

    The date decides: the stage follows from it in the same write, whichever way it is written. A stage that contradicts
    the date is refused. Where a deal came from is read from the log of moves, which nobody can write.
    """

    _name = "funnel.deferral.mixin"
    _description = "Deferred Demand"

    deferral_date = fields.Date(
        "Next Contact",
        tracking=74,
        index="btree_not_null",
        help="Until when the deal is deferred. It waits in the stage of that month.",
    )
    deferral_reason = fields.Text("Deferred Because", tracking=75, help="Why the client is contacted only then.")
    deferral_team_id = fields.Many2one("crm.team", "Deferred From", compute="_compute_deferral_origin")
    deferral_stage_id = fields.Many2one(
        "crm.stage",
        "Stage before the Deferral",
        compute="_compute_deferral_origin",
        help="Where the deal was when it was deferred, and where it comes back to.",
    )
    deferral_days_left = fields.Integer(
        "Days to the Next Contact", compute="_compute_deferral_days_left", help="Negative: the date has passed."
    )
    funnel_can_defer = fields.Boolean("May Be Deferred", compute="_compute_funnel_can_defer")

    # ------------------------------------------------------------
    # COMPUTE
    # ------------------------------------------------------------

    @api.depends("funnel_move_ids", "team_id")
    def _compute_deferral_origin(self):
        origins = self._origin._get_standing_origins()
        teams = self.env["crm.team"].browse({team_id for team_id, _stage_id in origins.values()})
        stages = self.env["crm.stage"].browse({stage_id for _team_id, stage_id in origins.values()})
        # a deal may have been handed over from a company that its reader does not belong to
        teams, stages = teams._filtered_access("read"), stages._filtered_access("read")
        for lead in self:
            team_id, stage_id = origins.get(lead._origin.id, (False, False))
            lead.deferral_team_id = teams.filtered(lambda team, team_id=team_id: team.id == team_id)
            lead.deferral_stage_id = stages.filtered(lambda stage, stage_id=stage_id: stage.id == stage_id)

    @api.depends("deferral_date", "team_id", "company_id")
    def _compute_deferral_days_left(self):
        for lead in self:
            date = lead.deferral_date
            lead.deferral_days_left = (date - lead._get_deferral_today()).days if date else 0

    @api.depends("team_id", "active", "won_status")
    def _compute_funnel_can_defer(self):
        funnels = self.env["crm.team"]._get_funnel_rules().funnels
        for lead in self:
            funnel = funnels.get(lead.team_id.id)
            may_wait = bool(funnel and funnel.deferred_funnel_id and lead._get_deferred_funnel_id())
            lead.funnel_can_defer = may_wait and lead._is_under_way()

    def _add_board_facts(self, found, told):
        told = super()._add_board_facts(found, told)
        funnels = self.env["crm.team"]._get_funnel_rules().funnels
        deferring = {funnel.id for funnel in funnels.values() if funnel.deferred_funnel_id}
        concerned = [team_id in deferring for team_id in self._get_stored("team_id")]
        for lead in self._browse_found(compress(self._ids, concerned)):
            if lead.funnel_can_defer:
                told[lead.id]["can_defer"] = True
        return told

    @api.depends("deferral_date")
    def _compute_stage_id(self):
        """A deferred deal stands in the month of its date, wherever the date is written."""
        result = super()._compute_stage_id()
        rules = self.env["crm.team"]._get_funnel_rules()
        for lead in self:
            if rules.is_deferred(lead.team_id.id) and lead.deferral_date:
                # without a stage for the month the gate refuses the date
                lead.stage_id = rules.month_stage(lead.team_id.id, lead.deferral_date.month) or lead.stage_id.id
        return result

    # ------------------------------------------------------------
    # WHERE THEY CAME FROM
    # ------------------------------------------------------------

    def _get_deferral_origins(self):
        """Return from which funnel and stage the deals that are deferred now came, as pairs of ids by lead id.

        The log is the authority: it is the engine's, and it survives merges. Deals that were never in a sales funnel,
        such as imported ones, are left out.
        """
        rules = self.env["crm.team"]._get_funnel_rules()
        deferred = tuple(funnel.id for funnel in rules.funnels.values() if funnel.kind == "deferred")
        others = tuple(rules.funnels.keys() - set(deferred))
        lead_ids = tuple(lead.id for lead in self if lead.team_id.id in deferred)
        if not (lead_ids and others):
            return {}
        self.env["funnel.move"].flush_model()
        rows = self.env.execute_query(
            SQL(
                """SELECT DISTINCT ON (lead_id) lead_id, from_team_id, from_stage_id FROM funnel_move
                   WHERE lead_id IN %s AND to_team_id IN %s AND from_team_id IN %s
                   ORDER BY lead_id, date DESC, id DESC""",
                lead_ids,
                deferred,
                others,
            )
        )
        return {lead_id: (team_id, stage_id or False) for lead_id, team_id, stage_id in rows}

    def _get_resumed_origins(self, targets, before):
        """Return from where the deals that come back from a deferral set out, as a :class:`LeadState` by lead id.

        Who returns to the stage that it left has skipped nothing; who goes on from there passes what lies between.

        :param dict targets: where the leads go, by lead id
        :param dict before: where they come from, by lead id
        """
        rules = self.env["crm.team"]._get_funnel_rules()
        resumed = [
            lead_id
            for lead_id, target in targets.items()
            if lead_id in before and rules.is_deferred(before[lead_id].funnel_id)
            if target.funnel_id and not rules.is_deferred(target.funnel_id)
        ]
        if not resumed:
            return {}
        found = {}
        for move in self.browse(resumed)._read_moves(["lead_id", "from_team_id", "from_stage_id", "to_team_id"]):
            if rules.is_deferred(move.to_team_id.id) and move.from_team_id.id in rules.funnels:
                if not rules.is_deferred(move.from_team_id.id):
                    found[move.lead_id.id] = (move.from_team_id.id, move.from_stage_id.id)
        return {
            lead_id: LeadState(team_id, stage_id, "opportunity", team_id, "pending")
            for lead_id, (team_id, stage_id) in found.items()
            if team_id == targets[lead_id].funnel_id and stage_id in rules.funnels[team_id].stage_ids
        }

    # ------------------------------------------------------------
    # THE GATE
    # ------------------------------------------------------------

    @api.model
    def _touches_gate(self, vals):
        funnels = self.env["crm.team"]._get_funnel_rules().funnels
        return super()._touches_gate(vals) or bool(funnels and not vals.keys().isdisjoint(DEFERRAL_FIELDS))

    def _check_places(self, targets, before, verdicts):
        """A deal waits nowhere but in the month of its date; that no head of sales can change either."""
        result = super()._check_places(targets, before, verdicts)
        for lead_id, target in targets.items():
            if not verdicts[lead_id].forbidden:
                self._check_month(target, before.get(lead_id, LeadState()), verdicts[lead_id])
        return result

    def _check_month(self, target, origin, verdict):
        """Add to a verdict what keeps a lead from waiting where it is, if that is deferred demand.

        :param LeadState target: where the lead stands or would stand
        :param LeadState origin: where it comes from
        """
        rules, lang = self.env["crm.team"]._get_funnel_rules(), self.env.lang
        if not rules.is_deferred(target.funnel_id):
            return
        month, date = rules.stages[target.stage_id].deferral_month, target.deferral_date
        if date and not rules.month_stage(target.funnel_id, date.month):
            verdict.forbidden.append(
                self.env._("Deferred demand has no stage for the month of %s.", format_date(self.env, date))
            )
        elif date and date.month == month:
            return
        elif not month and origin.funnel_id == target.funnel_id:
            stage = rules.text("crm.stage", target.stage_id, lang)
            verdict.forbidden.append(self.env._("“%s” is no month: deferred deals wait only in months.", stage))
        else:
            # of a deal that is just being deferred nobody has chosen the month
            stage_id = target.stage_id if date or origin.funnel_id == target.funnel_id else False
            verdict.unmet[DeferralRequirement(stage_id=stage_id, date=date)] = ("deferral_date",)

    @api.model
    def _describe_requirement(self, requirement, message, labels):
        if requirement.kind != "deferral":
            return super()._describe_requirement(requirement, message, labels)
        if not requirement.stage_id:
            return self.env._("Give the date of the next contact: the deal waits in that month.")
        stage = self.env["crm.team"]._get_funnel_rules().text("crm.stage", requirement.stage_id, self.env.lang)
        if not requirement.date:
            return self.env._("Give the date of the next contact in “%s”.", stage)
        return self.env._(
            "“%(stage)s” is not the month of the next contact, %(date)s: give a date in “%(stage)s”.",
            stage=stage,
            date=format_date(self.env, requirement.date),
        )

    def _check_deferrals(self, before, after, moved, touched, refusals):
        """Refuse deferrals without a date that is far enough and a reason, and such facts on deals that do not wait.

        A date that has come near or passed while the deal waits is left alone: only new dates are judged.

        :param dict before: the states before the write, by lead id
        :param dict after: the states after it
        :param moved: the ids of the leads that stand elsewhere now, which have been judged by their months already
        :param touched: the names of the fields that were written
        :param dict refusals: lines of text by lead id, extended here
        """
        rules = self.env["crm.team"]._get_funnel_rules()
        redated = [
            lead_id
            for lead_id, state in after.items()
            if rules.is_deferred(state.funnel_id)
            and (state.funnel_id, state.deferral_date)
            != ((origin := before.get(lead_id, LeadState())).funnel_id, origin.deferral_date)
        ]
        verdicts, limits = {}, {}
        origins = self.browse(redated)._get_deferral_origins()
        for lead_id in redated:
            origin, state = before.get(lead_id, LeadState()), after[lead_id]
            limits[lead_id] = self._get_deferral_limit(origin, state, origins.get(lead_id, (False, False))[0])
            if lead_id not in moved:
                verdicts[lead_id] = self._judge_month(state)
        self._collect_refusals(verdicts, refusals)
        for lead in self.browse(after):
            lines = []
            origin, state = before.get(lead.id, LeadState()), after[lead.id]
            if rules.is_deferred(state.funnel_id):
                entered = origin.funnel_id != state.funnel_id
                lines = lead._describe_unfit_date(limits[lead.id], entered) if lead.id in limits else []
                if (entered or "deferral_reason" in touched) and not (lead.deferral_reason or "").strip():
                    lines.append(self.env._("Write why the deal is deferred."))
            elif state.funnel_id and (not origin.team_id or not DEFERRAL_FIELDS.isdisjoint(touched)):
                if lead.deferral_date or lead.deferral_reason:
                    lines.append(self.env._("It is not deferred: defer it to give the date of the next contact."))
            if lines:
                refusals.setdefault(lead.id, []).extend(lines)

    @api.model
    def _get_deferral_limit(self, origin, state, origin_funnel_id):
        """Return how many days away the next contact has to be at least, not counting the last of them.

        It is the setting of the funnel that the deal is deferred from. For deals that come from none, it is the
        smallest setting of the funnels that defer into this one.
        """
        rules = self.env["crm.team"]._get_funnel_rules()
        if origin.funnel_id and not rules.is_deferred(origin.funnel_id):
            origin_funnel_id = origin.funnel_id
        if origin_funnel_id in rules.funnels:
            return rules.funnels[origin_funnel_id].deferral_min_days
        settings = [f.deferral_min_days for f in rules.funnels.values() if f.deferred_funnel_id == state.funnel_id]
        return min(settings, default=0)

    def _judge_month(self, state):
        """Return the verdict on a deal that stays where it is and gets another date."""
        verdict = Verdict()
        self._check_month(state, state, verdict)
        return verdict

    def _describe_unfit_date(self, limit, entered, date=None):
        """Return why the date of the next contact is too near, as lines of text.

        :param int limit: more than so many days away it has to be
        :param bool entered: whether the deal has just been deferred
        :param date: the date that the deal would have; by default the one it has
        """
        self.ensure_one()
        date = date or self.deferral_date
        last = fields.Date.add(self._get_deferral_today(), days=limit)
        if not date or date > last:
            return []
        names = {"date": format_date(self.env, date), "limit": limit, "last": format_date(self.env, last)}
        if entered:
            return [
                self.env._(
                    "The next contact on %(date)s is too near: a deal is deferred only when the next contact is more "
                    "than %(limit)s days away, after %(last)s. Plan an activity instead.",
                    **names,
                )
            ]
        return [
            self.env._(
                "The next contact on %(date)s is too near: a deal waits only when the next contact is more than "
                "%(limit)s days away, after %(last)s. Resume the deal and plan an activity instead.",
                **names,
            )
        ]

    def _get_deferral_today(self):
        """Return which day it is where people work on this lead, so that the answer is the same for everybody."""
        rules = self.env["crm.team"]._get_funnel_rules()
        return rules.working_time(self.team_id.id, self.company_id.id).day_of(fields.Datetime.now())
