"""Repeat clients: who is recognised, what a reader is told, and who is told."""

import random
from datetime import datetime
from unittest.mock import patch

from freezegun import freeze_time
from odoo.exceptions import AccessError
from odoo.fields import Command
from odoo.tests import new_test_user

from .common import ADDON, FunnelCase

PHONE, SPELLINGS = "+7 912 345-67-89", ("8 (912) 345-67-89", "79123456789", "8-912-345-67-89 доб. 4", "9123456789")
MARCH = datetime(2026, 3, 5, 9, 0)


class RepeatCase(FunnelCase):
    """Leads of Anna and of Oleg, who is in the other team, and a secretary who is told."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.env.company.country_id = cls.env.ref("base.ru")
        cls.oleg = new_test_user(cls.env, "sale_oleg", "sales_team.group_sale_salesman", name="Oleg")
        cls.secretary = new_test_user(cls.env, "sonja", f"{ADDON}.group_funnel_user", name="Sonja")
        cls.role = cls.make_role("Office", cls.secretary)
        (cls.leads | cls.deals).write({"repeat_role_id": cls.role.id})
        cls.leads.user_id = cls.head

    @classmethod
    def request(cls, user=None, team=None, count=1, **values):
        """Create requests of a salesperson; by default one of Anna, with the phone number that all tests use."""
        user = cls.salesperson if user is None else user
        return cls.make_leads(team or cls.leads, count, **{"user_id": user.id, "phone": PHONE, **values})

    def told(self, *leads):
        """Return who is told of the leads, or was."""
        ids = [lead.id for lead in leads]
        found = self.env["funnel.delivery"].search([("timer_id", "=", False), ("lead_id", "in", ids)])
        return found.user_id


class TestRecognition(RepeatCase):
    def test_any_spelling_of_a_phone_number(self):
        first = self.request()
        for spelling in SPELLINGS:
            with self.subTest(spelling):
                self.assertTrue(self.request(phone=spelling).is_repeat_client)
        self.assertFalse(first.is_repeat_client)
        self.assertFalse(self.request(phone="8 (912) 345-67-88").is_repeat_client)

    def test_one_of_several_numbers(self):
        self.request(phone="8 495 123-45-67; +44 20 7946 0958")
        self.assertTrue(self.request(phone="+442079460958").is_repeat_client)
        self.assertTrue(self.request(phone="(495) 123 45 67").is_repeat_client)

    def test_email(self):
        self.request(phone=False, email_from="Ivan Petrov <Ivan@Example.com>")
        self.assertTrue(self.request(phone=False, email_from="ivan@example.COM").is_repeat_client)
        self.assertFalse(self.request(phone=False, email_from="ivan+shop@example.com").is_repeat_client)

    def test_nothing_is_no_client(self):
        blank = {"phone": " ", "email_from": ""}
        self.assertFalse(any(self.request(count=3, **blank).mapped("is_repeat_client")))
        self.assertFalse(any(self.request(count=3, phone="000", email_from="-").mapped("is_repeat_client")))

    def test_more_than_twenty_lost_and_archived(self):
        old = self.request(self.oleg, self.deals, 30)
        old[:10].action_set_lost(lost_reason_id=self.price.id)
        old[10:].action_archive()
        lead = self.request(phone=SPELLINGS[0])
        self.assertTrue(lead.is_repeat_client)
        self.assertIn("30 earlier requests", lead.repeat_summary)

    def test_within_one_import(self):
        rows = [["Ivan", PHONE], ["Peter", "+7 903 111-22-34"], ["I. Petrov", SPELLINGS[0]]]
        context = {"import_file": True, "default_team_id": self.leads.id}
        found = self.env["crm.lead"].with_context(**context).load(["name", "phone"], rows)
        self.assertFalse(found["messages"])
        leads = self.env["crm.lead"].browse(found["ids"])
        self.assertEqual(leads.mapped("is_repeat_client"), [False, False, True])

    def test_leads_of_ordinary_teams_count_and_stay_as_they_are(self):
        stock = self.env["crm.lead"].create({"name": "Stock", "phone": PHONE, "team_id": False})
        self.assertTrue(self.request().is_repeat_client)
        self.assertFalse(self.env["crm.lead"].create({"name": "Stock", "phone": PHONE}).is_repeat_client)
        self.assertFalse(stock.is_repeat_client)

    def test_contacts(self):
        self.env["res.partner"].create({"name": "Ivan", "phone": SPELLINGS[1], "user_id": self.oleg.id})
        lead = self.request()
        self.assertTrue(lead.is_repeat_client)
        self.assertIn("a contact of Oleg", lead.repeat_summary)
        self.assertEqual(self.told(lead), self.secretary)
        archived = self.env["res.partner"].create({"name": "P", "email": "p@example.com", "active": False})
        self.assertTrue(self.request(phone=False, email_from=archived.email).is_repeat_client)

    def test_the_contact_of_the_lead_itself_proves_nothing(self):
        partner = self.env["res.partner"].create({"name": "Ivan", "phone": PHONE})
        self.assertFalse(self.request(partner_id=partner.id).is_repeat_client)
        self.assertTrue(self.request(partner_id=partner.id).is_repeat_client, "another request of the same contact")

    def test_a_colleague_is_no_client(self):
        self.oleg.partner_id.phone = PHONE
        self.assertFalse(self.request().is_repeat_client)

    def test_nobody_can_write_what_is_matched(self):
        lead = self.as_salesperson(self.request())
        lead.write({"is_repeat_client": True, "client_keys": "+7", "repeat_approved_by_id": self.salesperson.id})
        lead.invalidate_recordset()
        self.assertFalse(lead.is_repeat_client or lead.repeat_approved_by_id)
        self.assertEqual(lead.client_keys, "+79123456789")

    def test_random_spellings(self):
        """Whatever stands between the digits, the same number is the same client, and another one is not."""
        numbers = random.Random(7)
        for _round in range(20):
            digits = f"9{numbers.randrange(10**8, 10**9)}"
            first = self.request(phone="+7" + digits)
            noisy = numbers.choice(["8", "+7", "7", "+7 ", "8 "]) + "".join(
                digit + numbers.choice(["", "", " ", "-", " ("]) for digit in digits
            )
            other = digits[:-1] + str((int(digits[-1]) + 1) % 10)
            found, missed = self.request(phone=noisy), self.request(phone="8" + other)
            self.assertTrue(found.is_repeat_client, f"{noisy} is {first.phone}")
            self.assertFalse(missed.is_repeat_client, f"{other} is not {first.phone}")


class TestChanges(RepeatCase):
    def test_another_number(self):
        known = self.request(self.oleg)
        lead = self.request(phone="+7 903 111-22-34")
        self.assertFalse(lead.is_repeat_client)
        self.as_salesperson(lead).phone = SPELLINGS[0]
        self.assertTrue(lead.is_repeat_client)
        self.assertEqual(self.told(lead), self.secretary)
        self.as_salesperson(lead).phone = "+7 903 111-22-34"
        self.assertFalse(lead.is_repeat_client or known.is_repeat_client)

    def test_who_was_there_first(self):
        """A number that is added to a request makes the later one a repeat client, not the earlier one."""
        first = self.request(self.oleg, phone=False, email_from="ivan@example.com")
        later = self.request()
        first.phone = PHONE
        self.assertFalse(first.is_repeat_client)
        self.assertTrue(later.is_repeat_client)
        self.assertEqual(self.told(later, first), self.secretary)

    def test_many_at_once(self):
        self.request(self.oleg)
        leads = self.request(phone=False, count=3)
        leads.write({"phone": PHONE})
        self.assertEqual(leads.mapped("is_repeat_client"), [True] * 3)

    def test_a_contact_that_gets_another_number(self):
        partner = self.env["res.partner"].create({"name": "Ivan", "phone": "+7 903 111-22-34"})
        lead = self.request(phone=False, partner_id=partner.id)
        self.request(self.oleg, phone="+7 916 222-33-44")
        partner.phone = "+7 916 222-33-44"
        self.assertEqual(lead.client_keys, "+79162223344")
        newest = self.request(phone="8 916 222 33 44")
        self.assertIn("2 earlier requests", newest.repeat_summary)

    def test_what_is_merged_or_deleted_no_longer_counts(self):
        first, second, third = self.request(count=3)
        self.assertEqual((first | second | third).mapped("is_repeat_client"), [False, True, True])
        first.unlink()
        self.assertEqual((second | third).mapped("is_repeat_client"), [False, True])
        merged = (second | third).merge_opportunity()
        self.assertFalse(merged.is_repeat_client)

    def test_a_copy_is_a_request_of_its_own(self):
        lead = self.request()
        self.assertTrue(lead.copy().is_repeat_client)


class TestTelling(RepeatCase):
    def deliver(self):
        """Send what waits, and return the messages to the secretary."""
        self.env["funnel.delivery"]._deliver_pending()
        return self.env["funnel.delivery"].search([("user_id", "=", self.secretary.id)]).message_id

    def test_own_clients_are_nobody_elses_business(self):
        self.request()
        lead = self.request()
        self.assertTrue(lead.is_repeat_client)
        self.assertFalse(self.told(lead))
        self.assertFalse(lead.repeat_is_foreign)

    def test_the_secretary_is_told_once(self):
        self.request(self.oleg)
        lead = self.request()
        self.assertEqual(self.told(lead), self.secretary)
        [message] = self.deliver()
        self.assertEqual(message.partner_ids, self.secretary.partner_id)
        self.assertIn("Oleg", message.body)
        lead.phone = SPELLINGS[0] + ", 8 495 123-45-67"
        lead.stage_id = self.talk
        self.role.assignment_ids.user_id = self.head
        lead.phone = PHONE
        self.assertEqual(self.deliver(), message)
        self.assertEqual(self.told(lead), self.secretary)

    def test_the_secretary_reads_it_in_her_language(self):
        self.env["res.lang"]._activate_lang("fr_FR")
        self.secretary.lang = "fr_FR"
        template = self.env.ref(f"{ADDON}.mail_template_repeat_client")
        template.with_context(lang="fr_FR").subject = "Client connu : {{ object.name }}"
        self.request(self.oleg)
        self.request()
        self.assertEqual(self.deliver().subject, "Client connu : Lead 0")

    def test_the_secretary_may_open_what_she_was_told_of(self):
        known = self.request(self.oleg)
        lead = self.request()
        self.assertEqual(lead.with_user(self.secretary).name, "Lead 0")
        self.assertIn("Oleg", lead.with_user(self.secretary).repeat_summary)
        with self.assertRaises(AccessError):
            known.with_user(self.secretary).read(["name"])
        lead.action_set_lost(lost_reason_id=self.make_reason("Junk", self.leads).id)
        with self.assertRaises(AccessError):
            lead.with_user(self.secretary).read(["name"])

    def test_an_import_comes_as_one_list(self):
        self.request(self.oleg)
        leads = self.request(count=12)
        [message] = self.deliver()
        self.assertIn("12", message.subject)
        self.assertEqual(self.told(*leads), self.secretary)

    def test_whoever_types_it_in_needs_no_message(self):
        self.role.assignment_ids.user_id = self.salesperson
        self.request(self.oleg)
        lead = (
            self.env["crm.lead"]
            .with_user(self.salesperson)
            .create({"name": "Mine", "team_id": self.leads.id, "user_id": self.salesperson.id, "phone": PHONE})
        )
        self.assertTrue(lead.is_repeat_client)
        self.assertFalse(self.told(lead))

    def test_without_a_role_nobody_is_told(self):
        self.leads.repeat_role_id = False
        self.request(self.oleg)
        self.assertFalse(self.told(self.request()))


class TestWords(RepeatCase):
    def test_what_a_salesperson_reads_of_leads_they_cannot_open(self):
        with freeze_time(MARCH), patch.object(self.env.cr, "_now", MARCH):
            secret = self.request(self.oleg, self.deals, name="Secret kitchen", description="Pays cash")
            secret.action_set_lost(lost_reason_id=self.price.id)
            self.env.flush_all()
        lead = self.as_salesperson(self.request())
        self.assertEqual(lead.repeat_summary, "Repeat client: 1 earlier request, with Oleg, March 2026, lost: Price")
        self.assertTrue(lead.repeat_is_foreign)
        history = lead.repeat_history
        for text in ("Oleg", "Kitchens", "Estimate", "lost: Price", "03/05/2026"):
            self.assertIn(text, history)
        for text in ("Secret", "cash", f"/{secret.id}"):
            self.assertNotIn(text, history)
        self.assertIn(f"/odoo/crm.lead/{secret.id}", lead.with_user(self.head).repeat_history)

    def test_the_states_of_a_request(self):
        won, archived, _open = self.request(self.oleg, self.deals, 3)
        won.action_set_won()
        archived.active = False
        history = self.request().repeat_history
        for text in ("won", "archived", "open: Estimate"):
            self.assertIn(text, history)

    def test_names_are_no_markup(self):
        self.oleg.name = "<b>Oleg</b>"
        self.request(self.oleg)
        self.assertIn("&lt;b&gt;Oleg", self.request().repeat_history)

    def test_a_long_history_is_counted(self):
        self.request(count=25)
        history = self.request().repeat_history
        self.assertEqual(history.count("<tr>"), 21)
        self.assertRegex(history, r"earlier ones:\s*5")

    def test_while_the_number_is_typed_in(self):
        self.request(self.oleg)
        lead = self.env["crm.lead"].with_user(self.salesperson).new({"phone": SPELLINGS[0], "team_id": self.leads.id})
        self.assertIn("Oleg", lead.repeat_summary)
        self.assertNotIn("Oleg", str(lead.new({"phone": "112", "team_id": self.leads.id}).repeat_summary))

    def test_filter(self):
        self.request()
        lead = self.request()
        found = lead.search([("is_repeat_client", "=", True), ("team_id", "=", self.leads.id)])
        self.assertEqual(found, lead)


class TestCompanies(RepeatCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.other = cls.env["res.company"].create({"name": "Other", "country_id": cls.env.ref("base.ru").id})
        cls.env.user.company_ids += cls.other
        cls.foreign_team = cls.make_funnel("Other requests", "lead", ["New"], company_id=cls.other.id)
        cls.foreigner = new_test_user(
            cls.env,
            "foreigner",
            "sales_team.group_sale_salesman",
            name="Zoe",
            company_id=cls.other.id,
            company_ids=[Command.set(cls.other.ids)],
        )

    def test_clients_of_another_company_stay_there(self):
        self.request(self.foreigner, self.foreign_team, company_id=self.other.id)
        self.env["res.partner"].create({"name": "Ivan", "phone": PHONE, "company_id": self.other.id})
        lead = self.request(company_id=self.env.company.id)
        self.assertFalse(lead.is_repeat_client)
        shared = self.request(company_id=False)
        self.assertTrue(shared.is_repeat_client)
        self.assertNotIn("Zoe", self.as_salesperson(shared).repeat_history)

    def test_what_belongs_to_no_company_counts_everywhere(self):
        shared = self.env["crm.lead"].create({"name": "Shared", "phone": PHONE, "team_id": False, "user_id": False})
        shared.company_id = False
        self.assertTrue(self.request(company_id=self.env.company.id).is_repeat_client)
        self.assertTrue(self.request(self.foreigner, self.foreign_team, company_id=self.other.id).is_repeat_client)
