"""Who plays a role for a lead: pure functions over the assignments and over who is active."""

from dataclasses import dataclass
from datetime import date


@dataclass(frozen=True)
class LeadPeople:
    """What a role is resolved for: where a lead stands and who is responsible for it."""

    funnel_id: int | bool = False
    company_id: int | bool = False
    salesperson_id: int | bool = False
    head_id: int | bool = False


@dataclass(frozen=True)
class RolePeople:
    """The people of a role: who may act in it, and which of them are expected to.

    Both are tuples of user ids. Both are empty when nobody active is left, not even a head of sales.
    """

    members: tuple = ()
    performers: tuple = ()


@dataclass(frozen=True)
class Assignment:
    """One person who plays a role in a funnel, in a company, or everywhere, and who stands in for that person."""

    user_id: int
    substitute_id: int | bool = False
    team_id: int | bool = False
    company_id: int | bool = False
    absent_until: date | bool = False

    def is_for(self, team_id, company_id):
        """Tell whether the assignment was made for exactly this funnel, or for exactly this company."""
        return (self.team_id, bool(self.team_id) or self.company_id) == (team_id, bool(team_id) or company_id)

    def people(self, active_ids, today):
        """Return who may act and who is expected to.

        >>> Assignment(1, substitute_id=2).people({1, 2}, date(2026, 1, 5))
        RolePeople(members=(1, 2), performers=(1,))
        >>> Assignment(1, substitute_id=2, absent_until=date(2026, 1, 5)).people({1, 2}, date(2026, 1, 5))
        RolePeople(members=(1, 2), performers=(2,))
        >>> Assignment(1).people(set(), date(2026, 1, 5))
        RolePeople(members=(), performers=())
        """
        members = tuple(user_id for user_id in (self.user_id, self.substitute_id) if user_id in active_ids)
        absent = self.absent_until and today <= self.absent_until
        present = members[1:] if absent and self.user_id in members else members
        return RolePeople(members, present[:1])


@dataclass(frozen=True)
class Role:
    """A role; ``source`` says where its people come from: ``salesperson``, ``head`` or ``assigned``."""

    id: int
    source: str
    assignments: tuple = ()

    @property
    def user_ids(self):
        """Everybody who is named in an assignment."""
        return {user_id for item in self.assignments for user_id in (item.user_id, item.substitute_id) if user_id}

    def people(self, lead_people, active_ids, today):
        """Return the people of this role for a lead.

        The assignments of the funnel come first, then those of the company, then those for everybody. Where nobody is
        there to act, the head of sales stands in.

        :param LeadPeople lead_people: where the lead stands and who is responsible for it
        :param active_ids: the ids of the users who are active
        :param date today: the day for which absences count

        >>> where = LeadPeople(funnel_id=7, company_id=1, salesperson_id=10, head_id=11)
        >>> lawyer = Role(1, "assigned", (Assignment(20, team_id=7), Assignment(21, company_id=1)))
        >>> lawyer.people(where, {10, 11, 20, 21}, date(2026, 1, 5))
        RolePeople(members=(20,), performers=(20,))
        >>> lawyer.people(where, {10, 11, 21}, date(2026, 1, 5)).performers
        (21,)
        >>> lawyer.people(where, {10, 11}, date(2026, 1, 5)).performers
        (11,)
        >>> Role(2, "salesperson").people(where, {11}, date(2026, 1, 5)).performers
        (11,)
        """
        members = []
        for level in self._levels(lead_people):
            performers = []
            for people in (assignment.people(active_ids, today) for assignment in level):
                members += people.members
                performers += people.performers
            if performers:
                return RolePeople(tuple(dict.fromkeys(members)), tuple(dict.fromkeys(performers)))
        head = tuple({lead_people.head_id} & set(active_ids))
        return RolePeople(tuple(dict.fromkeys((*members, *head))), head)

    def _levels(self, lead_people):
        """Yield the assignments to look at, the closest first."""
        if self.source == "salesperson":
            yield (Assignment(lead_people.salesperson_id),)
        elif self.source == "assigned":
            for team_id, company_id in (
                (lead_people.funnel_id, False),
                (False, lead_people.company_id),
                (False, False),
            ):
                yield [assignment for assignment in self.assignments if assignment.is_for(team_id, company_id)]
