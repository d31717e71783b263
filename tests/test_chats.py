"""Chats about one deal: who makes them, who is in them, and what they begin with."""

from odoo.exceptions import AccessError, UserError
from odoo.fields import Command
from odoo.tests import new_test_user

from .common import FunnelCase
from .test_visits import VisitFactory


class TestChat(VisitFactory, FunnelCase):
    """A chat about one deal."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.manager_of_chats = new_test_user(cls.env, "comms", "base.group_user", name="Clara")
        cls.comms = cls.make_role("Communications manager", cls.manager_of_chats)
        cls.deals.chat_role_ids = cls.comms + cls.measurer
        cls.deals.user_id.lang = "en_US"

    def chat(self, deal):
        return deal.sudo().chat_channel_id

    def members(self, deal):
        return self.chat(deal).channel_member_ids.partner_id.user_ids

    def test_one_click_makes_the_chat(self):
        self.deals.resource_calendar_id = self.env["resource.calendar"].create({"name": "M", "tz": "Europe/Moscow"})
        need = self.env["funnel.option"].create({"name": "Storage", "kind": "general_need"})
        deal = self.make_visit(name="Kitchen", contact_name="Ivan <b>", general_need_ids=[Command.set(need.ids)])
        self.assertTrue(deal.funnel_can_chat)
        action = deal.action_funnel_chat()
        channel = self.chat(deal)
        self.assertEqual((action["tag"], action["context"]), ("mail.action_discuss", {"active_id": channel.id}))
        self.assertEqual((channel.name, channel.channel_type), ("Kitchen", "group"))
        self.assertEqual(self.members(deal), self.salesperson + self.engineer + self.manager_of_chats)
        message = channel.message_ids.filtered(lambda message: message.message_type == "comment")
        self.assertEqual(message.author_id, self.salesperson.partner_id)
        for words in (
            "Ivan &lt;b&gt;",
            "Perm, Lenina 1",
            "Storage",
            "14 May, 10:00",
            "Egor",
            f"/odoo/crm.lead/{deal.id}",
        ):
            self.assertIn(words, message.body)

    def test_the_second_click_opens_the_same(self):
        deal = self.make_visit()
        first = deal.action_funnel_chat()
        self.assertEqual(deal.with_user(self.manager_of_chats).action_funnel_chat(), first)
        self.assertEqual(len(self.chat(deal).message_ids.filtered(lambda m: m.message_type == "comment")), 1)
        deal.with_user(self.head).action_funnel_chat()
        self.assertIn(self.head, self.members(deal))

    def test_whoever_plays_a_role_makes_it_too(self):
        deal = self.make_visit()
        deal.with_user(self.manager_of_chats).action_funnel_chat()
        self.assertEqual(self.members(deal), self.salesperson + self.engineer + self.manager_of_chats)

    def test_only_the_engineer_who_goes(self):
        other = new_test_user(self.env, "other_engineer", "base.group_user", name="Olga")
        self.env["funnel.role.assignment"].create({"role_id": self.measurer.id, "user_id": other.id})
        deal = self.make_visit(measurement_user_id=other.id)
        deal.action_funnel_chat()
        self.assertEqual(self.members(deal), self.salesperson + other + self.manager_of_chats)
        deal.measurement_user_id = self.engineer
        self.assertIn(self.engineer, self.members(deal))

    def test_a_new_salesperson_joins(self):
        deal = self.make_visit()
        deal.action_funnel_chat()
        deal.with_user(self.head).user_id = self.stranger
        self.assertIn(self.stranger, self.members(deal))

    def test_in_the_language_of_the_funnel(self):
        self.env["res.lang"]._activate_lang("ru_RU")
        self.head.lang = "ru_RU"
        template = self.env["mail.template"].create(
            {"name": "Chat", "model_id": self.env["ir.model"]._get_id("crm.lead"), "body_html": "<p>Hello</p>"}
        )
        template.with_context(lang="ru_RU").body_html = "<p>Привет</p>"
        self.deals.chat_template_id = template
        deal = self.make_visit()
        deal.action_funnel_chat()
        self.assertIn("Привет", "".join(self.chat(deal).message_ids.mapped("body")))
        with self.assertRaisesRegex(AccessError, "only a funnel manager"):
            template.with_user(self.salesperson).body_html = "<p t-out='object.env.user'/>"

    def test_a_chat_does_a_task(self):
        template = self.make_task(self.estimate, "Open it", done_condition="[('chat_channel_id', '!=', False)]")
        deal = self.make_visit()
        self.assertEqual(self.task_of(deal, template).state, "open")
        deal.action_funnel_chat()
        self.assertEqual(self.task_of(deal, template).state, "done")

    def test_a_deleted_chat_can_be_made_again(self):
        deal = self.make_visit()
        deal.action_funnel_chat()
        self.chat(deal).unlink()
        deal.action_funnel_chat()
        self.assertTrue(self.chat(deal))

    def test_merging_keeps_the_chat(self):
        first, second = self.make_deal(probability=90), self.make_deal()
        second.action_funnel_chat()
        channel = self.chat(second)
        merged = (first | second).with_user(self.head).merge_opportunity()
        self.assertEqual(self.chat(merged), channel)

    def test_a_duplicate_has_no_chat(self):
        deal = self.make_deal()
        deal.action_funnel_chat()
        self.assertFalse(self.chat(deal.copy()))

    def test_strangers_neither_join_nor_read(self):
        deal = self.make_visit()
        for _time in range(2):
            with self.assertRaisesRegex(AccessError, "Only those who work on a deal"):
                deal.with_user(self.stranger).action_funnel_chat()
            self.assertNotIn(self.stranger, self.members(deal))
            deal.action_funnel_chat()
        channel = self.chat(deal).with_user(self.stranger)
        with self.assertRaises(AccessError):
            channel.read(["name"])
        with self.assertRaises(AccessError):
            channel.add_members(partner_ids=self.stranger.partner_id.ids)
        with self.assertRaises(AccessError):
            channel.message_post(body="Hello")
        self.assertFalse(deal.with_user(self.stranger).has_access("read"))

    def test_the_role_of_another_funnel_does_not_join(self):
        self.comms.assignment_ids.team_id = self.leads
        deal = self.make_visit()
        with self.assertRaises(AccessError):
            deal.with_user(self.manager_of_chats).action_funnel_chat()

    def test_a_funnel_without_chats(self):
        self.deals.chat_role_ids = False
        deal = self.make_deal()
        self.assertFalse(deal.funnel_can_chat)
        with self.assertRaisesRegex(UserError, "has no chats"):
            deal.action_funnel_chat()
