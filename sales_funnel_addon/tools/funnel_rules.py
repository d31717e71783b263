"""The configuration of all funnels as one immutable value: what the gate works with.

Reading it once and keeping it in the cache makes judging a batch of moves independent of the number of stages.
"""

import ast
from dataclasses import dataclass, field
from functools import cached_property

from .deadlines import ENTRY, Deadline
from .working_time import WorkingTime


def lead_type_of(kind):
    """Return the ``crm.lead.type`` of what stands in a funnel of this kind.

    >>> lead_type_of("lead"), lead_type_of("deferred")
    ('lead', 'opportunity')
    """
    return "lead" if kind == "lead" else "opportunity"


def domain_fields(text):
    """Return the names of the fields of a lead that a domain looks at; "always" and "never" look at none.

    >>> sorted(domain_fields("['|', ('partner_id.city', '=', 'Perm'), ('type', '=', 'lead')]"))
    ['partner_id', 'type']
    >>> domain_fields("[(1, '=', 1)]")
    set()
    """
    names = [term[0] for term in ast.literal_eval(text) if isinstance(term, (tuple, list))]
    return {name.partition(".")[0] for name in names if isinstance(name, str)}


@dataclass(frozen=True)
class Requirement:
    """What a lead must have at a stage; see the model ``funnel.requirement``."""

    id: int
    moment: str
    kind: str
    field_names: tuple = ()
    any_field: bool = False
    condition: str = "[]"
    applies_to: str = "[]"
    property_names: tuple = ()
    activity_type_ids: tuple = ()
    activity_days: int = 0
    activity_working: bool = False
    activity_from: str | bool = False
    attachment_field: str | bool = False
    document_kind_id: int | bool = False
    contact_scope: str = "stage"
    contact_outcome: str = "any"
    minimum: int = 1
    release_template_id: int | bool = False


@dataclass(frozen=True)
class DeferralRequirement(Requirement):
    """That a deferred deal has a date of the next contact in the month of its stage; no record stands behind it.

    :param stage_id: the month, False where nobody has chosen it
    :param date: the date that does not fit, False for none
    """

    id: int = 0
    moment: str = "enter"
    kind: str = "deferral"
    field_names: tuple = ("deferral_date",)
    stage_id: int | bool = False
    date: object = False


@dataclass(frozen=True)
class HandoverRequirement(Requirement):
    """That somebody says to which funnel a deal is handed over when it is won; no record stands behind it.

    :param funnel_ids: the ids of the funnels of which one is chosen
    """

    id: int = 0
    moment: str = "enter"
    kind: str = "handover"
    field_names: tuple = ("funnel_handover_team_id",)
    funnel_ids: tuple = ()


@dataclass(frozen=True)
class TaskTemplate:
    """What people must do at a stage; see the model ``funnel.task.template``."""

    id: int
    stage_id: int
    kind: str = "todo"
    mandatory: bool = True
    role_id: int | bool = False
    applies_to: str = "[]"
    done_condition: str = "[]"
    repeats: bool = False
    request_on_entry: bool = False
    activity_type_id: int | bool = False
    lost_reason_id: int | bool = False
    deadline: Deadline | None = None
    repeats_with_date: bool = False

    @property
    def starts_something(self):
        """Whether something has to be looked at as soon as a lead has the task: an activity, a request, its own state.

        >>> TaskTemplate(1, 2).starts_something, TaskTemplate(1, 2, activity_type_id=3).starts_something
        (False, True)
        """
        return bool(self.activity_type_id or self.request_on_entry or self.looks_at_tasks)

    @property
    def looks_at_tasks(self):
        """Whether the tasks of the lead decide if this one is done by itself: then it has to be there first.

        >>> TaskTemplate(1, 2, done_condition="[('funnel_task_count', '=', 1)]").looks_at_tasks
        True
        """
        return "funnel_task" in self.done_condition or "funnel_approval" in self.done_condition


@dataclass(frozen=True)
class Transition:
    """Where a lead may go from a stage; see the model ``funnel.transition``."""

    id: int
    to_stage_id: int
    condition: str = "[]"
    role_ids: tuple = ()
    reason_required: bool = False


@dataclass(frozen=True)
class Stage:
    """A stage of one or more funnels."""

    id: int
    is_won: bool = False
    is_irreversible: bool = False
    is_side_stage: bool = False
    has_materials: bool = False
    call_quota: int = 0
    message_quota: int = 0
    contact_interval: int = 0
    contact_unit: str = "months"
    contact_activity_type_id: int | bool = False
    deferral_month: int = 0
    funnel_ids: tuple = ()
    requirements: tuple = ()
    tasks: tuple = ()
    transitions: tuple = ()
    reminders: tuple = ()
    entry_action_ids: tuple = ()
    work_state_ids: tuple = ()

    def requirements_at(self, moment):
        """Return the requirements checked on ``enter`` or ``leave``, or what has to ``keep`` its value."""
        return tuple(requirement for requirement in self.requirements if requirement.moment == moment)


@dataclass(frozen=True)
class LostReason:
    """Why leads of some funnels may be lost, and what has to be given with it."""

    id: int
    funnel_ids: tuple = ()
    comment_required: bool = False
    field_names: tuple = ()


@dataclass(frozen=True)
class Section:
    """One heading on the card of some funnels with the fields below it, in order."""

    id: int
    funnel_ids: tuple = ()
    field_names: tuple = ()


@dataclass(frozen=True)
class Funnel:
    """A team with a funnel kind, with the ids of its stages in order."""

    id: int
    kind: str
    stage_ids: tuple = ()
    first_stage_id: int | bool = False
    deal_funnel_id: int | bool = False
    head_id: int | bool = False
    hidden_fields: tuple = ()
    digest_threshold: int = 0
    company_id: int | bool = False
    working_time: WorkingTime | None = None
    no_answer_stage_id: int | bool = False
    call_gap: int = 60
    number_check_role_id: int | bool = False
    deferred_funnel_id: int | bool = False
    deferral_min_days: int = 0
    repeat_role_id: int | bool = False
    repeat_policy: str | bool = False
    is_active: bool = True
    visit_role_id: int | bool = False
    visit_duration: float = 0
    chat_role_ids: tuple = ()
    handoff_funnel_ids: tuple = ()
    handoff_salesperson: str | bool = False

    @property
    def lead_type(self):
        """The ``crm.lead.type`` of everything in this funnel."""
        return lead_type_of(self.kind)

    def position(self, stage_id):
        """Return the place of a stage in the order, -1 for a stage of another funnel."""
        return self.stage_ids.index(stage_id) if stage_id in self.stage_ids else -1


@dataclass(frozen=True)
class FunnelRules:
    """Every funnel, stage, lost reason and role of the database by id, and what they are called.

    :param dict working_times: the working time of each company by its id
    :param dict user_companies: the ids of the companies in which each of the heads and of the people with a role may
        work, by the id of the user; those who no longer work here are left out
    :param dict price_ranges: the ids of the funnels that make quotations in a price range by its id; none for all
    :param dict case_types: the ids of the funnels that offer a case type by its id; none for all
    :param dict document_kinds: the ids of the funnels whose leads have documents of a kind by its id; none for all
    """

    funnels: dict = field(default_factory=dict)
    stages: dict = field(default_factory=dict)
    reasons: dict = field(default_factory=dict)
    roles: dict = field(default_factory=dict)
    sections: tuple = ()
    working_times: dict = field(default_factory=dict)
    user_companies: dict = field(default_factory=dict)
    texts: dict = field(default_factory=dict)
    price_ranges: dict = field(default_factory=dict)
    case_types: dict = field(default_factory=dict)
    document_kinds: dict = field(default_factory=dict)
    work_states: dict = field(default_factory=dict)

    def text(self, model_name, record_id, lang):
        """Return what a record of the configuration is called, or what it tells people.

        >>> rules = FunnelRules(texts={"crm.stage": {1: {"en_US": "Won", "ru_RU": "Успешно"}}})
        >>> rules.text("crm.stage", 1, "ru_RU"), rules.text("crm.stage", 1, "fr_FR"), rules.text("crm.stage", 2, None)
        ('Успешно', 'Won', '')
        """
        translations = self.texts.get(model_name, {}).get(record_id) or {}
        return translations.get(lang) or translations.get("en_US") or ""

    def working_time(self, funnel_id, company_id):
        """Return when people work on a lead: in its funnel if that has hours of its own, else in its company.

        >>> FunnelRules(working_times={1: WorkingTime("Europe/Moscow")}).working_time(False, 1).timezone
        'Europe/Moscow'
        """
        funnel = self.funnels.get(funnel_id)
        if funnel and funnel.working_time:
            return funnel.working_time
        company_id = company_id or (funnel and funnel.company_id) or min(self.working_times, default=False)
        return self.working_times.get(company_id) or WorkingTime()

    def due_at(self, deadline, moment, funnel_id, company_id):
        """Return when something is due on a lead of a funnel and a company, see :meth:`Deadline.due_at`.

        >>> from datetime import datetime
        >>> FunnelRules().due_at(Deadline("date", 1), datetime(2026, 3, 6, 12), False, False)
        datetime.datetime(2026, 3, 7, 12, 0)
        """
        return deadline.due_at(moment, self.working_time(funnel_id, company_id))

    def active_user_ids(self, company_id):
        """Return who may act on the leads of a company, False for leads of none.

        >>> rules = FunnelRules(user_companies={1: frozenset({7}), 2: frozenset({7, 8})})
        >>> sorted(rules.active_user_ids(8)), sorted(rules.active_user_ids(False))
        ([2], [1, 2])
        """
        everybody = self.user_companies.items()
        return frozenset(user_id for user_id, ids in everybody if not company_id or company_id in ids)

    def has_price_ranges(self, funnel_id):
        """Tell whether quotations are made in price ranges in a funnel.

        >>> rules = FunnelRules({1: Funnel(1, "deal"), 2: Funnel(2, "deal")}, price_ranges={5: (1,)})
        >>> rules.has_price_ranges(1), rules.has_price_ranges(2), rules.has_price_ranges(3)
        (True, False, False)
        """
        return any(self._is_offered(funnel_id, range_id, self.price_ranges) for range_id in self.price_ranges)

    def has_case_types(self, funnel_id):
        """Tell whether a funnel tells its cases apart by type.

        >>> rules = FunnelRules({1: Funnel(1, "deal"), 2: Funnel(2, "followup")}, case_types={5: (2,)})
        >>> rules.has_case_types(1), rules.has_case_types(2), rules.has_case_types(False)
        (False, True, False)
        """
        return any(self.offers_case_type(funnel_id, type_id) for type_id in self.case_types)

    def offers_case_type(self, funnel_id, type_id):
        """Tell whether a funnel offers a case type.

        >>> rules = FunnelRules({1: Funnel(1, "followup"), 2: Funnel(2, "deal")}, case_types={5: (1,), 6: ()})
        >>> rules.offers_case_type(1, 5), rules.offers_case_type(2, 5), rules.offers_case_type(2, 6)
        (True, False, True)
        """
        return self._is_offered(funnel_id, type_id, self.case_types)

    def document_kind_ids(self, funnel_id):
        """Return the kinds of documents that leads of a funnel have, in order.

        >>> rules = FunnelRules({1: Funnel(1, "deal"), 2: Funnel(2, "deal")}, document_kinds={5: (1,), 6: ()})
        >>> rules.document_kind_ids(1), rules.document_kind_ids(2), rules.document_kind_ids(3)
        ([5, 6], [6], [])
        """
        return [kind_id for kind_id in self.document_kinds if self._is_offered(funnel_id, kind_id, self.document_kinds)]

    def _is_offered(self, funnel_id, record_id, offers):
        """Tell whether a funnel offers something.

        :param dict offers: the ids of the funnels that offer it by its id; none for all
        """
        funnel_ids = offers.get(record_id)
        return funnel_id in self.funnels and funnel_ids is not None and (not funnel_ids or funnel_id in funnel_ids)

    def work_states_of(self, model_name):
        """Return the states of documents of a model that some stage follows.

        >>> from odoo.addons.sales_funnel_addon.tools.work import WorkState
        >>> rules = FunnelRules(work_states={1: WorkState(1, "repair.order", 10)})
        >>> len(rules.work_states_of("repair.order")), rules.work_states_of("purchase.order")
        (1, ())
        """
        return tuple(state for state in self.work_states.values() if state.model_name == model_name)

    def states_followed(self, stage_id):
        """Return the states of documents that bring a lead into a stage."""
        return tuple(self.work_states[i] for i in self.stages[stage_id].work_state_ids if i in self.work_states)

    @cached_property
    def templates(self):
        """All task templates by id."""
        return {template.id: template for stage in self.stages.values() for template in stage.tasks}

    @cached_property
    def reminders(self):
        """All reminders by id."""
        return {reminder.id: reminder for stage in self.stages.values() for reminder in stage.reminders}

    @cached_property
    def card_places(self):
        """Return where fields stand on the cards, as numbers by name: people fill them in from top to bottom.

        >>> FunnelRules(sections=(Section(1, (), ("city", "street")), Section(2, (), ("city",)))).card_places
        {'city': 0, 'street': 1}
        """
        names = dict.fromkeys(name for section in self.sections for name in section.field_names)
        return {name: place for place, name in enumerate(names)}

    @cached_property
    def has_entry_actions(self):
        """Whether any stage does something by itself when a lead comes into it."""
        return any(stage.entry_action_ids for stage in self.stages.values())

    @cached_property
    def has_rhythm(self):
        """Whether clients are contacted in a rhythm in any stage."""
        return any(stage.contact_interval for stage in self.stages.values())

    @cached_property
    def anchor_fields(self):
        """Return the names of the date fields from which reminders count."""
        return frozenset(filter(None, (reminder.anchor_field for reminder in self.reminders.values())))

    @cached_property
    def deadline_fields(self):
        """Return the names of the date fields around which tasks are due."""
        deadlines = (template.deadline for template in self.templates.values())
        return frozenset(deadline.anchor for deadline in deadlines if deadline and deadline.anchor != ENTRY)

    @cached_property
    def watched_fields(self):
        """Return the names of the fields that must not be emptied in some stage or for some loss."""
        requirements = [item for stage in self.stages.values() for item in stage.requirements_at("enter")]
        demanding = (*requirements, *self.reasons.values())
        names = {name for item in demanding for name in item.field_names}
        if any(item.property_names for item in requirements):
            names.add("lead_properties")
        return frozenset(names)

    @cached_property
    def ruling_fields(self):
        """Return the names of all fields of a lead at which the gate, the checklists and the reminders look."""
        return self.watched_fields | self.kept_fields | self.task_fields | self.anchor_fields

    @cached_property
    def kept_fields(self):
        """Return the names of the fields that stay as they were entered in some stage."""
        stages = self.stages.values()
        return frozenset(
            name for stage in stages for item in stage.requirements_at("keep") for name in item.field_names
        )

    @cached_property
    def task_fields(self):
        """Return the names of the fields that decide which tasks a lead has, who does them, and when."""
        names = {"user_id", *self.deadline_fields} if self.templates else set()
        for template in self.templates.values():
            names.update(domain_fields(template.applies_to), domain_fields(template.done_condition))
        return frozenset(names)

    def stages_left(self, origin_funnel_id, origin_stage_id, target_funnel_id, target_stage_id):
        """Return the ids of the stages whose *leave* requirements a move has to satisfy.

        A move forward leaves the stage it starts from and every stage it skips, so nobody gets past a rule by
        dragging a card over it. Entering a funnel from outside counts as coming from its first stage. Leaving a funnel
        of leads (conversion) leaves all its remaining stages; leaving any other funnel, going back and deferring
        leave nothing. A transition that leads straight to the target skips nothing: whoever configured it has decided
        that the stages between are not on that way.

        A side stage is not on the road: whoever goes there leaves nothing, whoever passes by skips nothing, and whoever
        comes back from there needs what all the stages before the target ask for.

        :param origin_funnel_id: where the lead was; False if it is new or was in no funnel
        :param target_funnel_id: where it goes; False if it leaves the funnels
        :rtype: tuple[int]

        >>> rules = FunnelRules({1: Funnel(1, "lead", (10, 11, 12)), 2: Funnel(2, "deal", (20, 21, 22))})
        >>> rules.stages_left(2, 20, 2, 22)
        (20, 21)
        >>> rules.stages_left(2, 22, 2, 20)
        ()
        >>> rules.stages_left(1, 11, 2, 20)
        (11, 12)
        >>> rules.stages_left(False, False, 2, 21)
        (20,)
        >>> branch = Stage(20, transitions=(Transition(1, 22),))
        >>> FunnelRules(rules.funnels, {20: branch}).stages_left(2, 20, 2, 22)
        (20,)
        >>> aside = FunnelRules(rules.funnels, {11: Stage(11, is_side_stage=True)})
        >>> aside.stages_left(1, 10, 1, 11), aside.stages_left(1, 10, 1, 12), aside.stages_left(1, 11, 1, 12)
        ((), (10,), (10, 11))
        >>> aside.stages_left(1, 11, 2, 20)
        (10, 11, 12)
        """
        origin, target = self.funnels.get(origin_funnel_id), self.funnels.get(target_funnel_id)
        left = ()
        if target and target.kind != "deferred" and not self.is_side_stage(target_stage_id):
            start = origin_stage_id if origin is target else target.stage_ids[0] if target.stage_ids else False
            left = self._road_between(target, start, target.position(target_stage_id))
            if left and self.transitions(start, target_stage_id):
                left = (start,)
        if origin and origin is not target and origin.kind == "lead" and not (target and target.kind == "deferred"):
            left = self._road_between(origin, origin_stage_id, len(origin.stage_ids)) + left
        return left

    def is_side_stage(self, stage_id):
        """Tell whether a stage lies beside the road of its funnel."""
        return stage_id in self.stages and self.stages[stage_id].is_side_stage

    def _road_between(self, funnel, start_id, end):
        """Return the ids of the stages of a funnel from one stage up to a position, without those beside the road."""
        start = max(funnel.position(start_id), 0)
        beside = self.is_side_stage(start_id)
        passed = funnel.stage_ids[0 if beside else start : max(end, 0)]
        return tuple(i for i in passed if not self.is_side_stage(i) or i == start_id)

    def requirements_of_move(self, origin_funnel_id, origin_stage_id, target_funnel_id, target_stage_id):
        """Return the requirements that a move has to satisfy, in the order of the stages.

        The arguments are those of :meth:`stages_left`.
        """
        requirements = []
        for stage_id in self.stages_left(origin_funnel_id, origin_stage_id, target_funnel_id, target_stage_id):
            requirements.extend(self.stages[stage_id].requirements_at("leave"))
        if target_funnel_id in self.funnels and target_stage_id in self.stages:
            requirements.extend(self.stages[target_stage_id].requirements_at("enter"))
        return requirements

    def tasks_of_move(self, origin_funnel_id, origin_stage_id, target_funnel_id, target_stage_id):
        """Return the templates of the mandatory tasks that a move has to find done, in the order of the stages.

        The arguments are those of :meth:`stages_left`.
        """
        left = self.stages_left(origin_funnel_id, origin_stage_id, target_funnel_id, target_stage_id)
        return [template for stage_id in left for template in self.stages[stage_id].tasks if template.mandatory]

    def transitions(self, from_stage_id, to_stage_id):
        """Return the transitions from one stage to another."""
        stage = self.stages.get(from_stage_id)
        return tuple(way for way in stage.transitions if way.to_stage_id == to_stage_id) if stage else ()

    def has_transitions(self, funnel_id):
        """Tell whether any stage of a funnel says where leads may go from it."""
        return any(self.stages[stage_id].transitions for stage_id in self.funnels[funnel_id].stage_ids)

    def templates_ahead(self, funnel_id, stage_id):
        """Return the ids of the task templates of the stages that come after a stage in its funnel."""
        funnel = self.funnels.get(funnel_id)
        later = funnel.stage_ids[funnel.position(stage_id) + 1 :] if funnel else ()
        return {template.id for later_id in later for template in self.stages[later_id].tasks}

    def meets_tasks(self, origin, target):
        """Tell whether a move can change a checklist: there are tasks in one of the stages from here to there.

        :param LeadState origin: where the lead was
        :param LeadState target: where it is
        """
        funnel = self.funnels.get(target.funnel_id)
        if not funnel or origin.funnel_id != target.funnel_id:
            return True
        places = sorted((funnel.position(origin.stage_id), funnel.position(target.stage_id)))
        return any(self.stages[stage_id].tasks for stage_id in funnel.stage_ids[max(places[0], 0) : places[1] + 1])

    def has_barriers(self, funnel_id):
        """Tell whether any stage of a funnel is irreversible."""
        return any(self.stages[stage_id].is_irreversible for stage_id in self.funnels[funnel_id].stage_ids)

    def barrier(self, funnel_id, stage_id, furthest):
        """Return the irreversible stage that keeps a lead from going back to ``stage_id``, or False.

        :param int furthest: the position of the furthest stage the lead has reached, -1 for none

        >>> stages = {20: Stage(20), 21: Stage(21, is_irreversible=True), 22: Stage(22)}
        >>> rules = FunnelRules({2: Funnel(2, "deal", (20, 21, 22))}, stages)
        >>> rules.barrier(2, 20, 2), rules.barrier(2, 21, 2), rules.barrier(2, 20, 0)
        (21, False, False)
        """
        funnel = self.funnels[funnel_id]
        passed = funnel.stage_ids[funnel.position(stage_id) + 1 : furthest + 1]
        return next((passed_id for passed_id in passed if self.stages[passed_id].is_irreversible), False)

    def is_deferred(self, funnel_id):
        """Tell whether deals wait in a funnel for their next contact."""
        return funnel_id in self.funnels and self.funnels[funnel_id].kind == "deferred"

    def month_stage(self, funnel_id, month):
        """Return the id of the stage in which the deals of a month wait, or False.

        >>> rules = FunnelRules({3: Funnel(3, "deferred", (30, 31))}, {30: Stage(30), 31: Stage(31, deferral_month=5)})
        >>> rules.month_stage(3, 5), rules.month_stage(3, 6)
        (31, False)
        """
        stage_ids = self.funnels[funnel_id].stage_ids
        return next((i for i in stage_ids if self.stages[i].deferral_month == month), False)

    def is_funnel_stage(self, stage_id):
        """Tell whether a stage belongs to funnels only, so that no stock team may use it."""
        return stage_id in self.stages
