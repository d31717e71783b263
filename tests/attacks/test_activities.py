"""Attacks: activities that are tied to tasks of a checklist."""

from odoo.exceptions import AccessError
from odoo.tests import new_test_user

from ..common import FunnelCase


class TestActivitiesOfTasks(FunnelCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.todo = cls.env.ref("mail.mail_activity_data_todo")
        cls.template = cls.make_task(cls.estimate, "Call", activity_type_id=cls.todo.id)
        cls.deal = cls.make_deal()
        cls.task = cls.task_of(cls.deal, cls.template)
        cls.nobody = new_test_user(cls.env, "nobody", "base.group_user,base.group_partner_manager")

    def plan(self, user, **values):
        partner = self.env["res.partner"].create({"name": "Somebody"})
        return (
            self.env["mail.activity"]
            .with_user(user)
            .create(
                {
                    "res_model_id": self.env["ir.model"]._get_id("res.partner"),
                    "res_id": partner.id,
                    "activity_type_id": self.todo.id,
                    "user_id": user.id,
                    **values,
                }
            )
        )

    def test_an_activity_elsewhere_does_not_do_the_task(self):
        with self.assertRaises(AccessError):
            self.plan(self.nobody, funnel_task_id=self.task.id).action_feedback()
        self.assertEqual(self.task.state, "open")

    def test_an_activity_elsewhere_does_not_do_the_task_by_a_default(self):
        Activity = self.env["mail.activity"].with_context(default_funnel_task_id=self.task.id)
        activity = self.plan(self.nobody).with_env(Activity.with_user(self.nobody).env)
        with self.assertRaises(AccessError):
            activity.copy()
        self.assertFalse(self.task.sudo().activity_ids.copy().funnel_task_id)

    def test_an_activity_is_not_pointed_at_a_task(self):
        activity = self.plan(self.nobody)
        with self.assertRaises(AccessError):
            activity.write({"funnel_task_id": self.task.id})
            activity.action_feedback()
        self.assertEqual(self.task.state, "open")

    def test_an_activity_does_not_tell_what_the_task_is_called(self):
        self.deal.sudo().name = "Secret client"
        activity = self.plan(self.nobody)
        with self.assertRaises(AccessError):
            told = activity.web_save(
                {"funnel_task_id": self.task.id}, {"funnel_task_id": {"fields": {"display_name": {}}}}
            )
            self.assertNotIn("Secret client", str(told))

    def test_whoever_is_handed_the_activity_may_do_it(self):
        clara = new_test_user(self.env, "sale_clara", "sales_team.group_sale_salesman")
        activity = self.task.sudo().activity_ids
        activity.with_user(self.salesperson).user_id = clara
        activity.with_user(clara).action_feedback()
        self.assertEqual((self.task.state, self.task.user_id), ("done", clara))

    def test_the_next_activity_is_no_task(self):
        activity = self.task.sudo().activity_ids.with_user(self.salesperson)
        activity.action_feedback_schedule_next()
        self.assertEqual(self.task.state, "done")
        self.assertFalse(self.deal.activity_ids.funnel_task_id)

    def test_merging_leaves_no_activity_of_a_task_that_is_gone(self):
        other = self.make_deal()
        merged = (self.deal | other).with_user(self.head).merge_opportunity()
        self.assertEqual(len(merged.activity_ids), 1)
        self.assertEqual(merged.activity_ids.sudo().funnel_task_id, self.task_of(merged, self.template))

    def test_archiving_takes_the_tasks_off_the_list(self):
        self.deal.probability = 20
        self.deal.active = False
        self.assertEqual((self.deal.won_status, self.task.state), ("pending", "cancelled"))
        self.assertFalse(self.task.sudo().activity_ids)
        self.deal.active = True
        self.assertEqual(self.task.state, "open")
        self.assertTrue(self.task.sudo().activity_ids)

    def test_a_funnel_that_becomes_a_team_has_no_tasks(self):
        self.deals.funnel_kind = False
        self.assertEqual(self.task.state, "cancelled")
        self.assertFalse(self.task.sudo().activity_ids)

    def test_people_outside_the_funnels_delete_what_has_nothing_to_do_with_them(self):
        activity = self.plan(self.nobody)
        activity.unlink()
        partner = self.env["res.partner"].create({"name": "Gone"})
        partner.with_user(self.nobody).unlink()
        self.assertFalse(activity.exists() or partner.exists())
