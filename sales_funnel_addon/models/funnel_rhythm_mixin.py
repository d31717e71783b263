from datetime import date, timedelta

from dateutil.relativedelta import relativedelta
from odoo import api, fields, models
from odoo.exceptions import ValidationError

from ..tools.lead_moves import LeadState
from ..tools.working_time import NoWorkingTime

#: What people decide about the planned contacts of a lead; the date follows from it.
RHYTHM_FIELDS = frozenset({"rhythm_interval", "rhythm_unit", "rhythm_paused_until", "rhythm_ended"})
RHYTHM_UNITS = [("days", "days"), ("weeks", "weeks"), ("months", "months")]
#: When people are contacted on a day on which it is not known when work begins, in minutes from midnight.
MORNING = 10 * 60
#: Between which days contacts are planned; further away no calendar can count.
FIRST_DAY, LAST_DAY = date(1970, 1, 1), date(2199, 12, 31)


class FunnelRhythmMixin(models.AbstractModel):
    """Contacts in a rhythm: in some stages the next contact is always planned, one interval after the last.

    The date stands on the lead and in the calendar of its salesperson. It is found from the day of the last contact, so
    noting the same contact twice plans nothing twice.
    """

    _name = "funnel.rhythm.mixin"
    _description = "Contacts in a Rhythm"

    rhythm_interval = fields.Integer(
        "Contact Every",
        tracking=True,
        help="How long after one planned contact comes the next. 0: as the stage says.",
    )
    rhythm_unit = fields.Selection(RHYTHM_UNITS, "Unit of the Rhythm", default="months", tracking=True)
    funnel_stage_interval = fields.Integer("Rhythm of the Stage", compute="_compute_funnel_stage_rhythm")
    funnel_stage_unit = fields.Selection(
        RHYTHM_UNITS, "Unit of the Stage's Rhythm", compute="_compute_funnel_stage_rhythm"
    )
    rhythm_date = fields.Datetime(
        "Next Planned Contact",
        copy=False,
        index="btree_not_null",
        help="It stands in the calendar of the salesperson; moving it here or there moves both.",
    )
    rhythm_base = fields.Date(
        "Rhythm Counts From", copy=False, readonly=True, help="The day of the last contact, or of the entry."
    )
    rhythm_paused_until = fields.Date(
        "Paused Until", copy=False, tracking=True, help="No contact is planned before that day."
    )
    rhythm_ended = fields.Boolean("No More Planned Contacts", copy=False, tracking=True)
    funnel_has_rhythm = fields.Boolean("Is Contacted in a Rhythm", compute="_compute_funnel_has_rhythm")
    funnel_is_rhythm_paused = fields.Boolean("Planned Contacts Paused", compute="_compute_funnel_has_rhythm")

    _check_rhythm_interval = models.Constraint(
        "CHECK (rhythm_interval IS NULL OR rhythm_interval BETWEEN 0 AND 1000)",
        "The time between two planned contacts is a number from 1 to 1000, or 0 for that of the stage.",
    )

    @api.constrains("rhythm_date", "rhythm_paused_until")
    def _check_rhythm_days(self):
        for lead in self:
            for name in ("rhythm_date", "rhythm_paused_until"):
                day = fields.Date.to_date(lead[name])
                if day and not FIRST_DAY <= day <= LAST_DAY:
                    raise ValidationError(
                        self.env._(
                            "“%(lead)s”: “%(field)s” lies between the years %(first)s and %(last)s.",
                            lead=lead.display_name,
                            field=lead._fields[name]._description_string(self.env),
                            first=FIRST_DAY.year,
                            last=LAST_DAY.year,
                        )
                    )

    # ------------------------------------------------------------
    # COMPUTE
    # ------------------------------------------------------------

    @api.depends("stage_id.contact_interval", "stage_id.contact_unit")
    def _compute_funnel_stage_rhythm(self):
        for lead in self:
            lead.funnel_stage_interval = lead.stage_id.contact_interval
            lead.funnel_stage_unit = lead.stage_id.contact_unit

    @api.depends("team_id", "stage_id", "active", "won_status", "rhythm_paused_until", "rhythm_date")
    def _compute_funnel_has_rhythm(self):
        for lead in self:
            lead.funnel_has_rhythm = bool(lead._get_rhythm_stage())
            until = lead.rhythm_paused_until
            lead.funnel_is_rhythm_paused = bool(until) and until > lead._get_deferral_today()

    def _add_board_facts(self, found, told):
        told = super()._add_board_facts(found, told)
        for lead_id, moment in zip(self._ids, self._get_stored("rhythm_date"), strict=True):
            if moment:
                told[lead_id]["rhythm"] = fields.Datetime.to_string(moment)
        return told

    # ------------------------------------------------------------
    # PUBLIC
    # ------------------------------------------------------------

    def action_funnel_resume_rhythm(self):
        """Plan contacts again that were paused or ended: an interval after the last one, from tomorrow on."""
        self.check_access("write")
        self.write({"rhythm_paused_until": False, "rhythm_ended": False})
        return True

    def action_funnel_end_rhythm(self):
        """Plan no more contacts of these leads as long as they stay in their stage."""
        self.check_access("write")
        self.write({"rhythm_ended": True})
        return True

    # ------------------------------------------------------------
    # ORM
    # ------------------------------------------------------------

    def write(self, vals):
        result = super().write(vals)
        if not RHYTHM_FIELDS.isdisjoint(vals):
            self._replan_rhythm()
        elif "rhythm_date" in vals:
            self.sudo()._sync_rhythm_events()  # the calendar follows the lead, whoever changes it
        return result

    def _write_beside_rhythm(self, vals):
        """Write what the engine has found out: nothing follows from it by itself."""
        return super().write(vals)

    # ------------------------------------------------------------
    # WHEN
    # ------------------------------------------------------------

    def _get_rhythm_stage(self):
        """Return the rule of the stage in which this lead is contacted in a rhythm, False if it is not."""
        rules = self.env["crm.team"]._get_funnel_rules()
        stage = self.team_id.id in rules.funnels and rules.stages.get(self.stage_id.id)
        if not (stage and stage.contact_interval and self.active and self.won_status == "pending"):
            return False
        return stage

    def _find_rhythm_date(self, after=None):
        """Return when this lead is contacted next, in UTC; False if no contact is planned.

        :param date after: the contact lies later than that day, whatever the interval
        """
        stage = self._get_rhythm_stage()
        if not stage or self.rhythm_ended:
            return False
        base = self.rhythm_base or self._get_deferral_today()
        if self.rhythm_interval:
            day = base + relativedelta(**{self.rhythm_unit or stage.contact_unit: self.rhythm_interval})
        else:
            day = base + relativedelta(**{stage.contact_unit: stage.contact_interval})
        day = max(day, self.rhythm_paused_until or day, after + timedelta(days=1) if after else day)
        rules = self.env["crm.team"]._get_funnel_rules()
        working_time = rules.working_time(self.team_id.id, self.company_id.id)
        try:
            day = working_time.add_days(day - timedelta(days=1), 1)
        except NoWorkingTime:
            return working_time.at(day, MORNING)
        opening = working_time.intervals(day)[0][0] if working_time.hours else working_time.at(day, 0)
        return max(opening, working_time.at(day, MORNING)) if opening < working_time.at(day, 12 * 60) else opening

    def _replan_rhythm(self):
        """Let the next contact follow from what was decided about it, but not fall on today or a day that is over."""
        dates = {}
        for lead in self.sudo():  # the calendar follows the lead, whoever changes it
            dates[lead.id] = lead._find_rhythm_date(after=lead._get_deferral_today())
        self.sudo()._set_rhythm_dates(dates)

    def _note_rhythm_contacts(self, days):
        """Plan the contacts after those that were made.

        :param dict days: on which days the clients were contacted, by lead id
        """
        leads = self.sudo().exists().filtered(lambda lead: lead._get_rhythm_stage() and not lead.rhythm_ended)
        later = leads.filtered(lambda lead: not lead.rhythm_base or days[lead.id] >= lead.rhythm_base)
        for day, group in later.grouped(lambda lead: days[lead.id]).items():
            group.write({"rhythm_base": day})
        today = {lead.id: lead._get_deferral_today() for lead in later}
        later._set_rhythm_dates({lead.id: lead._find_rhythm_date(today[lead.id]) for lead in later}, is_done=True)

    def _set_rhythm_dates(self, dates, is_done=False):
        """Write the next contacts, in one write for each moment, and let the calendar follow.

        :param dict dates: when, in UTC, by lead id; False for never
        :param bool is_done: the contacts that were planned so far have been made
        """
        leads = self.browse(dates)
        if is_done:
            leads._close_rhythm_events()
        changed = leads.filtered(lambda lead: lead.rhythm_date != dates[lead.id])
        for moment, group in changed.grouped(lambda lead: dates[lead.id]).items():
            group._write_beside_rhythm({"rhythm_date": moment})
        leads._sync_rhythm_events()

    # ------------------------------------------------------------
    # THE GATE
    # ------------------------------------------------------------

    def _follow_with_rhythm(self, before, after):
        """Begin, end or hand over the planned contacts of leads that have moved, were closed, or change hands.

        :param dict before: the states before, by lead id
        :param dict after: the states after, by lead id
        """
        rules = self.env["crm.team"]._get_funnel_rules()
        if not rules.has_rhythm:
            return
        restarted, handed_over = [], []
        for lead_id, state in after.items():
            origin = before.get(lead_id, LeadState())
            stages = [rules.stages.get(at.stage_id) for at in (origin, state) if at.funnel_id]
            if not any(stage and stage.contact_interval for stage in stages):
                continue
            here, there = ((at.funnel_id, at.stage_id, at.won_status, at.active) for at in (origin, state))
            if here != there:
                restarted.append(lead_id)
            elif origin.user_id != state.user_id:
                handed_over.append(lead_id)
        self.browse(restarted).sudo()._restart_rhythm(before)  # the calendar follows the lead, whoever moves it
        self.browse(handed_over).sudo()._sync_rhythm_events()

    def _restart_rhythm(self, before):
        """Plan the first contact of leads that have come into a stage with a rhythm, and none of the others."""
        days = {lead.id: lead._get_rhythm_stage() and lead._get_deferral_today() for lead in self}
        new = self.filtered(lambda lead: lead.id not in before)
        for day, group in self.grouped(lambda lead: days[lead.id]).items():
            (group & new)._write_beside_rhythm({"rhythm_base": day})
            anew = {"rhythm_base": day, "rhythm_paused_until": False, "rhythm_ended": False}
            (group - new)._write_beside_rhythm(anew)
        dates = {lead.id: lead._find_rhythm_date() for lead in self}
        # what is imported with its next contact keeps it
        dates.update({lead.id: lead.rhythm_date for lead in new if lead.rhythm_date and days[lead.id]})
        self._set_rhythm_dates(dates)
