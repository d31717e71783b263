from collections import defaultdict
from datetime import timedelta

from odoo import api, fields, models
from odoo.fields import Domain
from odoo.tools import SQL

from ..tools.deadlines import CONTACT, CREATION, ENTRY
from ..tools.lead_moves import LeadState

#: A run of the scheduled action that is planned for later than this begins after the present transaction has ended.
SURELY_LATER = timedelta(minutes=1)


class FunnelTimerMixin(models.AbstractModel):
    """The timers of a lead: armed when it comes into a stage, gone when it leaves.

    They are armed anew when what they count from changes. Everything is written in single statements, whatever the
    number of leads.
    """

    _name = "funnel.timer.mixin"
    _description = "Timers of a Lead"

    # ------------------------------------------------------------
    # THE TIMERS FOLLOW THE LEAD
    # ------------------------------------------------------------

    def _follow_with_timers(self, before, after, moved, touched):
        """Let the timers follow the leads that a write or a creation has moved, closed, reopened or changed.

        :param dict before: the states before, by lead id
        :param dict after: the states after, by lead id
        :param moved: the ids of the leads that stand elsewhere now
        :param touched: the names of the fields that were written
        """
        rules = self.env["crm.team"]._get_funnel_rules()
        if not rules.reminders:
            return
        left, entered, restored, stayed = [], [], [], []
        for lead_id, state in after.items():
            origin = before.get(lead_id, LeadState())
            arrived = lead_id in moved or origin.won_status != state.won_status
            if (arrived or not state.active) and origin.funnel_id and self._has_reminders(origin.stage_id):
                left.append(lead_id)
            if state.funnel_id and self._has_reminders(state.stage_id):
                (entered if arrived else stayed if origin.active else restored).append(lead_id)
        self.browse(left)._disarm_timers()
        self.browse(entered)._arm_timers(entry=self.env.cr.now())
        self.browse(restored)._arm_timers()  # archiving is no move: what counts goes on counting
        if not rules.anchor_fields.isdisjoint(touched):
            self.browse(stayed)._arm_timers(anchors=rules.anchor_fields & set(touched))

    @api.model
    def _has_reminders(self, stage_id):
        rules = self.env["crm.team"]._get_funnel_rules()
        return stage_id in rules.stages and bool(rules.stages[stage_id].reminders)

    def _follow_contacts(self):
        """Let the timers that count from the last contact attempt follow it."""
        self._arm_timers(anchors={CONTACT})

    def _arm_timers(self, anchors=None, entry=None):
        """Arm the reminders of the stages in which the leads are.

        :param anchors: only reminders that count from one of these; by default all of them
        :param datetime entry: when the leads have come into their stages; by default what the log says
        """
        rules = self.env["crm.team"]._get_funnel_rules()
        pairs = [
            (lead.id, reminder)
            for lead in self
            if lead._is_under_way()
            for reminder in rules.stages[lead.stage_id.id].reminders
            if anchors is None or reminder.anchor in anchors
        ]
        if pairs:
            moments = self._get_anchor_moments(pairs, entry)
            items = [(*pair, moments.get((pair[0], pair[1].anchor))) for pair in pairs]
            # who has just come in has nothing armed that would have to be disarmed
            self.env["funnel.timer"]._arm([item for item in items if item[-1]] if entry else items)

    def _is_under_way(self):
        """Tell whether anything can still happen to this lead in its funnel."""
        rules = self.env["crm.team"]._get_funnel_rules()
        funnel = rules.funnels.get(self.team_id.id)
        return bool(funnel) and self.stage_id.id in funnel.stage_ids and self.active and self.won_status == "pending"

    def _get_anchor_moments(self, pairs, entry=None):
        """Return what the reminders of leads count from: a date or a moment in UTC, or False, by lead id and anchor.

        :param pairs: lead ids with a :class:`~sales_funnel_addon.tools.reminders.Reminder`
        """
        lead_ids = defaultdict(set)
        for lead_id, reminder in pairs:
            lead_ids[reminder.anchor].add(lead_id)
        entries = self.browse(lead_ids[ENTRY] | lead_ids[CONTACT])._get_entries(entry)
        contacts = self.browse(lead_ids.pop(CONTACT, ()))._get_last_contacts()
        moments = {(lead_id, ENTRY): moment for lead_id, moment in entries.items()}
        moments |= {(lead_id, CONTACT): contacts.get(lead_id) or entries.get(lead_id) for lead_id in entries}
        leads = self.sudo()  # a rule counts whether or not the user may read the date
        for anchor in lead_ids.keys() - {ENTRY}:
            name = "create_date" if anchor == CREATION else anchor
            if name in leads._fields:
                moments |= {(lead.id, anchor): lead[name] for lead in leads.browse(lead_ids[anchor])}
        return moments

    def _get_entries(self, entry=None):
        """Return when the leads came into their stages, by lead id; a lead that was reopened begins anew."""
        if entry or not self.ids:
            return dict.fromkeys(self.ids, entry)
        entries = SQL(
            """SELECT lead.id, COALESCE(
                   (SELECT date FROM funnel_move AS move WHERE move.lead_id = lead.id
                       AND (from_stage_id IS DISTINCT FROM to_stage_id OR kind = 'reopened')
                    ORDER BY date DESC, id DESC LIMIT 1), lead.date_last_stage_update, lead.create_date)
               FROM crm_lead AS lead WHERE lead.id IN %s""",
            tuple(self.ids),
        )
        self.env["crm.lead"].flush_model(["date_last_stage_update"])
        return dict(self.env.execute_query(entries))

    def _get_last_contacts(self):
        """Return when somebody last tried to contact the clients of the leads, by lead id."""
        domain = [("lead_id", "in", self.ids)]
        groups = self.env["funnel.contact"].sudo()._read_group(domain, ["lead_id"], ["date:max"]) if self else ()
        return {lead.id: date for lead, date in groups}

    def _disarm_timers(self):
        """Forget what would have happened to the leads; what has happened stays, but holds against them no more."""
        if not self:
            return
        self.env["funnel.timer"].flush_model()
        self.env.cr.execute(
            SQL(
                """WITH gone AS (DELETE FROM funnel_timer WHERE lead_id IN %s AND state = 'armed')
                   UPDATE funnel_timer SET escalated = FALSE WHERE lead_id IN %s AND escalated""",
                self._ids,
                self._ids,
            )
        )
        self._forget_timers()

    def _take_over_fired_timers(self, leads):
        """Keep what people have been told of leads that are merged into this one; what was to come goes with them."""
        if not leads:
            return
        self.env["funnel.timer"].flush_model()
        self.env.cr.execute(
            SQL(
                """WITH kept AS (
                       UPDATE funnel_timer SET lead_id = %(lead)s, escalated = FALSE
                        WHERE lead_id IN %(merged)s AND state != 'armed' RETURNING id)
                   UPDATE funnel_delivery SET lead_id = %(lead)s WHERE timer_id IN (SELECT id FROM kept)""",
                lead=self.id,
                merged=leads._ids,
            )
        )
        self.env["funnel.delivery"].invalidate_model(flush=False)
        self._forget_timers()

    def _forget_timers(self):
        """Let the cache read the timers of these leads anew."""
        self.env["funnel.timer"].invalidate_model(flush=False)
        names = [
            "funnel_timer_ids",
            "funnel_has_timers",
            "funnel_escalation",
            "funnel_is_overdue",
            "funnel_board_facts",
        ]
        self.env["crm.lead"].invalidate_model(names, flush=False)

    # ------------------------------------------------------------
    # WHAT NOBODY HAS DONE
    # ------------------------------------------------------------

    @api.depends("funnel_timer_ids")
    def _compute_funnel_facts(self):
        found = super()._compute_funnel_facts()
        for lead in self:
            lead.funnel_has_timers = lead._origin.id in found["timer"]
        return found

    @api.depends_context("lang")
    @api.depends("funnel_timer_ids.escalated")
    def _compute_funnel_escalation(self):
        """Name the reminders that have marked the leads as overdue, the last one first."""
        found = self._read_facts("escalation")["escalation"]
        for lead in self:
            lead.funnel_escalation = lead._name_escalations(found.get(lead._origin.id, ()))

    @api.model
    def _name_escalations(self, timers):
        """Return what the reminders are called that have marked a lead as overdue, False without any.

        :param timers: lists of the moment at which a timer fired, its id, its reminder, and its former name
        """
        rules = self.env["crm.team"]._get_funnel_rules()
        last_first = sorted(timers, key=lambda timer: (timer[0] or "", timer[1]), reverse=True)
        names = (
            rules.text("funnel.reminder", reminder_id, self.env.lang) or title
            for _fired_at, _id, reminder_id, title in last_first
        )
        return ", ".join(filter(None, dict.fromkeys(names))) or False

    @api.model
    def _get_fact_queries(self):
        return {
            **super()._get_fact_queries(),
            "escalation": self._select_escalation_facts,
            "timer": self._select_timer_facts,
        }

    @api.model
    def _select_escalation_facts(self, lead_ids):
        Timer = self.env["funnel.timer"]
        return SQL(
            """SELECT 'escalation', lead_id, jsonb_build_array(fired_at, id, reminder_id, title) FROM funnel_timer
                WHERE lead_id = ANY(%s) AND escalated""",
            lead_ids,
            to_flush=[Timer._fields[name] for name in ("lead_id", "escalated", "fired_at", "reminder_id", "title")],
        )

    @api.model
    def _select_timer_facts(self, lead_ids):
        return SQL(
            """SELECT 'timer', lead.id, NULL::jsonb FROM unnest(%s) AS lead (id)
                WHERE EXISTS (SELECT FROM funnel_timer AS timer WHERE timer.lead_id = lead.id)""",
            lead_ids,
            to_flush=self.env["funnel.timer"]._fields["lead_id"],
        )

    def _add_board_facts(self, found, told):
        told = super()._add_board_facts(found, told)
        for lead_id, timers in found["escalation"].items():
            told[lead_id]["escalation"] = self._name_escalations(timers)
        return told

    @api.model
    def _get_overdue_domain(self):
        """Return the domain over the leads on which somebody should have acted."""
        return Domain("won_status", "=", "pending") & Domain.OR(
            Domain(name, "any!", fact) for name, _model, _lead, fact in self._get_overdue_facts()
        )

    @api.model
    def _get_overdue_facts(self):
        """Return what tells that somebody should have acted.

        :returns: tuples of the field of leads, its model, the field of it that names the lead, and a domain over it
        """
        late = Domain("date_deadline", "<", fields.Date.context_today(self)) & Domain("active", "=", True)
        return (
            ("funnel_timer_ids", "funnel.timer", "lead_id", Domain("escalated", "=", True)),
            ("funnel_task_ids", "funnel.task", "lead_id", Domain("is_overdue", "=", True)),
            ("activity_ids", "mail.activity", "res_id", late & Domain("res_model", "=", "crm.lead")),
        )

    @api.depends("funnel_timer_ids.escalated", "funnel_task_ids.deadline", "activity_ids.date_deadline")
    def _compute_funnel_is_overdue(self):
        overdue = self.sudo().search(Domain("id", "in", self.ids) & self._get_overdue_domain())
        for lead in self:
            lead.funnel_is_overdue = lead.id in overdue._ids

    def _search_funnel_is_overdue(self, operator, value):
        if operator != "in":
            return NotImplemented
        if True not in value:
            return ~self._get_overdue_domain()
        # what is late is little beside all leads: it is found from there, not looked for at each of them
        found = [
            self.env[model].sudo()._search(fact).subselect(lead)
            for _name, model, lead, fact in self._get_overdue_facts()
        ]
        return Domain("won_status", "=", "pending") & Domain("id", "in", SQL("(%s)", SQL(" UNION ALL ").join(found)))

    @api.depends("stage_id")
    @api.depends_context("lang")
    def _compute_funnel_time_in_stage(self):
        """Say how long the leads have been in their stages, in the two largest units."""
        entries, now = self._get_entries(), fields.Datetime.now()
        for lead in self:
            since = entries.get(lead.id)
            lead.funnel_time_in_stage = self.env["funnel.timer"]._describe_duration(now - since) if since else False
