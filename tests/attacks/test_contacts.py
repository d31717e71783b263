"""Attacks: contact attempts that are forged, and hostile arguments."""

from odoo.exceptions import AccessError, UserError
from odoo.fields import Command

from ..common import FunnelCase


class TestForgedContacts(FunnelCase):
    """Nobody rewrites what others have noted, or breaks anything by what they say."""

    def test_attempts_of_others_are_not_rewritten(self):
        deal = self.make_deal()
        contact = self.env["funnel.contact"].create(
            {"lead_id": deal.id, "user_id": self.head.id, "outcome": "no_answer", "note": "Nobody"}
        )
        other = self.make_deal()
        for values in (
            {"outcome": "reached"},
            {"note": "x"},
            {"date": "2020-01-01"},
            {"lead_id": other.id},
            {"user_id": self.salesperson.id},
        ):
            with self.subTest(values=values), self.assertRaises(AccessError), self.env.cr.savepoint():
                contact.with_user(self.salesperson).write(values)
            with self.subTest(values=values), self.assertRaises(AccessError), self.env.cr.savepoint():
                deal.write({"funnel_contact_ids": [Command.update(contact.id, values)]})
        contact.with_user(self.manager).note = "Wrote"

    def test_hostile_arguments(self):
        deal = self.make_deal()
        self.salesperson.tz = "Pacific/Auckland"
        for args in (
            {"outcome": "call_back", "call_date": {"a": 1}},
            {"outcome": "call_back", "call_date": ["2030-01-01"]},
            {"outcome": "call_back", "call_date": 5},
            {"outcome": "call_back", "call_date": True},
            {"outcome": "call_back", "call_date": "9999-12-31 23:59:59"},
            {"outcome": "call_back", "call_date": "0001-01-01 00:00:00"},
            {"outcome": {}},
            {"outcome": []},
            {"outcome": "__class__"},
            {"outcome": "reached", "channel": {}},
            {"outcome": "reached", "note": {"a": 1}},
            {"outcome": "reached", "note": 5},
        ):
            with self.subTest(args=args), self.assertRaises(UserError), self.env.cr.savepoint():
                deal.funnel_log_contact(**args)
