from odoo import api, fields, models
from odoo.exceptions import AccessError
from odoo.fields import Domain
from odoo.tools.misc import format_datetime

from ..tools.lead_moves import LeadState
from .funnel_address_mixin import ADDRESS_FIELDS

#: What only the engine writes: with it goes the right to move an event, or to read what is said in a chat.
ENGINE_LINKS = frozenset({"measurement_event_id", "chat_channel_id", "rhythm_event_id"})
#: What the event of a visit is made of.
VISIT_FIELDS = frozenset(
    {
        *("measurement_date", "measurement_user_id", "user_id", "name", "partner_id", "city", "street", "street2"),
        *ADDRESS_FIELDS,
    }
)


class FunnelVisitMixin(models.AbstractModel):
    """The visit to a client: when somebody goes to measure, who, and whether it is agreed."""

    _name = "funnel.visit.mixin"
    _description = "Visit to a Client"

    measurement_date = fields.Datetime(
        "Measurement",
        tracking=True,
        copy=False,
        index="btree_not_null",
        help="When somebody goes to the client to measure. The calendar follows it, and it follows the calendar.",
    )
    measurement_user_id = fields.Many2one(
        "res.users",
        "Measurement By",
        compute="_compute_measurement_user_id",
        store=True,
        readonly=False,
        tracking=True,
        copy=False,
        index="btree_not_null",
        check_company=True,
        domain=[("share", "=", False)],
        help="Who goes to the client. At first it is whoever plays the role that the funnel names for it.",
    )
    measurement_state = fields.Selection(
        [
            ("planned", "Planned"),
            ("confirmed", "Confirmed"),
            ("not_confirmed", "Not confirmed"),
            ("done", "Done"),
        ],
        "State of the Measurement",
        compute="_compute_measurement_state",
        store=True,
        readonly=False,
        tracking=True,
        copy=False,
        help="With a new date it is planned anew: what was confirmed was another date.",
    )
    measurement_event_id = fields.Many2one(
        "calendar.event", "Measurement in the Calendar", copy=False, readonly=True, ondelete="set null"
    )
    measurement_conflict = fields.Char("Booked Twice", compute="_compute_measurement_conflict")
    funnel_has_visits = fields.Boolean("Has Measurements", compute="_compute_funnel_has_visits")

    _measurement_event = models.UniqueIndex(
        "(measurement_event_id) WHERE measurement_event_id IS NOT NULL", "An event is the measurement of one deal."
    )

    # ------------------------------------------------------------
    # COMPUTE
    # ------------------------------------------------------------

    @api.depends("measurement_date", "team_id")
    def _compute_measurement_user_id(self):
        """Whoever plays the role goes, unless somebody was chosen."""
        undecided = self.filtered(
            lambda lead: lead.measurement_date and not lead.measurement_user_id and lead._get_visit_role_id()
        )
        people = undecided._get_role_people({lead._get_visit_role_id() for lead in undecided})
        for lead in self:
            if lead in undecided:
                performers = people[lead.id, lead._get_visit_role_id()].performers
                lead.measurement_user_id = next(iter(performers), False)
            else:
                lead.measurement_user_id = lead.measurement_user_id

    @api.depends("measurement_date")
    def _compute_measurement_state(self):
        for lead in self:
            lead.measurement_state = (lead.measurement_state or "planned") if lead.measurement_date else False

    @api.depends("team_id")
    def _compute_funnel_has_visits(self):
        for lead in self:
            lead.funnel_has_visits = bool(lead._get_visit_role_id())

    def _add_board_facts(self, found, told):
        told = super()._add_board_facts(found, told)
        names = dict(self._fields["measurement_state"]._description_selection(self.env))
        visits = zip(
            self._ids, self._get_stored("measurement_date"), self._get_stored("measurement_state"), strict=True
        )
        for lead_id, date, state in visits:
            if date:
                told[lead_id].update(
                    visit=fields.Datetime.to_string(date), visit_state=state, visit_label=names.get(state)
                )
        return told

    @api.depends("measurement_date", "measurement_user_id", "team_id")
    @api.depends_context("uid", "lang", "tz")
    def _compute_measurement_conflict(self):
        """Name what else whoever goes has to do at that time; what it is, only its participants read."""
        spans = {lead: lead._get_visit_span() for lead in self.filtered(lambda lead: lead._has_visit())}
        self.measurement_conflict = False
        partners = self.sudo().measurement_user_id.partner_id
        if not spans or not partners:
            return
        # whether somebody is free counts for everybody, also where the reason is private
        busy = partners._get_busy_calendar_events(
            min(start for start, _stop in spans.values()), max(stop for _start, stop in spans.values())
        )
        for lead, (start, stop) in spans.items():
            user = lead.sudo().measurement_user_id
            clashes = [
                f"{format_datetime(self.env, event.start, dt_format='short')} — {event.sudo(False).display_name}"
                for event in busy.get(user.partner_id.id, ())
                if event.start < stop and event.stop > start and event != lead._origin.measurement_event_id
            ]
            if clashes:
                lead.measurement_conflict = self.env._(
                    "%(person)s is busy at that time: %(events)s", person=user.name, events="; ".join(clashes)
                )

    # ------------------------------------------------------------
    # THE FUNNEL
    # ------------------------------------------------------------

    def _get_visit_role_id(self):
        """Return the id of the role that goes to the clients of the funnel in which this lead is, or False."""
        funnel = self.env["crm.team"]._get_funnel_rules().funnels.get(self.team_id.id)
        return bool(funnel) and funnel.visit_role_id

    @api.model
    def _get_reminded_domain(self):
        """Whoever goes to a client may look at the deal as long as it is open, like whoever has a task there."""
        mine = Domain("measurement_user_id", "=", self.env.uid) & Domain("measurement_date", "!=", False)
        return super()._get_reminded_domain() | (mine & Domain("won_status", "=", "pending"))

    def _has_visit(self):
        """Tell whether somebody is expected at the client of this lead."""
        open_or_won = self.active and self.won_status != "lost"
        return bool(self.measurement_date and open_or_won and self._get_visit_role_id())

    # ------------------------------------------------------------
    # ORM
    # ------------------------------------------------------------

    @api.model
    def _add_missing_default_values(self, values):
        # also what comes as a default, from the context or from the user's own ones
        values = super()._add_missing_default_values(values)
        self._check_engine_links({name for name in ENGINE_LINKS if values.get(name)})
        return values

    def write(self, vals):
        self._check_engine_links(vals)
        if vals.keys().isdisjoint(VISIT_FIELDS):
            return super().write(vals)
        # the calendar follows the lead, whoever changes it
        leads = self.sudo().filtered(lambda lead: lead.measurement_date or vals.get("measurement_date"))
        before = {lead.id: (lead.measurement_date, lead._get_visit_partner_ids()) for lead in leads}
        result = super().write(vals)
        if "measurement_state" not in vals:
            moved = leads.filtered(
                lambda lead: (
                    lead.measurement_date not in (False, before[lead.id][0]) and lead.measurement_state != "planned"
                )
            )
            if moved:
                moved.write({"measurement_state": "planned"})
        leads._sync_visits({lead_id: partner_ids for lead_id, (_date, partner_ids) in before.items()})
        return result

    def unlink(self):
        events = self.sudo().measurement_event_id  # nobody goes to a client of whom nothing is known
        result = super().unlink()
        self._get_visit_events(events.ids).exists().unlink()
        return result

    @api.model
    def _check_engine_links(self, names):
        if not self.env.su and not ENGINE_LINKS.isdisjoint(names):
            raise AccessError(self.env._("The calendar event and the chat of a deal are made by the funnel itself."))

    # ------------------------------------------------------------
    # THE GATE
    # ------------------------------------------------------------

    def _follow_with_visits(self, before, after):
        """Let the calendar follow leads that are new, lost, reopened or archived, or have come into another funnel.

        :param dict before: the states before, by lead id
        :param dict after: the states after, by lead id
        """
        concerned = []
        for lead_id, state in after.items():
            origin = before.get(lead_id, LeadState())
            here, there = ((at.funnel_id, at.active, at.won_status == "lost") for at in (origin, state))
            if here != there:
                concerned.append(lead_id)
        # the calendar follows the lead, whoever moves it
        self.browse(concerned).sudo().filtered("measurement_date")._sync_visits()

    # ------------------------------------------------------------
    # MERGE
    # ------------------------------------------------------------

    def _merge_dependences(self, opportunities):
        self._take_over_visit(opportunities)
        return super()._merge_dependences(opportunities)

    def _take_over_visit(self, opportunities):
        """One visit is enough: that of this lead, else the first of the others."""
        leads = (self + opportunities).sudo()  # whoever may merge them; the events are the engine's
        kept = leads.filtered("measurement_date")[:1]
        self._get_visit_events((leads - kept).measurement_event_id.ids).unlink()
        if kept and kept != self:
            event = kept.measurement_event_id
            kept._link_visits({kept.id: None})
            self._link_visits({self.id: event.id or None})
            names = ("measurement_date", "measurement_user_id", "measurement_state")
            self.write({name: kept._fields[name].convert_to_write(kept[name], kept) for name in names})
