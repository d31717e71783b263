"""Attacks: ways on which the checklist could lose its lead."""

from odoo.exceptions import AccessError, UserError
from odoo.fields import Command
from odoo.tests import new_test_user

from ..common import FunnelCase


class TestTasksOfOtherPlaces(FunnelCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.lawyer = new_test_user(cls.env, "lawyer", "base.group_user", name="Lena")
        cls.role = cls.make_role("Lawyer", cls.lawyer)
        cls.approval = cls.make_approval(cls.contract, cls.role)
        cls.optional = cls.make_task(cls.estimate, "Optional", mandatory=False)
        cls.deal = cls.make_deal()

    def create_task(self, template, **values):
        return self.as_salesperson(self.env["funnel.task"]).create(
            {"lead_id": self.deal.id, "template_id": template.id, **values}
        )

    def open_tasks(self):
        return self.deal.sudo().funnel_task_ids.filtered(lambda task: task.state in ("open", "requested"))

    def test_no_open_task_on_a_closed_deal(self):
        self.deal.sudo().action_set_lost(lost_reason_id=self.price.id)
        for values in ({}, {"state": "open"}, {"state": "requested"}):
            with self.assertRaises(UserError), self.env.cr.savepoint():
                self.create_task(self.approval, **values)
        self.assertFalse(self.open_tasks())

    def test_no_open_task_ahead(self):
        for values in ({}, {"state": "open"}):
            with self.assertRaises(UserError), self.env.cr.savepoint():
                self.create_task(self.approval, **values)

    def test_nothing_is_asked_for_behind_the_deal(self):
        behind = self.make_approval(self.estimate, self.role, "Behind", mandatory=False)
        task = self.task_of(self.deal, behind)
        self.deal.stage_id = self.measurement
        self.assertEqual(task.state, "cancelled")
        with self.assertRaises(UserError), self.env.cr.savepoint():
            task.action_request()
        never = self.make_approval(self.estimate, self.role, "Never", mandatory=False)
        with self.assertRaises(UserError), self.env.cr.savepoint():
            self.create_task(never, state="requested")

    def test_an_archived_template_takes_what_was_asked_for_ahead_along(self):
        task = self.create_task(self.approval, state="requested")
        self.approval.active = False
        self.assertEqual(task.state, "cancelled")
        self.assertFalse(task.sudo().activity_ids)

    def test_a_template_moves_to_another_stage(self):
        template = self.make_task(self.estimate, "Wanders")
        task = self.task_of(self.deal, template)
        template.stage_id = self.measurement
        self.assertEqual(task.state, "cancelled")
        self.deal.stage_id = self.measurement
        self.assertEqual((task.state, task.stage_id), ("open", self.measurement))
        self.assertEqual(self.deal.funnel_task_count, 1)
        task.action_do()
        task.action_undo()

    def test_an_archived_template_of_a_deleted_stage_leaves_its_name(self):
        stage = self.env["crm.stage"].create({"name": "Gone", "team_ids": [Command.link(self.deals.id)], "sequence": 0})
        template = self.make_task(stage, "Old task", mandatory=False)
        deal = self.make_deal(stage_id=stage.id)
        task = self.task_of(deal, template)
        template.active = False
        deal.stage_id = self.estimate
        stage.unlink()
        self.assertEqual(task.name, "Old task")

    def test_progress_sees_new_tasks_at_once(self):
        deal = self.deal.sudo()
        self.assertEqual(deal.funnel_task_count, 1)
        self.make_task(self.estimate, "New")
        self.assertEqual(deal.funnel_task_count, 2)
        self.assertEqual(len(deal.funnel_task_ids), 2)

    def test_a_rolled_back_move_leaves_nothing_in_the_caches(self):
        self.make_task(self.measurement, "There")
        deal = self.deal
        before = deal.funnel_task_ids.ids, deal.funnel_move_ids.ids, deal.funnel_task_count
        with self.assertRaises(UserError), self.env.cr.savepoint():
            deal.stage_id = self.measurement
            deal.mapped("funnel_task_ids.state")
            deal.mapped("funnel_move_ids.kind")
            raise UserError("back")
        self.assertEqual((deal.funnel_task_ids.ids, deal.funnel_move_ids.ids, deal.funnel_task_count), before)
        deal.stage_id = self.measurement
        self.assertEqual(len(deal.funnel_move_ids), len(before[1]) + 1)

    def test_a_changed_deadline_reaches_open_tasks(self):
        task = self.task_of(self.deal, self.optional)
        self.optional.deadline_anchor = "entry"
        self.assertTrue(task.deadline)
        self.optional.deadline_anchor = "none"
        self.assertFalse(task.deadline)

    def test_a_copy_starts_with_a_checklist_of_its_own(self):
        self.task_of(self.deal, self.optional).action_do()
        copy = self.deal.copy()
        self.assertEqual(copy.funnel_task_ids.mapped("state"), ["open"])

    def test_deleted_users_leave_what_they_did(self):
        clara = new_test_user(self.env, "sale_clara", "sales_team.group_sale_salesman_all_leads")
        task = self.task_of(self.deal, self.optional)
        task.with_user(clara).action_do()
        self.env.flush_all()
        clara.unlink()
        task.invalidate_recordset()
        self.assertEqual((task.state, task.user_id.id), ("done", False))

    def assert_refused(self, attack, cases):
        """Do ``attack`` with each of the cases; only errors that a client can understand may come of it."""
        problems = []
        for case in cases:
            try:
                with self.env.cr.savepoint():
                    attack(case)
                    self.env.flush_all()
            except (UserError, ValueError):
                continue
            except Exception as error:
                problems.append(f"{case}: {type(error).__name__} {error}")
            else:
                problems.append(f"{case}: nothing")
        self.assertFalse(problems)

    def test_states_and_comments_of_wrong_types(self):
        task = self.task_of(self.deal, self.optional)
        self.assert_refused(
            task.write,
            [
                {"state": ["done"]},
                {"state": {}},
                {"state": None},
                {"state": True},
                {"state": 1},
                {"state": "x" * 10**6},
            ],
        )
        self.assert_refused(
            self.task_of(self.deal, self.make_approval(self.estimate, self.role, "Now")).with_user(self.lawyer).write,
            [{"state": "refused", "comment": comment} for comment in ({"a": 1}, ["a"], True, 5, " ", None)],
        )

    def test_ids_of_wrong_types(self):
        ids = (True, "x", [1], {}, None, -1, 2**40)
        self.assert_refused(
            lambda pair: self.as_salesperson(self.env["funnel.task"]).create(
                {"lead_id": pair[0], "template_id": pair[1], "state": "done"}
            ),
            [(lead_id, template_id) for lead_id in (*ids[:-1], self.deal.id) for template_id in ids],
        )

    def test_reasons_of_wrong_types_are_text(self):
        self.make_way(self.estimate, self.measurement, reason_required=True)
        for reason in ({"a": 1}, [1], 5, "x" * 10**6):
            deal = self.make_deal()
            deal.write({"stage_id": self.measurement.id, "funnel_move_reason": reason})
            self.assertEqual(deal.funnel_move_ids[0].reason, str(reason))


class TestContacts(FunnelCase):
    def make(self, lead, **values):
        return self.as_salesperson(self.env["funnel.contact"]).create({"lead_id": lead.id, **values})

    def test_no_attempt_in_the_name_of_a_colleague(self):
        with self.assertRaises(AccessError):
            self.make(self.make_deal(), user_id=self.head.id)

    def test_no_attempt_on_the_lead_of_a_colleague(self):
        foreign = self.make_leads(self.deals, user_id=self.head.id)
        with self.assertRaises(AccessError), self.env.cr.savepoint():
            self.make(foreign)
        contact = self.make(self.make_deal())
        with self.assertRaises(AccessError), self.env.cr.savepoint():
            contact.lead_id = foreign

    def test_no_attempt_in_the_future(self):
        self.demand_kind(self.measurement, "contacts", contact_scope="day")
        with self.assertRaises(UserError):
            self.make(self.make_deal(), date="2099-01-01")

    def test_a_changed_outcome_does_the_task(self):
        template = self.make_task(self.estimate, done_condition="[('funnel_contact_ids.outcome', '=', 'reached')]")
        deal = self.make_deal()
        contact = self.make(deal, outcome="no_answer")
        self.assertEqual(self.task_of(deal, template).state, "open")
        contact.outcome = "reached"
        self.assertEqual(self.task_of(deal, template).state, "done")
