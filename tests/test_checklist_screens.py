"""The checklist on the screens: on the lead, in the lists of tasks, in the menu of activities."""

from datetime import timedelta

from lxml import etree
from odoo import fields
from odoo.exceptions import AccessError
from odoo.fields import Command
from odoo.tests import HttpCase, new_test_user, tagged

from .common import ADDON, FunnelCase, FunnelFactory


class ChecklistFactory(FunnelFactory):
    """Adds roles and tasks to a funnel."""

    @classmethod
    def make_role(cls, name, *users, source="assigned"):
        """Create a role that ``users`` play in every funnel."""
        assignments = [Command.create({"user_id": user.id}) for user in users]
        return cls.env["funnel.role"].create({"name": name, "source": source, "assignment_ids": assignments})

    @classmethod
    def make_task(cls, stage, name, **values):
        """Add a task to the checklist of ``stage``."""
        return cls.env["funnel.task.template"].create({"stage_id": stage.id, "name": name, **values})


class ScreenCase(ChecklistFactory, FunnelCase):
    """A stage with a call, a task of the warehouse and an approval by the head of sales."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.walter = new_test_user(cls.env, "walter", f"{ADDON}.group_funnel_user", name="Walter")
        cls.call = cls.make_task(cls.estimate, "Call the client")
        cls.stock = cls.make_task(cls.estimate, "Check the stock", role_id=cls.make_role("Warehouse", cls.walter).id)
        head = cls.make_role("Head", source="head")
        cls.discount = cls.make_task(cls.estimate, "Discount", kind="approval", role_id=head.id)

    def task(self, deal, template):
        return deal.sudo().funnel_task_ids.filtered(lambda task: task.template_id == template)

    def groups_of(self, user):
        groups = self.env["res.users"].with_user(user)._get_activity_groups()
        return {group["name"]: group for group in groups if group["model"] == "funnel.task"}


class TestFormOfLead(ScreenCase):
    def read_form(self, lead, user):
        """Read all that the form of a lead shows to ``user``, as the web client does."""
        Lead = self.env["crm.lead"].with_user(user)
        view = Lead.get_views([(False, "form")])
        names = etree.fromstring(view["views"]["form"]["arch"]).xpath("//field[not(ancestor::field)]/@name")
        relational = {name for name in names if Lead._fields[name].relational}
        spec = {name: {"fields": {"display_name": {}}} if name in relational else {} for name in names}
        return lead.with_user(user).web_read(spec)[0]

    def test_people_of_a_role_can_open_the_form(self):
        deal = self.make_deal(tag_ids=[Command.create({"name": "Oak"})])
        self.assertNotIn("quotation_count", self.read_form(deal, self.walter))
        self.assertIn("quotation_count", self.read_form(deal, self.salesperson))
        with self.assertRaises(AccessError):
            deal.with_user(self.walter).name = "Mine now"

    def test_people_of_a_role_do_only_their_part(self):
        deal = self.make_deal()
        tasks = self.task(deal, self.stock) | self.task(deal, self.call) | self.task(deal, self.discount)
        self.assertEqual(tasks.with_user(self.walter).filtered("can_do").name, "Check the stock")
        self.assertEqual(tasks.with_user(self.salesperson).filtered("can_do").name, "Call the client")

    def test_a_task_stays_in_sight_when_the_lead_is_closed_to_its_performer(self):
        task = self.task(self.make_deal(name="A kitchen"), self.stock).with_user(self.walter)
        self.assertTrue(task.can_open_lead)
        task.action_do()
        self.env.invalidate_all()
        self.assertEqual((task.state, task.lead_name, task.can_open_lead), ("done", "A kitchen", False))
        self.assertIn(task, task.search([("is_mine", "=", True)]))
        with self.assertRaises(AccessError):
            task.lead_id.read(["name"])

    def test_approvals_ahead_of_their_stage_are_known_as_such(self):
        template = self.make_task(self.contract, "Terms", kind="approval", role_id=self.discount.role_id.id)
        deal = self.make_deal()
        task = deal.funnel_task_ids.create({"lead_id": deal.id, "template_id": template.id, "state": "requested"})
        self.assertTrue(task.is_ahead)
        self.assertFalse(self.task(deal, self.call).is_ahead)

    def test_materials_of_a_stage_are_for_everybody_who_sees_it(self):
        Attachment = self.env["ir.attachment"].with_user(self.manager)
        prices = Attachment.create({"name": "prices.txt", "raw": b"1"})
        self.estimate.with_user(self.manager).material_ids = [Command.link(prices.id)]
        deal = self.make_deal()
        self.assertEqual(deal.funnel_material_ids.raw, b"1")
        self.assertEqual(deal.with_user(self.walter).funnel_material_ids.name, "prices.txt")

    def test_a_material_out_of_reach_does_not_close_the_form(self):
        private = self.env["ir.attachment"].create({"name": "private.txt", "raw": b"1"})
        self.estimate.material_ids = [Command.link(private.id)]
        private.sudo().write({"res_model": False, "res_id": False})
        deal = self.make_deal()
        self.assertFalse(self.read_form(deal, self.salesperson)["funnel_material_ids"])

    def test_nobody_shares_a_file_of_somebody_else(self):
        private = self.env["ir.attachment"].with_user(self.head).create({"name": "private.txt", "raw": b"1"})
        with self.assertRaisesRegex(AccessError, "material_ids"):
            self.estimate.with_user(self.manager).material_ids = [Command.link(private.id)]

    def test_progress_on_cards_costs_the_same_however_many_there_are(self):
        deals = self.as_salesperson(self.make_leads(self.deals, 20, user_id=self.salesperson.id))
        names = ["funnel_task_count", "funnel_task_done_count", "funnel_approval_state"]
        counts = []
        for some in (deals[:1], deals[:1], deals):  # the first fills the caches
            self.env.flush_all()
            self.env.invalidate_all()
            before = self.env.cr.sql_log_count
            self.assertEqual(some.read(names)[-1]["funnel_task_count"], 3)
            counts.append(self.env.cr.sql_log_count - before)
        self.assertEqual(*counts[1:])


class TestActivityMenu(ScreenCase):
    def test_counts(self):
        yesterday = fields.Datetime.now() - timedelta(days=1)
        deals = self.make_deal() | self.make_deal() | self.make_deal()
        self.task(deals[0], self.call).deadline = yesterday
        self.task(deals[1], self.call).deadline = self.env["res.users"]._get_end_of_today() - timedelta(seconds=1)
        self.task(deals[0], self.discount).with_user(self.salesperson).action_request()
        mine = self.groups_of(self.salesperson)["My Tasks"]
        self.assertEqual([mine[f"{n}_count"] for n in ("open", "overdue", "today", "total")], [3, 1, 1, 2])
        self.assertEqual(self.groups_of(self.walter)["My Tasks"]["open_count"], 3)
        asked = self.groups_of(self.head)["Waiting for My Approval"]
        self.assertEqual(asked["open_count"], 1)
        # the activity that was planned for the head is counted with the leads
        self.assertEqual(asked["total_count"], 0)

    def test_what_is_done_is_not_counted(self):
        deal = self.make_deal()
        self.task(deal, self.stock).with_user(self.walter).action_do()
        self.assertFalse(self.groups_of(self.walter))

    def test_counts_agree_with_the_lists(self):
        deals = self.make_deal() | self.make_deal()
        deals.funnel_task_ids.filtered(lambda task: task.kind == "approval").action_request()
        Task = self.env["funnel.task"].with_user(self.head)
        waiting = [("kind", "=", "approval"), ("is_mine", "=", True), ("state", "=", "requested")]
        group = self.groups_of(self.head)["Waiting for My Approval"]
        self.assertEqual((group["open_count"], Task.search_count(waiting)), (2, 2))

    def test_strangers_to_the_funnels_are_not_asked(self):
        employee = new_test_user(self.env, "employee", "base.group_user")
        self.assertFalse(self.groups_of(employee))

    def test_cost_does_not_grow(self):
        counts = []
        for number in (1, 20):
            self.make_leads(self.deals, number, user_id=self.salesperson.id)
            self.env.flush_all()
            self.env.invalidate_all()
            self.groups_of(self.salesperson)
            before = self.env.cr.sql_log_count
            self.env["res.users"].with_user(self.salesperson)._count_funnel_tasks()
            counts.append(self.env.cr.sql_log_count - before)
        self.assertEqual(*counts)


class TestMenus(ScreenCase):
    def test_crm_opens_with_the_tasks_for_people_of_a_role(self):
        menus = self.env["ir.ui.menu"].with_user(self.walter).load_web_menus(False)
        shown = {menu.get("xmlid") for menu in menus.values()}
        self.assertLessEqual({"crm.crm_menu_root", f"{ADDON}.menu_funnel_task"}, shown)
        self.assertFalse({"crm.crm_menu_sales", "crm.crm_menu_report", "crm.crm_menu_config"} & shown)
        action = self.env.ref(f"{ADDON}.funnel_task_action")
        root = menus[self.env.ref("crm.crm_menu_root").id]
        self.assertEqual(root["actionID"], action.id)

    def test_salespeople_land_where_they_always_did(self):
        menus = self.env["ir.ui.menu"].with_user(self.salesperson).load_web_menus(False)
        self.assertIn("crm.crm_menu_sales", {menu.get("xmlid") for menu in menus.values()})

    def test_a_manager_who_is_no_administrator_assigns_roles(self):
        role = self.make_role("Lawyer")
        for values in ({}, {"team_id": self.deals.id}, {"company_id": self.env.company.id}):
            role.with_user(self.manager).assignment_ids = [Command.create({"user_id": self.walter.id, **values})]
        self.assertEqual(len(role.assignment_ids), 3)


@tagged("post_install", "-at_install")
class TestChecklistTours(ChecklistFactory, HttpCase):
    def test_three_people_work_one_checklist(self):
        user = {
            name: new_test_user(self.env, f"tour_{name.lower()}", group, password=f"tour_{name.lower()}", name=name)
            for name, group in (
                ("Anna", "sales_team.group_sale_salesman"),
                ("Boss", "sales_team.group_sale_salesman_all_leads"),
                ("Walter", f"{ADDON}.group_funnel_user"),
            )
        }
        user["Anna"].name = "Tour Anna"
        funnel = self.make_funnel("Kitchens", "deal", ["Estimate", "Done!"], user_id=user["Boss"].id)
        stage = self.stage(funnel, "Estimate")
        self.make_task(stage, "Call the client", sequence=1)
        warehouse = self.make_role("Warehouse", user["Walter"])
        self.make_task(stage, "Check the stock", sequence=2, role_id=warehouse.id, instructions="Look into the list.")
        head = self.make_role("Head", source="head")
        self.make_task(stage, "Discount", sequence=3, kind="approval", role_id=head.id)
        prices = self.env["ir.attachment"].create({"name": "prices.txt", "raw": b"1"})
        stage.write({"script": "<p>Good morning, {client}</p>", "material_ids": [Command.set(prices.ids)]})
        deal = self.make_leads(funnel, name="An oak kitchen", contact_name="Ivan Smirnov", user_id=user["Anna"].id)
        form = f"/odoo/crm.lead/{deal.id}"

        self.start_tour(form, "sales_funnel_checklist_salesperson", login="tour_anna")
        self.assertEqual((deal.name, deal.funnel_contact_ids.note), ("A kitchen of oak", "Wants oak"))
        self.start_tour("/odoo", "sales_funnel_checklist_head", login="tour_boss")
        self.start_tour(form, "sales_funnel_checklist_ask_again", login="tour_anna")
        self.start_tour("/odoo", "sales_funnel_checklist_approve", login="tour_boss")
        self.start_tour("/odoo", "sales_funnel_checklist_warehouse", login="tour_walter")
        done = deal.funnel_task_ids.sorted()
        self.assertEqual(done.mapped("state"), ["done", "done", "approved"])
        self.assertEqual(done.user_id, user["Anna"] | user["Boss"] | user["Walter"])

    def test_questions_are_chosen_by_ticking(self):
        new_test_user(self.env, "tour_manager", f"{ADDON}.group_funnel_manager", password="tour_manager")
        funnel = self.make_funnel("Kitchens", "deal", ["Estimate"])
        questions = [("a1", "Which wood?"), ("b2", "Which colour?"), ("c3", "Which handles?")]
        funnel.lead_properties_definition = [
            {"name": name, "string": string, "type": "char"} for name, string in questions
        ]
        requirement = self.env["funnel.requirement"].create(
            {"stage_id": funnel.stage_ids.id, "property_names": ["a1", "c3"]}
        )
        self.env["ir.ui.view"].create(
            {
                "model": "funnel.requirement",
                "priority": 1,
                "arch": '<form><field name="property_names" widget="funnel_questions"/></form>',
            }
        )
        url = f"/odoo/funnel.requirement/{requirement.id}"
        self.start_tour(url, "sales_funnel_questions", login="tour_manager")
        self.assertEqual(requirement.property_names, ["b2", "c3"])
