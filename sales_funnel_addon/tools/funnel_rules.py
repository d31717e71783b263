"""The configuration of all funnels as one immutable value: what the gate works with.

Reading it once and keeping it in the cache makes judging a batch of moves independent of the number of stages.
"""

from dataclasses import dataclass, field
from functools import cached_property


def lead_type_of(kind):
    """Return the ``crm.lead.type`` of what stands in a funnel of this kind.

    >>> lead_type_of("lead"), lead_type_of("deferred")
    ('lead', 'opportunity')
    """
    return "lead" if kind == "lead" else "opportunity"


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


@dataclass(frozen=True)
class Stage:
    """A stage of one or more funnels."""

    id: int
    is_irreversible: bool = False
    funnel_ids: tuple = ()
    requirements: tuple = ()

    def requirements_at(self, moment):
        """Return the requirements checked on ``enter`` or ``leave``."""
        return tuple(requirement for requirement in self.requirements if requirement.moment == moment)


@dataclass(frozen=True)
class LostReason:
    """Why leads of some funnels may be lost, and what has to be given with it."""

    id: int
    funnel_ids: tuple = ()
    comment_required: bool = False
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

    @property
    def lead_type(self):
        """The ``crm.lead.type`` of everything in this funnel."""
        return lead_type_of(self.kind)

    def position(self, stage_id):
        """Return the place of a stage in the order, -1 for a stage of another funnel."""
        return self.stage_ids.index(stage_id) if stage_id in self.stage_ids else -1


@dataclass(frozen=True)
class FunnelRules:
    """Every funnel, stage and lost reason of the database by id."""

    funnels: dict = field(default_factory=dict)
    stages: dict = field(default_factory=dict)
    reasons: dict = field(default_factory=dict)

    @cached_property
    def watched_fields(self):
        """Return the names of the fields that must not be emptied in some stage or for some loss."""
        requirements = (item for stage in self.stages.values() for item in stage.requirements_at("enter"))
        demanding = (*requirements, *self.reasons.values())
        return frozenset(name for item in demanding for name in item.field_names)

    def stages_left(self, origin_funnel_id, origin_stage_id, target_funnel_id, target_stage_id):
        """Return the ids of the stages whose *leave* requirements a move has to satisfy.

        A move forward leaves the stage it starts from and every stage it skips, so nobody gets past a rule by
        dragging a card over it. Entering a funnel from outside counts as coming from its first stage. Leaving a funnel
        of leads (conversion) leaves all its remaining stages; leaving any other funnel, going back and deferring
        leave nothing.

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
        """
        origin, target = self.funnels.get(origin_funnel_id), self.funnels.get(target_funnel_id)
        left = ()
        if target and target.kind != "deferred":
            start = origin.position(origin_stage_id) if origin is target else 0
            left = target.stage_ids[max(start, 0) : max(target.position(target_stage_id), 0)]
        if origin and origin is not target and origin.kind == "lead" and not (target and target.kind == "deferred"):
            left = origin.stage_ids[max(origin.position(origin_stage_id), 0) :] + left
        return left

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

    def is_funnel_stage(self, stage_id):
        """Tell whether a stage belongs to funnels only, so that no stock team may use it."""
        return stage_id in self.stages
