"""What happens if nobody acts: when a reminder falls due, and when again. No database."""

from dataclasses import dataclass

from .deadlines import EVENTS, Deadline

#: How many repetitions are looked through to find the next one after an outage.
MOST_MISSED = 1000


@dataclass(frozen=True)
class Reminder:
    """A rule of a stage that says when something happens to a lead on which nobody works; see ``funnel.reminder``.

    :param Deadline deadline: when it falls due for the first time
    :param Deadline repeat: how much later again, or None for once
    :param int repeat_times: how many times at most, the first one counted; 0 without a limit
    :param bool marks_overdue: whether the lead counts as overdue from then on
    :param bool catches_up: whether leads that are late already when the rule is made are reminded of as well
    :param bool spares_author: whether people are not told of what they have done themselves
    :param bool only_tells: whether it does nothing but tell people, so that the highest rung of a ladder is enough
    """

    id: int
    stage_id: int
    deadline: Deadline
    condition: str = "[]"
    repeat: Deadline | None = None
    repeat_times: int = 0
    marks_overdue: bool = True
    catches_up: bool = False
    spares_author: bool = False
    only_tells: bool = False
    role_ids: tuple = ()
    activity_role_id: int | bool = False

    @property
    def anchor(self):
        """What the reminder counts from."""
        return self.deadline.anchor

    @property
    def anchor_field(self):
        """The name of the date field of the lead that the reminder counts from, or False for an event.

        >>> Reminder(1, 2, Deadline("date_deadline")).anchor_field, Reminder(1, 2, Deadline("entry")).anchor_field
        ('date_deadline', False)
        """
        return self.anchor not in EVENTS and self.anchor

    def stands_in_for(self, other):
        """Tell whether this reminder means every lead that another one means.

        >>> plain, strict = Reminder(1, 2, Deadline("entry")), Reminder(3, 2, Deadline("entry"), "[('city', '=', 1)]")
        >>> plain.stands_in_for(strict), strict.stands_in_for(plain), strict.stands_in_for(strict)
        (True, False, True)
        """
        return self.condition in ("[]", other.condition)

    def next_due(self, due, now, working_time):
        """Return when the reminder falls due again, or False; repetitions that were missed are left out.

        :param datetime due: when it was due
        :param datetime now: the present moment; the answer lies behind it
        :param WorkingTime working_time: when people work

        >>> from datetime import datetime
        >>> hourly = Reminder(1, 2, Deadline("entry"), repeat=Deadline("entry", 1, "hours"))
        >>> hourly.next_due(datetime(2026, 3, 2, 9, 0), datetime(2026, 3, 2, 9, 1), None)
        datetime.datetime(2026, 3, 2, 10, 0)
        >>> hourly.next_due(datetime(2026, 3, 2, 9, 0), datetime(2026, 3, 2, 12, 30), None)
        datetime.datetime(2026, 3, 2, 13, 0)
        """
        if not self.repeat:
            return False
        following = self.repeat.due_at(due, working_time)
        for _missed in range(MOST_MISSED):
            if not following or following > now:
                return following
            following = self.repeat.due_at(following, working_time)
        return self.repeat.due_at(now, working_time)

    def may_repeat(self, rounds):
        """Tell whether the reminder fires again after so many times.

        >>> twice = Reminder(1, 2, Deadline("entry"), repeat=Deadline("entry", 1), repeat_times=2)
        >>> twice.may_repeat(1), twice.may_repeat(2)
        (True, False)
        """
        return bool(self.repeat) and (not self.repeat_times or rounds < self.repeat_times)
