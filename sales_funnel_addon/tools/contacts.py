"""Attempts to reach a client: how many a day, and what they are told apart by."""

from datetime import timedelta

#: Which channels count towards the quotas of a stage.
CALL_CHANNELS = ("phone",)
MESSAGE_CHANNELS = ("whatsapp", "email")

#: What a rule may ask about the contact attempts of a lead; each of them may change when an attempt is noted.
CONTACT_FACTS = frozenset({"funnel_contact_ids", "funnel_is_contacted", "funnel_is_reached", "funnel_is_below_quota"})


class Noted:
    """The attempt was noted already: finishing its activity does not note another one.

    It travels in the context, where a client can only put plain data, never an instance of this class.
    """


NOTED = Noted()


def missing_contacts(stage, counts):
    """Return how many calls and how many messages are missing on a day.

    :param stage: has ``call_quota`` and ``message_quota``
    :param dict counts: the attempts made on that day by channel

    >>> from odoo.addons.sales_funnel_addon.tools.funnel_rules import Stage
    >>> missing_contacts(Stage(1, call_quota=3, message_quota=1), {"phone": 1, "email": 2, "meeting": 9})
    (2, 0)
    """
    calls, messages = (sum(counts.get(name, 0) for name in names) for names in (CALL_CHANNELS, MESSAGE_CHANNELS))
    return max(stage.call_quota - calls, 0), max(stage.message_quota - messages, 0)


def round_up(moment, minutes=5):
    """Return the next moment at which the clock shows a multiple of so many minutes.

    >>> from datetime import datetime
    >>> round_up(datetime(2026, 3, 6, 14, 56, 1)), round_up(datetime(2026, 3, 6, 14, 55))
    (datetime.datetime(2026, 3, 6, 15, 0), datetime.datetime(2026, 3, 6, 14, 55))
    """
    past = timedelta(minutes=moment.minute % minutes, seconds=moment.second, microseconds=moment.microsecond)
    return moment - past + timedelta(minutes=minutes if past else 0)
