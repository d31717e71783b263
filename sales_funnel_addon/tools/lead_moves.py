"""What happens to a lead in one write: where it was, where it is, and what the gate says about it."""

from dataclasses import dataclass, field
from datetime import date, datetime


@dataclass(frozen=True)
class LeadState:
    """Where a lead stands; the default is "nowhere", for a lead that is being created.

    :param lost_for: the id of the reason for which it is lost in a funnel, False if it is not
    :param user_id: the id of whoever is responsible for it
    """

    team_id: int | bool = False
    stage_id: int | bool = False
    lead_type: str | bool = False
    funnel_id: int | bool = False
    won_status: str | bool = False
    since: datetime | bool = False
    lost_for: int | bool = False
    user_id: int | bool = False
    deferral_date: date | bool = False
    active: bool = True

    @property
    def place(self):
        """Return what a move changes."""
        return self.team_id, self.stage_id, self.lead_type

    @property
    def is_arrival(self):
        """Whether a lead that has just come here is there to be worked on, or was won by it.

        >>> LeadState(1, 2, funnel_id=1).is_arrival, LeadState(1, 2, funnel_id=1, won_status="lost").is_arrival
        (True, False)
        """
        return bool(self.funnel_id) and self.active and self.won_status != "lost"


@dataclass(frozen=True)
class GatePass:
    """The right to pass the gate once, given by code after it has checked who asks.

    It travels in the context. A client can only send plain data, never an instance of this class, so a client cannot
    make one.

    :param frozenset lead_ids: the leads that may pass
    :param int stage_id: where they may go; the stage they are in for a loss by the engine
    :param str reason: why
    :param bool automatic: given to a rule of the engine instead of a person: what the stages that are left ask for does
        not matter, which is why the rule moves the lead, but transitions and what the next stage asks for hold
    :param log_kind: what the move is called in the log, if it is neither a rule's nor an override
    :param tuple reasons: why, where the leads have reasons of their own: pairs of a lead id and the text
    :param bool begins_anew: the lead starts where it comes to, like a new one: no transition has to lead there
    """

    lead_ids: frozenset
    stage_id: int
    reason: str
    automatic: bool = False
    log_kind: str | bool = False
    reasons: tuple = ()
    begins_anew: bool = False

    @property
    def kind(self):
        """What the move is called in the log."""
        return self.log_kind or ("automatic" if self.automatic else "override")

    def reason_of(self, lead_id):
        """Return why a lead passes.

        >>> gate_pass = GatePass(frozenset({1, 2}), 20, "Late", reasons=((2, "Done"),))
        >>> gate_pass.reason_of(1), gate_pass.reason_of(2)
        ('Late', 'Done')
        """
        return dict(self.reasons).get(lead_id, self.reason)

    def covers(self, lead_id, stage_id):
        """Tell whether the pass is for this move."""
        return lead_id in self.lead_ids and stage_id == self.stage_id


@dataclass(frozen=True)
class RepeatPass:
    """Somebody has confirmed to know whose clients these are; like :class:`GatePass` no client can make one.

    :param frozenset lead_ids: the leads about which they have confirmed it
    """

    lead_ids: frozenset


@dataclass(frozen=True)
class EntryRun:
    """For which leads the actions of which stages are running; like :class:`GatePass` no client can make one.

    :param frozenset entries: pairs of a lead id and a stage id
    """

    entries: frozenset


@dataclass(eq=False)  # Odoo uses an environment again when its context is equal: no two batches are
class GateBatch:
    """Writes that are judged together at their end, for stock code that writes lead by lead.

    Like :class:`GatePass` it travels in the context, where no client can put it.
    """

    before: dict = field(default_factory=dict)
    kept: dict = field(default_factory=dict)
    touched: set = field(default_factory=set)
    reasons: dict = field(default_factory=dict)
    conversions: dict = field(default_factory=dict)  # what would be said of each lead as it was before
    verdicts: dict = field(default_factory=dict)  # those of them that count
    answers: dict = field(default_factory=dict)  # to the questionnaires of the funnels that leads are leaving
    partners: dict = field(default_factory=dict)  # the contact that each lead's client has already, looked up together
    merge_team_id: int | bool = False  # into which funnel leads are merged

    def remember(self, before, kept, touched, reasons):
        """Keep the state each lead had before its first write, what was written, and why."""
        self.touched.update(touched)
        self.reasons.update({lead_id: reason for lead_id, reason in reasons.items() if reason})
        for lead_id, state in before.items():
            self.before.setdefault(lead_id, state)
            self.kept.setdefault(lead_id, kept.get(lead_id, []))


@dataclass
class Verdict:
    """What the gate says about one move; everything empty means that the lead may pass.

    :param list forbidden: why the lead may not go there at all, as lines of text
    :param dict unmet: the names of the fields to fill in by requirement, none where filling in does not help
    :param list open_tasks: the templates of the mandatory tasks that nobody has done
    :param list approvals: the templates of the mandatory approvals that nobody has given
    :param dict tasks: pairs of the id and the state of a task by the id of its template
    :param needs_reason: the transition that asks for a reason which was not given, or False
    """

    forbidden: list = field(default_factory=list)
    unmet: dict = field(default_factory=dict)
    open_tasks: list = field(default_factory=list)
    approvals: list = field(default_factory=list)
    tasks: dict = field(default_factory=dict)
    needs_reason: object = False

    @property
    def status(self):
        """Return ``ok``, ``fixable``, ``needs_approval`` or ``forbidden``.

        >>> Verdict().status, Verdict(unmet={1: ()}).status, Verdict(unmet={1: ()}, forbidden=["no"]).status
        ('ok', 'fixable', 'forbidden')
        >>> Verdict(approvals=[1]).status
        'needs_approval'
        """
        if self.forbidden:
            return "forbidden"
        if self.approvals:
            return "needs_approval"
        return "fixable" if self.unmet or self.open_tasks or self.needs_reason else "ok"


def move_kind(before, after, rules, *, passed_as=False):
    """Return what a change of a lead is called in the log, or False if it is no event.

    :param LeadState before: where the lead stood
    :param LeadState after: where it stands
    :param sales_funnel_addon.tools.funnel_rules.FunnelRules rules: all funnels
    :param passed_as: the kind of the :class:`GatePass` that let it pass, False for none

    >>> from odoo.addons.sales_funnel_addon.tools.funnel_rules import Funnel, FunnelRules
    >>> funnels = Funnel(1, "lead", (10,)), Funnel(2, "deal", (20, 21)), Funnel(3, "deferred", (30,))
    >>> rules = FunnelRules({funnel.id: funnel for funnel in funnels})
    >>> lead, deal = LeadState(1, 10, "lead", 1, "pending"), LeadState(2, 20, "opportunity", 2, "pending")
    >>> later = LeadState(3, 30, "opportunity", 3, "pending")
    >>> move_kind(LeadState(), lead, rules), move_kind(lead, deal, rules), move_kind(lead, lead, rules)
    ('created', 'converted', False)
    >>> move_kind(deal, later, rules), move_kind(later, deal, rules)
    ('deferred', 'resumed')
    """
    if before == LeadState():
        return "created"
    if passed_as:
        return passed_as
    if before.won_status != after.won_status and after.won_status:
        if after.won_status in ("won", "lost"):
            return after.won_status
        if before.won_status:
            return "reopened"
    if before.place == after.place:
        return False
    return _crossing_kind(rules.funnels.get(before.funnel_id), rules.funnels.get(after.funnel_id), after.lead_type)


def _crossing_kind(origin, target, lead_type):
    """Return what a move from one funnel to another is called."""
    if origin is target:
        return "moved"
    if target and target.kind == "deferred":
        return "deferred"
    if origin and origin.kind == "deferred":
        return "resumed"
    if origin and origin.kind == "lead" and lead_type == "opportunity":
        return "converted"
    return "moved"
