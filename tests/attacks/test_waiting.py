"""Attacks: people and states of tasks that change while somebody waits for them."""

from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.fields import Command
from odoo.tests import new_test_user

from ..common import FunnelCase


class TestWaiting(FunnelCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.lawyer = new_test_user(cls.env, "lawyer", "base.group_user", name="Lena")
        cls.role = cls.make_role("Lawyer", cls.lawyer)

    def test_role_archived_while_waiting(self):
        template = self.make_approval(self.estimate, self.role)
        deal = self.make_deal()
        task = self.task_of(deal, template)
        task.action_request()
        self.role.active = False
        task.with_user(self.lawyer).action_approve()
        deal.stage_id = self.measurement
        self.assertEqual(task.user_id, self.lawyer)

    def test_role_people_lose_internal_rights(self):
        template = self.make_approval(self.estimate, self.role)
        deal = self.make_deal()
        task = self.task_of(deal, template)
        task.action_request()
        self.lawyer.active = False
        self.env.flush_all()
        task.with_user(self.head).action_approve()
        self.assertEqual(task.state, "approved")

    def test_two_approvers(self):
        other = new_test_user(self.env, "lawyer2", "base.group_user")
        self.role.assignment_ids = [Command.create({"user_id": other.id})]
        template = self.make_approval(self.estimate, self.role)
        deal = self.make_deal()
        task = self.task_of(deal, template)
        task.action_request()
        task.with_user(self.lawyer).action_approve()
        task.with_user(other).write({"state": "refused", "comment": "no"})
        self.assertFalse(task.sudo().activity_ids)

    def test_kind_change_does_not_turn_a_tick_into_an_approval(self):
        template = self.make_task(self.estimate, "Agreed", role_id=False)
        deal = self.make_deal()
        self.task_of(deal, template).action_do()
        template.write({"kind": "approval", "role_id": self.role.id})
        with self.assertRaisesRegex(ValidationError, "Needs an approval: Agreed"):
            deal.stage_id = self.measurement
        self.task_of(deal, template).action_request()
        self.task_of(deal, template).with_user(self.lawyer).action_approve()
        deal.stage_id = self.measurement

    def test_read_group_over_the_lead(self):
        self.make_task(self.estimate, "Load", role_id=self.role.id)
        self.make_leads(self.deals, name="Hid", user_id=self.head.id, expected_revenue=5)
        Task = self.env["funnel.task"].with_user(self.salesperson)
        self.assertFalse(Task.formatted_read_group([], ["lead_id", "lead_user_id"], ["__count"]))
        self.assertFalse(Task.search([("lead_revenue", "=", 5)]))
        self.assertFalse(Task.name_search("Hid"))
        self.assertFalse(
            self.env["crm.lead"].with_user(self.salesperson).search([("funnel_task_ids.lead_name", "=", "Hid")])
        )
        self.assertFalse(self.env["res.users"].with_user(self.salesperson)._count_funnel_tasks()["todo"]["open_count"])

    def test_activity_search_over_tasks(self):
        todo = self.env.ref("mail.mail_activity_data_todo")
        self.make_task(self.estimate, "Load", role_id=self.role.id, activity_type_id=todo.id)
        self.make_leads(self.deals, name="Hid", user_id=self.head.id)
        found = self.env["mail.activity"].with_user(self.salesperson).search([("funnel_task_id.lead_name", "=", "Hid")])
        self.assertFalse(found)

    def test_an_approved_comment_is_not_rewritten(self):
        template = self.make_approval(self.estimate, self.role)
        deal = self.make_deal()
        task = self.task_of(deal, template)
        task.with_user(self.lawyer).write({"state": "approved", "comment": "Up to 100"})
        deal.sudo().action_set_lost(lost_reason_id=self.price.id)
        with self.assertRaises(UserError):
            task.with_user(self.lawyer).write({"comment": "Up to 1000000"})

    def test_the_person_who_asks_cannot_write_the_verdict(self):
        template = self.make_approval(self.estimate, self.role)
        deal = self.make_deal()
        task = self.task_of(deal, template)
        task.action_request()
        with self.assertRaises(AccessError):
            task.write({"comment": "boss said ok"})

    def test_a_role_user_posts_nothing(self):
        self.make_task(self.estimate, "Load", role_id=self.role.id)
        deal = self.make_deal()
        with self.assertRaises(AccessError):
            deal.with_user(self.lawyer).message_post(body="x")

    def test_a_role_user_changes_no_activity_of_others(self):
        self.make_task(self.estimate, "Load", role_id=self.role.id)
        deal = self.make_deal()
        activity = deal.activity_schedule("mail.mail_activity_data_todo", user_id=self.salesperson.id)
        with self.assertRaises(AccessError):
            activity.with_user(self.lawyer).unlink()

    def test_assigning_archived_or_outside(self):
        portal = new_test_user(self.env, "portalx", "base.group_portal")
        public = self.env.ref("base.public_user")
        for user in (portal, public):
            with self.assertRaises(ValidationError), self.env.cr.savepoint():
                self.env["funnel.role.assignment"].with_user(self.manager).create(
                    {"role_id": self.role.id, "user_id": user.id}
                )
            self.assertFalse(user.has_group("sales_funnel_addon.group_funnel_user"))
        for values in (
            {"user_id": portal.id},
            {"substitute_id": portal.id},
        ):
            with self.assertRaises(ValidationError), self.env.cr.savepoint():
                self.role.assignment_ids.with_user(self.manager).write(values)

    def test_a_lead_moves_while_its_template_changes_kind_of_requested(self):
        template = self.make_approval(self.estimate, self.role)
        deal = self.make_deal()
        task = self.task_of(deal, template)
        task.action_request()
        template.write({"kind": "todo", "role_id": False})
        task.action_do()
        deal.stage_id = self.measurement
        self.assertEqual(task.state, "done")

    def test_copying_configuration(self):
        self.make_task(self.estimate, "Load")
        stage = self.estimate.copy()
        self.assertEqual(len(stage.task_template_ids), 1)
        self.assertEqual(self.role.copy().assignment_ids.user_id, self.lawyer)
        self.assertFalse(stage.task_template_ids.task_ids)

    def test_reopening_plans_again(self):
        todo = self.env.ref("mail.mail_activity_data_todo")
        template = self.make_task(self.estimate, "Load", activity_type_id=todo.id)
        approval = self.make_approval(self.estimate, self.role, request_on_entry=True)
        deal = self.make_deal()
        deal.action_set_lost(lost_reason_id=self.price.id)
        self.assertFalse(deal.sudo().funnel_task_ids.activity_ids)
        deal.action_unarchive()
        self.assertEqual(self.task_of(deal, template).state, "open")
        self.assertEqual(self.task_of(deal, approval).state, "requested")
        self.assertEqual(len(deal.sudo().funnel_task_ids.activity_ids), 2)
        self.assertEqual(len(deal.sudo().activity_ids), 2)

    def test_lost_and_deleted(self):
        todo = self.env.ref("mail.mail_activity_data_todo")
        self.make_task(self.estimate, "Load", activity_type_id=todo.id)
        deal = self.make_deal()
        task, activity = deal.sudo().funnel_task_ids, deal.sudo().activity_ids
        self.assertTrue(task and activity)
        deal.sudo().unlink()
        self.assertFalse(task.exists() or activity.exists())
