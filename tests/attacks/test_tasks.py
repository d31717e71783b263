"""Attempts to get past tasks, approvals and transitions with what a client can send."""

from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.fields import Command
from odoo.tests import new_test_user

from ..common import FunnelCase


class TestForgedTasks(FunnelCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.lawyer = new_test_user(cls.env, "lawyer", "base.group_user", name="Lena")
        cls.role = cls.make_role("Lawyer", cls.lawyer)
        cls.approval = cls.make_approval(cls.estimate, cls.role)
        cls.todo = cls.make_task(cls.estimate, "Load", role_id=cls.role.id)
        cls.deal = cls.make_deal()
        cls.task = cls.task_of(cls.deal, cls.approval)
        cls.clara = new_test_user(cls.env, "sale_clara", "sales_team.group_sale_salesman", name="Clara")

    def refuse(self, exception=UserError):
        return self.assertRaises(exception)

    def test_writing_the_state(self):
        for values in (
            {"state": "approved"},
            {"state": "done"},
            {"state": "cancelled"},
            {"state": "nonsense"},
            {"state": "refused", "comment": "x"},
            {"state": "open", "user_id": self.lawyer.id},
            {"user_id": self.lawyer.id},
            {"template_id": False},
            {"lead_id": self.make_deal().id},
            {"stage_id": self.contract.id},
            {"deadline": "2030-01-01"},
            {"comment": "Approved by phone"},
        ):
            with self.subTest(values), self.refuse():
                self.task.write(values)
            with self.subTest(values), self.refuse():
                self.deal.write({"funnel_task_ids": [Command.update(self.task.id, values)]})

    def test_getting_rid_of_a_task(self):
        with self.refuse(AccessError):
            self.task.unlink()
        for command in (Command.delete(self.task.id), Command.unlink(self.task.id), Command.clear(), Command.set([])):
            with self.subTest(command), self.refuse():
                self.deal.write({"funnel_task_ids": [command], "stage_id": self.measurement.id})
        self.assertTrue(self.task.exists().lead_id)

    def test_taking_the_task_of_another_deal(self):
        other = self.make_deal()
        theirs = self.task_of(other, self.approval)
        theirs.with_user(self.lawyer).action_approve()
        with self.refuse():
            self.deal.write({"funnel_task_ids": [Command.link(theirs.id)]})
        self.assertEqual(theirs.lead_id, other)

    def test_creating_tasks_that_are_done(self):
        Task = self.env["funnel.task"].with_user(self.salesperson)
        later = self.make_approval(self.measurement, self.role, "Later")
        for values in (
            {"lead_id": self.deal.id, "template_id": later.id, "state": "approved"},
            {"lead_id": self.deal.id, "template_id": later.id, "state": "cancelled"},
            {"lead_id": self.deal.id, "template_id": self.approval.id, "state": "approved"},
            {"lead_id": self.deal.id, "template_id": later.id, "user_id": self.lawyer.id},
            {"lead_id": self.deal.id, "state": "done"},
            {"template_id": later.id, "state": "done"},
            {"lead_id": self.deal.id, "template_id": 999999, "state": "done"},
            {"lead_id": self.deal.id, "template_id": "1", "state": "done"},
            {"lead_id": 999999, "template_id": later.id, "state": "open"},
        ):
            with self.subTest(values), self.refuse():
                Task.create(values)
        foreign = self.make_task(self.new, "Of another funnel")
        with self.refuse(ValidationError):
            Task.create({"lead_id": self.deal.id, "template_id": foreign.id, "state": "done"})

    def test_a_colleague_and_an_outsider(self):
        portal = new_test_user(self.env, "portal", "base.group_portal")
        nobody = new_test_user(self.env, "nobody", "base.group_user")
        for user in (self.clara, portal, nobody):
            task = self.task.with_user(user)
            for attack in (
                lambda task=task: task.read(["state"]),
                lambda task=task: task.write({"state": "requested"}),
                lambda task=task: task.action_approve(),
                lambda task=task, user=user: (
                    self.env["funnel.task"]
                    .with_user(user)
                    .create({"lead_id": self.deal.id, "template_id": self.todo.id, "state": "done"})
                ),
            ):
                with self.subTest(user.login), self.refuse():
                    attack()
        self.assertFalse(self.env["funnel.task"].with_user(self.clara).search([("lead_id", "=", self.deal.id)]))

    def test_the_approver_gets_nothing_else(self):
        task = self.task.with_user(self.lawyer)
        task.action_approve()
        for values in ({"lead_id": self.make_deal().id}, {"user_id": self.salesperson.id}, {"requested_by_id": 1}):
            with self.subTest(values), self.refuse(AccessError):
                task.write(values)
        with self.refuse(AccessError):
            self.deal.with_user(self.lawyer).stage_id = self.measurement
        with self.refuse(AccessError):
            self.env["funnel.task"].with_user(self.lawyer).create(
                {"lead_id": self.deal.id, "template_id": self.approval.id, "state": "approved"}
            )

    def test_context_keys(self):
        for key in ("funnel_gate_pass", "funnel_gate_batch", "install_mode", "su", "mail_activity_quick_update"):
            deal = self.deal.with_context(**{key: True})
            with self.subTest(key), self.refuse(ValidationError):
                deal.stage_id = self.measurement
            with self.subTest(key), self.refuse(AccessError):
                self.task.with_context(**{key: True}).action_approve()

    def test_done_by_the_activity(self):
        self.task.action_request()
        activity = self.task.sudo().activity_ids
        activity.user_id = self.salesperson  # handed over, or taken
        with self.refuse(AccessError):
            activity.with_user(self.salesperson).action_feedback(feedback="Fine")
        self.assertEqual(self.task.state, "requested")

    def test_pointing_an_activity_at_a_task(self):
        activity = self.deal.activity_schedule("mail.mail_activity_data_todo", user_id=self.salesperson.id)
        with self.refuse(AccessError):
            activity.write({"funnel_task_id": self.task.id})
            activity.action_feedback()
        self.assertEqual(self.task.state, "open")

    def test_creating_in_a_late_stage(self):
        with self.refuse(ValidationError):
            self.make_deal(stage_id=self.contract.id)
        for template, state in ((self.approval, "approved"), (self.todo, "done")):
            values = {
                "name": "Late",
                "team_id": self.deals.id,
                "user_id": self.salesperson.id,
                "funnel_task_ids": [Command.create({"template_id": template.id, "state": state})],
            }
            with self.refuse(AccessError):
                self.env["crm.lead"].with_user(self.salesperson).create(values)

    def test_import(self):
        header = ["name", "team_id/.id", "stage_id/.id", "funnel_task_ids/template_id/.id", "funnel_task_ids/state"]
        row = ["Late", str(self.deals.id), str(self.contract.id), str(self.approval.id), "Approved"]
        result = self.env["crm.lead"].with_user(self.salesperson).load(header, [row])
        self.assertFalse(result["ids"])
        result = (
            self.env["crm.lead"]
            .with_user(self.salesperson)
            .load([".id", "stage_id/.id"], [[str(self.deal.id), str(self.measurement.id)]])
        )
        self.assertFalse(result["ids"])
        self.assertEqual(self.deal.stage_id, self.estimate)

    def test_mass_edit(self):
        other = self.make_deal()
        with self.refuse(ValidationError):
            (self.deal | other).web_save({"stage_id": self.measurement.id}, {"stage_id": {}})

    def test_merging_with_a_deal_that_has_its_approval(self):
        other = self.make_deal()
        self.task_of(other, self.approval).with_user(self.lawyer).action_approve()
        self.task_of(other, self.todo).with_user(self.lawyer).action_do()
        other.stage_id = self.contract
        merged = (self.deal | other).with_user(self.head).merge_opportunity()
        if merged.id == self.deal.id:
            self.assertEqual(merged.stage_id, self.estimate)
            with self.refuse(ValidationError):
                merged.stage_id = self.measurement
        else:
            self.assertEqual(self.task_of(merged, self.approval).state, "approved")

    def test_a_reason_is_no_override(self):
        with self.refuse(ValidationError):
            self.deal.write({"stage_id": self.measurement.id, "funnel_move_reason": "Because"})

    def test_configuration_is_for_managers(self):
        for record in (self.approval, self.role, self.role.assignment_ids, self.make_way(self.estimate, self.contract)):
            with self.subTest(record._name), self.refuse(AccessError):
                record.with_user(self.salesperson).write({"create_date": False})
            with self.subTest(record._name), self.refuse(AccessError):
                record.with_user(self.salesperson).unlink()
        with self.refuse(AccessError):
            self.env["funnel.role.assignment"].with_user(self.salesperson).create(
                {"role_id": self.role.id, "user_id": self.salesperson.id}
            )

    def test_assigning_a_role_gives_no_other_right(self):
        colleague = new_test_user(self.env, "colleague", "base.group_user")
        with self.refuse(AccessError):
            self.env["funnel.role.assignment"].with_user(self.lawyer).create(
                {"role_id": self.role.id, "user_id": colleague.id}
            )
        self.env["funnel.role.assignment"].with_user(self.manager).create(
            {"role_id": self.role.id, "user_id": colleague.id}
        )
        with self.refuse(AccessError):
            self.env["crm.lead"].with_user(colleague).create({"name": "Mine"})
        self.assertFalse(colleague.has_group("sales_team.group_sale_salesman"))
