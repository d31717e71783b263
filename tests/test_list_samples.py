"""The sample of a list: it is judged once, and everybody concerned is told once."""

from unittest.mock import patch

from odoo.exceptions import AccessError, UserError
from odoo.tests import new_test_user
from odoo.tools import mute_logger

from .cold_lists import ListCase


class TestSamples(ListCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.marketer = new_test_user(cls.env, "marketer", "base.group_user", name="Maria", email="maria@example.com")
        cls.marketing = cls.make_role("Advertising", cls.marketer)
        cls.leads.list_role_ids = cls.marketing
        cls.base = cls.make_list("Base")

    def messages(self, cold_list=None):
        """Return what people were told about a list."""
        domain = [("model", "=", "funnel.list"), ("res_id", "=", (cold_list or self.base).id)]
        domain += [
            ("message_type", "=", "user_notification"),
            "|",
            ("subject", "like", "paused"),
            ("subject", "like", "пауз"),
        ]
        return self.env["mail.message"].search(domain)

    def told(self):
        return self.messages().notified_partner_ids

    def test_the_roles_of_the_funnel_are_told_unless_the_list_says_otherwise(self):
        self.assertEqual(self.base.role_ids, self.marketing)
        self.assertFalse(self.make_list("Quiet", role_ids=[]).role_ids)

    def test_nothing_happens_before_the_sample_is_complete(self):
        self.refuse(self.fill(self.base, 3))
        self.assertEqual((self.base.state, self.base.sample_count), ("sampling", 3))
        self.assertFalse(self.messages())

    def test_a_bad_sample_pauses_the_list_and_tells_everybody_concerned(self):
        leads = self.fill(self.base, 6)
        self.refuse(leads[0], self.spam)
        self.refuse(leads[1:3])
        self.assertEqual(self.base.state, "sampling")
        self.refuse(leads[3])
        self.assertEqual((self.base.state, self.base.sample_count, self.base.sample_conversion), ("paused", 4, 0))
        self.assertEqual(self.told(), (self.head + self.owner + self.marketer).partner_id)
        message = self.messages()
        self.assertEqual(len(message), 1)
        self.assertIn("“Base” is paused", message.subject)
        for text in ("No need", "Spam", "(junk)", "0.0", "50.0"):
            self.assertIn(text, message.body)

    def test_a_good_sample_is_passed_and_nobody_is_told(self):
        leads = self.fill(self.base, 4)
        self.convert(leads[:2])
        self.refuse(leads[2:])
        self.assertEqual((self.base.state, self.base.sample_conversion), ("running", 50))
        self.assertFalse(self.messages())

    def test_a_batch_that_jumps_over_the_size_is_judged_once(self):
        leads = self.fill(self.base, 9)
        self.refuse(leads[:3])
        self.refuse(leads[3:])
        self.assertEqual((self.base.state, self.base.sample_count), ("paused", 9))
        self.assertEqual(len(self.messages()), 1)

    def test_a_judged_list_is_not_judged_again(self):
        leads = self.fill(self.base, 9)
        self.refuse(leads[:4])
        self.base.with_user(self.head).action_resume("Try the rest")
        self.assertEqual(self.base.state, "running")
        self.refuse(leads[4:])
        self.assertEqual((self.base.state, self.base.sample_count), ("running", 4))
        self.assertEqual(len(self.messages()), 1)

    def test_a_reopened_lead_is_not_processed(self):
        leads = self.fill(self.base, 4)
        self.refuse(leads[:3])
        leads[:1].action_restore()
        self.assertEqual(self.base.sample_count, 2)
        self.refuse(leads[3])
        self.assertEqual(self.base.state, "sampling")

    def test_a_smaller_sample_is_judged_at_once(self):
        self.refuse(self.fill(self.base, 3))
        self.base.with_user(self.head).sample_size = 3
        self.assertEqual(self.base.state, "paused")

    def test_a_list_that_expects_nothing_is_never_paused(self):
        self.base.threshold = 0
        self.refuse(self.fill(self.base, 4))
        self.assertEqual(self.base.state, "running")

    def test_each_is_told_in_their_language(self):
        self.env["res.lang"]._activate_lang("ru_RU")
        self.head.lang = "ru_RU"
        template = self.env.ref("sales_funnel_addon.mail_template_list_paused")
        template.with_context(lang="ru_RU").subject = "База «{{ object.name }}» на паузе"
        self.refusal.with_context(lang="ru_RU").name = "Не нужно"
        self.refuse(self.fill(self.base, 4))
        russian = self.messages().filtered(lambda message: message.notified_partner_ids == self.head.partner_id)
        self.assertEqual(russian.subject, "База «Base» на паузе")
        self.assertIn("Не нужно", russian.body)
        others = self.messages() - russian
        self.assertEqual(others.notified_partner_ids, (self.owner + self.marketer).partner_id)
        self.assertIn("No need", others.body)

    def test_open_web_clients_show_it(self):
        self._reset_bus()
        self.refuse(self.fill(self.base, 4))
        self.env.cr.precommit.run()
        notices = self.env["bus.bus"].search([("message", "ilike", "simple_notification")])
        self.assertEqual(len(notices), 3)
        self.assertTrue(all("Base" in notice.message and "warning" in notice.message for notice in notices))

    def _reset_bus(self):
        self.env.cr.precommit.run()
        self.env["bus.bus"].search([]).unlink()

    @mute_logger("odoo.addons.sales_funnel_addon.models.funnel_list_sample_mixin")
    def test_a_broken_template_keeps_nobody_from_losing_a_lead(self):
        with patch.object(self.env.registry["mail.template"], "_render_field", side_effect=ValueError("Broken")):
            self.refuse(self.fill(self.base, 4))
        self.assertEqual(self.base.state, "paused")
        self.assertIn("0.0 % became deals", self.messages().body)

    def test_archived_and_foreign_people_are_not_told(self):
        self.owner.active = False
        company = self.env["res.company"].create({"name": "Other"})
        self.leads.company_id = self.env.company
        self.marketer.write({"company_ids": [(6, 0, company.ids)], "company_id": company.id})
        self.refuse(self.fill(self.base, 4))
        self.assertEqual(self.told(), self.head.partner_id)


class TestPauseByHand(ListCase):
    def test_only_the_head_resumes(self):
        self.restaurants.with_user(self.owner).action_pause("Wrong phone numbers")
        self.assertEqual(self.restaurants.state, "paused")
        self.assertIn("Wrong phone numbers", self.restaurants.message_ids[:1].body)
        for user in (self.owner, self.salesperson):
            with self.assertRaisesRegex(AccessError, "head of the funnel"):
                self.restaurants.with_user(user).action_resume("Mended")
        self.restaurants.with_user(self.head).action_resume("Mended")
        self.assertEqual(self.restaurants.state, "sampling", "its sample goes on")
        self.assertIn("Mended", "".join(self.restaurants.message_ids.mapped("body")))

    def test_a_note_is_needed_and_the_state_has_to_fit(self):
        cold_list = self.restaurants.with_user(self.head)
        for note in (False, "", "  ", 3):
            with self.assertRaisesRegex(UserError, "Write a note"):
                cold_list.action_pause(note)
        with self.assertRaisesRegex(UserError, "is not paused"):
            cold_list.action_resume("Go on")
        cold_list.action_pause("Wait")
        with self.assertRaisesRegex(UserError, "is paused already"):
            cold_list.action_pause("Wait")

    def test_the_dialog_resumes(self):
        cold_list = self.restaurants.with_user(self.head)
        cold_list.action_pause("Wait")
        action = cold_list.action_ask_resume()
        wizard = self.env["funnel.list.state"].with_user(self.head).with_context(**action["context"])
        wizard.create({"note": "Go on"}).action_apply()
        self.assertEqual(cold_list.state, "sampling")

    def test_a_list_paused_by_hand_stays_paused_after_its_sample(self):
        leads = self.fill(self.restaurants, 4, user_id=self.oleg.id)
        self.restaurants.with_user(self.head).action_pause("Wait")
        self.convert(leads)
        self.assertEqual((self.restaurants.state, bool(self.restaurants.judged_at)), ("paused", True))
        self.restaurants.with_user(self.head).action_resume("Good after all")
        self.assertEqual(self.restaurants.state, "running")
