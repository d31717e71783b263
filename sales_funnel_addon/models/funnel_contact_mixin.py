from collections import defaultdict
from datetime import datetime, timedelta
from itertools import compress

from odoo import api, fields, models
from odoo.fields import Domain
from odoo.tools import SQL

from ..tools.contacts import CALL_CHANNELS, MESSAGE_CHANNELS, missing_contacts
from ..tools.funnel_rules import Stage
from ..tools.working_time import WorkingTime

#: No day of any working time has begun longer ago.
LONGEST_DAY = timedelta(hours=48)


class FunnelContactMixin(models.AbstractModel):
    """What the contact attempts make of a lead: how often, how lately, and what is missing today.

    Nothing of it is stored, for it changes with the clock; rules may ask for it, so each fact of a whole batch of leads
    takes one or two queries.
    """

    _name = "funnel.contact.mixin"
    _description = "Contact Attempts of a Lead"

    funnel_call_date = fields.Datetime(
        "Next Call", copy=False, index="btree_not_null", help="When the client is to be called again."
    )
    funnel_contact_count = fields.Integer("Attempts in All", compute="_compute_funnel_facts")
    funnel_last_contact_date = fields.Datetime("Last Attempt", compute="_compute_funnel_facts")
    funnel_is_contacted = fields.Boolean(
        "Contacted in This Stage",
        compute="_compute_funnel_is_contacted",
        search="_search_funnel_is_contacted",
        help="Somebody tried to reach the client since the lead came into its present stage.",
    )
    funnel_is_reached = fields.Boolean(
        "Reached in This Stage",
        compute="_compute_funnel_is_contacted",
        search="_search_funnel_is_reached",
        help="Somebody reached the client since the lead came into its present stage.",
    )
    funnel_contact_today_count = fields.Integer("Attempts Today", compute="_compute_funnel_facts")
    funnel_is_below_quota = fields.Boolean(
        "Below Quota Today",
        compute="_compute_funnel_facts",
        search="_search_funnel_is_below_quota",
        help="The stage of the lead asks for more calls or messages today than were made.",
    )
    funnel_quota_missing = fields.Char(
        "Missing Today",
        compute="_compute_funnel_facts",
        help="How many calls and messages the stage of the lead asks for in addition today.",
    )
    funnel_can_contact = fields.Boolean("May Note Attempts", compute="_compute_funnel_can_contact")

    # ------------------------------------------------------------
    # IN ALL AND IN THE STAGE
    # ------------------------------------------------------------

    @api.depends("funnel_contact_ids.date", "funnel_contact_ids.outcome", "stage_id", "team_id")
    def _compute_funnel_is_contacted(self):
        latest = defaultdict(dict)
        for lead_id, outcome, date in self._read_contacts(Domain.TRUE, ["lead_id", "outcome"], ["date:max"]):
            latest[lead_id][outcome] = date
        entered = self._origin.browse(latest)._get_stage_entry_dates()
        for lead in self:
            lead_id = lead._origin.id
            # the attempt that brings a lead into a stage was made in the stage that it left
            inside = {o for o, date in latest[lead_id].items() if lead_id not in entered or date > entered[lead_id]}
            lead.funnel_is_contacted = bool(inside)
            lead.funnel_is_reached = "reached" in inside

    def _search_funnel_is_contacted(self, operator, value):
        return self._search_contact_in_stage(operator, value, SQL("TRUE"))

    def _search_funnel_is_reached(self, operator, value):
        return self._search_contact_in_stage(operator, value, SQL("attempt.outcome = 'reached'"))

    def _search_contact_in_stage(self, operator, value, condition):
        if operator != "in":
            return NotImplemented
        self.env["funnel.contact"].flush_model(["lead_id", "date", "outcome"])

        def to_sql(model, alias, query):
            lead_id = SQL.identifier(alias, "id")
            return SQL(
                """EXISTS (SELECT FROM funnel_contact AS attempt WHERE attempt.lead_id = %s AND %s
                           AND attempt.date > COALESCE((%s), '-infinity'))""",
                lead_id,
                condition,
                self._select_entries(lead_id),
            )

        domain = Domain.custom(to_sql=to_sql)
        return domain if True in value else ~domain

    def _read_contacts(self, domain, groupby, aggregates):
        """Return groups of the attempts to reach the clients of these leads, with the id of the lead first."""
        # whoever sees the lead sees its attempts, so asking for each lead again would only cost time
        Contact = self.env["funnel.contact"].sudo()
        rows = Contact._read_group(Domain("lead_id", "in", self._origin.ids) & domain, groupby, aggregates)
        return [(lead.id, *facts) for lead, *facts in rows]

    # ------------------------------------------------------------
    # TODAY
    # ------------------------------------------------------------

    @api.depends("funnel_contact_ids.date", "funnel_contact_ids.channel", "stage_id", "team_id", "company_id")
    @api.depends_context("lang")
    def _compute_funnel_facts(self):
        found = super()._compute_funnel_facts()
        days = self._get_lead_days()
        for lead in self:
            attempts = found["contact"].get(lead._origin.id, ())
            last_dates = [last for _channel, _count, last, _recent in attempts]
            today, calls, messages = lead._count_contacts_today(attempts, days)
            lead.funnel_contact_count = sum(count for _channel, count, _last, _recent in attempts)
            lead.funnel_last_contact_date = max(map(datetime.fromisoformat, last_dates), default=False)
            lead.funnel_contact_today_count = today
            lead.funnel_is_below_quota = bool(calls or messages)
            lead.funnel_quota_missing = lead._describe_missing_contacts(calls, messages)
        return found

    def _get_lead_days(self):
        """Return when the present day of the working time of each place has begun, and whether anybody works on it.

        In Vladivostok the next day begins while it is evening in Moscow.

        :returns: pairs by the ids of a team and a company
        """
        rules = self.env["crm.team"]._get_funnel_rules()
        now = fields.Datetime.now()
        places = {(lead.team_id.id, lead.company_id.id) for lead in self}
        return {place: self._get_day(rules.working_time(*place), now) for place in places}

    def _count_contacts_today(self, attempts, days):
        """Return how many attempts were made on this lead today, and how many calls and messages its stage misses.

        :param attempts: lists of a channel, how many, the last one, and those of the last days
        :param dict days: see :meth:`_get_lead_days`
        """
        rules = self.env["crm.team"]._get_funnel_rules()
        midnight, is_working_day = days[self.team_id.id, self.company_id.id]
        today = {
            channel: sum(datetime.fromisoformat(date) >= midnight for date in recent or ())
            for channel, _count, _last, recent in attempts
        }
        asks = is_working_day and self.active and self.won_status == "pending" and self.team_id.id in rules.funnels
        stage = rules.stages.get(self.stage_id.id) if asks else None
        return sum(today.values()), *missing_contacts(stage or Stage(False), today)

    @api.model
    def _get_fact_queries(self):
        return {**super()._get_fact_queries(), "contact": self._select_contact_facts}

    @api.model
    def _select_contact_facts(self, lead_ids):
        Contact = self.env["funnel.contact"]
        return SQL(
            """SELECT 'contact', lead_id, jsonb_build_array(
                      channel, count(*), max(date), jsonb_agg(date) FILTER (WHERE date >= %s))
                 FROM funnel_contact WHERE lead_id = ANY(%s) GROUP BY lead_id, channel""",
            fields.Datetime.now() - LONGEST_DAY,
            lead_ids,
            to_flush=[Contact._fields[name] for name in ("lead_id", "channel", "date")],
        )

    def _add_board_facts(self, found, told):
        told = super()._add_board_facts(found, told)
        stages = self.env["crm.team"]._get_funnel_rules().stages
        demanding = {id_ for id_, stage in stages.items() if stage.call_quota or stage.message_quota}
        counted = self._browse_found(found["contact"])
        if demanding:
            concerned = [stage_id in demanding for stage_id in self._get_stored("stage_id")]
            counted |= self._browse_found(compress(self._ids, concerned))
        days = counted._get_lead_days()
        for lead in counted:
            attempts = found["contact"].get(lead.id, ())
            today, calls, messages = lead._count_contacts_today(attempts, days)
            told[lead.id].update(
                contacts=sum(count for _channel, count, _last, _recent in attempts),
                contacts_today=today,
                contacts_missing=lead._describe_missing_contacts(calls, messages),
            )
        # the board offers to note attempts on every open card; rarely may somebody see one and not change it
        changeable = self._filter_changeable()
        for lead in self - changeable if changeable != self else ():
            told[lead.id]["is_closed"] = True
        return told

    @api.model
    def _get_day(self, working_time, now):
        """Return when the present day of a working time has begun, and whether anybody works on it."""
        day = working_time.day_of(now)
        return working_time.at(day, 0), working_time.is_working_day(day)

    @api.model
    def _describe_missing_contacts(self, calls, messages):
        """Return what is missing in words, for example “2 calls, 1 message”, or False for nothing."""
        parts = []
        if calls:
            parts.append(self.env._("1 call") if calls == 1 else self.env._("%s calls", calls))
        if messages:
            parts.append(self.env._("1 message") if messages == 1 else self.env._("%s messages", messages))
        return ", ".join(parts) or False

    def _search_funnel_is_below_quota(self, operator, value):
        if operator != "in":
            return NotImplemented
        self.env["funnel.contact"].flush_model(["lead_id", "date", "channel"])
        rules = self.env["crm.team"]._get_funnel_rules()
        domain = Domain.FALSE
        for funnel in rules.funnels.values():
            stages = [rules.stages[stage_id] for stage_id in funnel.stage_ids]
            demanding = [stage for stage in stages if stage.call_quota or stage.message_quota]
            if demanding:
                domain |= Domain("team_id", "=", funnel.id) & self._get_quota_domain(funnel, demanding)
        domain &= Domain("won_status", "=", "pending") & Domain("active", "=", True)
        return domain if True in value else ~domain

    @api.model
    def _get_quota_domain(self, funnel, stages):
        """Return the domain over the leads in these stages of a funnel that had too few attempts today."""
        now = fields.Datetime.now()
        domain = Domain.FALSE
        for place, working_time in self._get_working_places(funnel):
            midnight, is_working_day = self._get_day(working_time, now)
            if not is_working_day:
                continue
            for stage in stages:
                few = self._get_few_contacts_domain(CALL_CHANNELS, stage.call_quota, midnight)
                few |= self._get_few_contacts_domain(MESSAGE_CHANNELS, stage.message_quota, midnight)
                domain |= place & Domain("stage_id", "=", stage.id) & few
        return domain

    @api.model
    def _get_working_places(self, funnel):
        """Yield which leads of a funnel have which working time, as pairs of a domain and a working time."""
        rules = self.env["crm.team"]._get_funnel_rules()
        if funnel.working_time or funnel.company_id:
            yield Domain.TRUE, rules.working_time(funnel.id, funnel.company_id)
            return
        companies = [False, *rules.working_times]
        for company_id in companies:
            yield Domain("company_id", "=", company_id), rules.working_time(funnel.id, company_id)
        yield Domain("company_id", "not in", companies), WorkingTime()  # companies without working hours

    @api.model
    def _get_few_contacts_domain(self, channels, quota, since):
        if not quota:
            return Domain.FALSE
        return Domain.custom(
            to_sql=lambda model, alias, query: SQL(
                "(SELECT COUNT(*) FROM funnel_contact WHERE lead_id = %s AND channel IN %s AND date >= %s) < %s",
                SQL.identifier(alias, "id"),
                channels,
                since,
                quota,
            )
        )

    # ------------------------------------------------------------
    # RIGHTS AND MERGE
    # ------------------------------------------------------------

    @api.depends("team_id", "won_status", "active", "funnel_can_change")
    @api.depends_context("uid")
    def _compute_funnel_can_contact(self):
        contactable = self._origin._filter_contactable()
        for lead in self:
            lead.funnel_can_contact = lead._origin in contactable and lead.funnel_can_change

    def _filter_contactable(self):
        """Return the leads whose client somebody may have to reach: the open ones of a funnel."""
        funnels = self.env["crm.team"]._get_funnel_rules().funnels
        return self.filtered(lambda lead: lead.team_id.id in funnels and lead.active and lead.won_status == "pending")

    def _merge_get_fields(self):
        return [*super()._merge_get_fields(), "funnel_call_date"]
