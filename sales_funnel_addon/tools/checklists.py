"""What becomes of the tasks of a lead when it moves: pure decisions, for one lead at a time."""

from dataclasses import dataclass, field

#: States in which a task still waits for somebody.
OPEN_STATES = ("open", "requested")
#: States in which a task is what it should be.
DONE_STATES = ("done", "approved")


def is_done(kind, state):
    """Tell whether a task is what the gate asks for; the tick of a former to-do is no approval.

    >>> is_done("todo", "done"), is_done("approval", "approved"), is_done("approval", "done")
    (True, True, False)
    """
    return state == "approved" if kind == "approval" else state in DONE_STATES


@dataclass(eq=False)  # Odoo uses an environment again when its context is equal: no two batches are
class TemplateBatch:
    """Templates of tasks that are made one by one, and that leads follow all together in the end.

    It travels in the context, where no client can put it.

    :param set ids: the ids of the templates
    """

    ids: set = field(default_factory=set)


@dataclass
class ChecklistPlan:
    """What has to be done with the tasks of one lead.

    :param list create: the ids of the templates that become tasks
    :param list reopen: the ids of the tasks that are to be done again
    :param list cancel: the ids of the tasks that nobody has to do any more
    """

    create: list = field(default_factory=list)
    reopen: list = field(default_factory=list)
    cancel: list = field(default_factory=list)


def plan_checklist(templates, ahead, tasks, *, entered):
    """Return what has to be done so that the checklist of a lead is that of its stage.

    What was done stays done, unless its template asks for it at every visit of the stage. An approval that was asked
    for ahead of its stage waits on.

    :param dict templates: the templates that apply to the lead where it is, by id; none for a lead that is closed
    :param ahead: the ids of the templates of stages that the lead has yet to reach
    :param dict tasks: pairs of a task id and a state by template id
    :param bool entered: whether the lead has just come into its stage

    >>> from collections import namedtuple
    >>> Template = namedtuple("Template", "repeats")
    >>> call, offer = {1: Template(False)}, {2: Template(True)}
    >>> plan_checklist(call | offer, (), {}, entered=True)
    ChecklistPlan(create=[1, 2], reopen=[], cancel=[])
    >>> plan_checklist(call | offer, (), {1: (10, "done"), 2: (20, "done")}, entered=True)
    ChecklistPlan(create=[], reopen=[20], cancel=[])
    >>> plan_checklist(call, (3,), {1: (10, "cancelled"), 2: (20, "open"), 3: (30, "requested")}, entered=True)
    ChecklistPlan(create=[], reopen=[10], cancel=[20])
    """
    plan = ChecklistPlan(create=[template_id for template_id in templates if template_id not in tasks])
    for template_id, (task_id, state) in tasks.items():
        template = templates.get(template_id)
        if template:
            again = entered and template.repeats and state not in OPEN_STATES
            if again or state == "cancelled":
                plan.reopen.append(task_id)
        elif state in OPEN_STATES and not (state == "requested" and template_id in ahead):
            plan.cancel.append(task_id)
    return plan
