"""Attacks: texts that are no numbers and no addresses, and conversions that nobody should notice."""

import random
import string
import time

from odoo.exceptions import ValidationError

from ..test_repeat_clients import RepeatCase


class TestTexts(RepeatCase):
    def test_an_address_that_looks_like_the_key_of_a_contact(self):
        partner = self.env["res.partner"].create({"name": "Ivan", "email": "=1@example.com"})
        for address in ("=1@example.com", "=x@example.com", f"={partner.id}@example.com"):
            first, second = self.request(phone=False, email_from=address, count=2)
            self.assertTrue(second.is_repeat_client, address)
            self.assertEqual(first.is_repeat_client, address == partner.email)
        self.assertTrue(self.request(phone=False, partner_id=partner.id).is_repeat_client)

    def test_texts_without_end(self):
        dice = random.Random(1)
        letters = "".join(dice.choice(string.ascii_lowercase) for _number in range(2500))
        begun = time.monotonic()
        leads = self.request(phone=False, count=2, email_from=f"{letters}@example.com")
        leads |= self.request(count=2, phone="+7912 " * 20000)
        self.env.flush_all()
        self.assertFalse(any(leads.mapped("is_repeat_client")))
        self.assertLess(time.monotonic() - begun, 5, "texts without end hold everybody up")

    def test_many_addresses_in_one_field(self):
        known = self.request(self.oleg, phone=False, email_from="ivan@example.com")
        other = self.request(
            phone=False, email_from='"I" <IVAN@Example.com>; b@example.com, c@example.com/d@example.com'
        )
        self.assertTrue(other.is_repeat_client)
        self.assertFalse(known.is_repeat_client)
        self.assertTrue(self.request(phone=False, email_from="d@example.com").is_repeat_client)

    def test_digits_of_other_alphabets(self):
        self.request(self.oleg)
        for phone in (
            "８９１２３４５６７８９",
            "٨٩١٢٣٤٥٦٧٨٩",
            "8–912–345–67–89",
            "+7\u200b9123456789",
            "tel:89123456789;ext=5",
        ):
            self.assertTrue(self.request(phone=phone).is_repeat_client, phone)


class TestConversion(RepeatCase):
    def test_leaving_the_funnel_with_the_conversion(self):
        self.request(self.oleg)
        lead = self.as_salesperson(self.request())
        plain = self.env["crm.team"].create({"name": "Plain"})
        for values in ({"team_id": plain.id}, {"team_id": False}):
            with self.assertRaisesRegex(ValidationError, "Oleg has worked with this client"):
                lead.write({"type": "opportunity", **values})
