"""Case types: a tree that an administrator edits, offered by funnels, by which the ways of their leads branch."""

from lxml import etree
from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.fields import Command
from odoo.tests import Form, new_test_user

from .common import FunnelCase


class TestCaseTypes(FunnelCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.warranty = cls.make_funnel(
            "Warranty", "followup", ["Claim", "Inspection", "Repair", "Refund", "Closed!"], user_id=cls.head.id
        )
        cls.claim, cls.inspection, cls.repair, cls.refund, cls.closed = cls.warranty.stage_ids.sorted("sequence")
        cls.defect = cls.make_type("Defect", team_ids=[Command.set(cls.warranty.ids)])
        cls.material = cls.make_type("Material", parent_id=cls.defect.id)
        cls.glass = cls.make_type("Glass", parent_id=cls.material.id)
        cls.transport = cls.make_type("Transport", team_ids=[Command.set(cls.warranty.ids)])

    @classmethod
    def make_type(cls, name, **values):
        return cls.env["funnel.case.type"].create({"name": name, **values})

    def make_claims(self, case_type, count=1, **values):
        values = {"funnel_case_type_id": case_type.id, "user_id": self.salesperson.id, **values}
        return self.as_salesperson(self.make_leads(self.warranty, count, **values))

    def branch(self):
        """Let defects go to inspection, and everything else straight to a refund."""
        self.make_way(
            self.claim,
            self.inspection,
            condition=f"[('funnel_case_type_id', 'child_of', {self.defect.id})]",
            message="Only defects are inspected",
        )
        self.make_way(
            self.claim,
            self.refund,
            condition=f"['!', ('funnel_case_type_id', 'child_of', {self.defect.id})]",
            message="Defects are inspected before anything is paid back",
        )

    # ------------------------------------------------------------
    # THE TREE
    # ------------------------------------------------------------

    def test_names_from_the_top_down(self):
        self.env["res.lang"]._activate_lang("ru_RU")
        self.defect.with_context(lang="ru_RU").name = "Дефект"
        self.assertEqual(self.glass.display_name, "Defect / Material / Glass")
        self.assertEqual(self.glass.with_context(lang="ru_RU").display_name, "Дефект / Material / Glass")
        found = self.env["funnel.case.type"].name_search("Defect / Material / Glass", operator="=")
        self.assertEqual([item[0] for item in found], self.glass.ids)
        found = self.env["funnel.case.type"].name_search("material")
        self.assertEqual({item[0] for item in found}, {self.material.id, self.glass.id})

    def test_the_list_shows_the_tree(self):
        chips = self.make_type("Chips", parent_id=self.glass.id, sequence=1)
        self.transport.sequence = 5
        tree = self.transport | self.defect | self.material | self.glass | chips
        shown = self.env["funnel.case.type"].search([("id", "in", tree.ids)])
        self.assertEqual([(item.name, item.depth) for item in shown][:2], [("Transport", 0), ("Defect", 0)])
        self.assertEqual([(item.name, item.depth) for item in shown][2:], [("Material", 1), ("Glass", 2), ("Chips", 3)])
        self.material.sequence = 30
        scratches = self.make_type("Scratches", parent_id=self.defect.id, sequence=20)
        self.glass.parent_id = self.transport
        shown = self.env["funnel.case.type"].search([("id", "in", (tree | scratches).ids)])
        self.assertEqual(shown.mapped("name"), ["Transport", "Glass", "Chips", "Defect", "Scratches", "Material"])

    def test_no_type_is_a_part_of_itself(self):
        with self.assertRaisesRegex((ValidationError, UserError), "part of itself|[Rr]ecursi"):
            self.defect.parent_id = self.glass

    def test_what_stands_below_is_offered_where_the_type_above_is(self):
        self.assertEqual(self.glass.offering_team_ids, self.warranty)
        self.defect.team_ids = self.deals
        self.assertEqual(self.glass.offering_team_ids, self.deals)
        self.glass.team_ids = self.warranty
        self.assertEqual((self.material | self.glass).offering_team_ids, self.deals | self.warranty)

    def test_a_type_in_use_is_archived_not_deleted(self):
        claim = self.make_claims(self.glass)
        with self.assertRaisesRegex(UserError, "cases of the type “Defect / Material / Glass”"):
            self.glass.unlink()
        self.glass.active = False
        self.assertEqual(claim.funnel_case_type_id, self.glass)
        self.transport.unlink()

    def test_only_managers_edit_it(self):
        self.assertEqual(self.as_salesperson(self.glass).name, "Glass")
        with self.assertRaises(AccessError):
            self.as_salesperson(self.glass).name = "Wood"
        self.glass.with_user(self.manager).name = "Window"

    def test_types_of_another_company_stay_unseen(self):
        company = self.env["res.company"].create({"name": "Branch"})
        self.warranty.write({"company_id": company.id, "user_id": False})
        Type = self.env["funnel.case.type"].with_user(self.salesperson)
        own = self.make_type("Anything")
        self.assertEqual(Type.search([]) & (self.defect | self.glass | own), own)

    # ------------------------------------------------------------
    # ON THE CARD
    # ------------------------------------------------------------

    def test_it_is_shown_where_types_are_offered(self):
        claim, deal = self.make_claims(self.glass), self.make_deal()
        self.assertEqual((claim.funnel_has_case_types, deal.funnel_has_case_types), (True, False))
        arch = etree.fromstring(claim.get_view(view_type="form")["arch"])
        [node] = arch.xpath("//group[@name='funnel_request']//field[@name='funnel_case_type_id']")
        self.assertIn("not funnel_has_case_types", node.get("invisible"))
        with Form(claim) as form:
            form.funnel_case_type_id = self.transport
        self.assertEqual(claim.funnel_case_type_id, self.transport)
        self.transport.team_ids = False
        deal.invalidate_recordset()
        self.assertTrue(deal.funnel_has_case_types, "what stands at the top without funnels is offered by all")

    def test_a_type_of_another_funnel_is_refused(self):
        deal = self.make_deal(name="Kitchen")
        with self.assertRaisesRegex(ValidationError, "“Kitchen”: “Defect / Material / Glass” is no case type of"):
            deal.funnel_case_type_id = self.glass
        with self.assertRaisesRegex(ValidationError, "is no case type of “Kitchens”"):
            self.make_deal(funnel_case_type_id=self.glass.id)
        stock = self.env["crm.lead"].create({"name": "Chair", "team_id": False})
        with self.assertRaisesRegex(ValidationError, "no funnel"):
            stock.funnel_case_type_id = self.glass
        self.glass.active = False
        with self.assertRaisesRegex(ValidationError, "is no case type of “Warranty”"):
            self.make_claims(self.glass)

    def test_a_case_brings_no_type_into_a_funnel_with_others(self):
        service = self.make_funnel("Service", "followup", ["Visit"])
        claim = self.make_claims(self.glass)
        claim.team_id = service
        self.assertEqual(claim.funnel_case_type_id, self.glass, "it means nothing there, and comes back with the case")
        claim.team_id = self.warranty
        own = self.make_type("Cleaning", team_ids=[Command.set(service.ids)])
        with self.assertRaisesRegex(ValidationError, "is no case type of “Service”"):
            claim.team_id = service
        claim.write({"team_id": service.id, "funnel_case_type_id": own.id})
        self.assertEqual(claim.funnel_case_type_id, own)

    def test_merged_claims_keep_a_type(self):
        claims = self.make_claims(self.env["funnel.case.type"]) | self.make_claims(self.glass)
        claims[0].probability = 90
        merged = claims.with_user(self.head).merge_opportunity()
        self.assertEqual(merged.funnel_case_type_id, self.glass)

    def test_the_dialog_offers_the_types_of_the_funnel(self):
        self.demand(self.claim, "funnel_case_type_id", moment="leave")
        claim = self.make_claims(self.env["funnel.case.type"])
        [missing] = claim.funnel_check_move(self.inspection.id)["missing_fields"]
        offered = self.env["funnel.case.type"].search(missing["domain"])
        self.assertEqual(offered & (self.defect | self.transport), self.defect | self.transport)

    # ------------------------------------------------------------
    # WAYS, REQUIREMENTS, TASKS
    # ------------------------------------------------------------

    def test_ways_branch_by_type(self):
        self.branch()
        glass, damage = self.make_claims(self.glass), self.make_claims(self.transport)
        with self.assertRaisesRegex(ValidationError, "Defects are inspected before anything is paid back"):
            glass.stage_id = self.refund
        with self.assertRaisesRegex(ValidationError, "Only defects are inspected"):
            damage.stage_id = self.inspection
        self.assertEqual(damage.funnel_check_move(self.inspection.id)["reasons"], ["Only defects are inspected"])
        closed = glass.funnel_get_closed_stages()
        self.assertEqual(closed[self.refund.id], "Defects are inspected before anything is paid back")
        self.assertNotIn(self.inspection.id, closed)
        glass.stage_id = self.inspection
        damage.stage_id = self.refund
        self.assertEqual((glass.stage_id, damage.stage_id), (self.inspection, self.refund))

    def test_type_and_stage_written_together_count_together(self):
        self.branch()
        claim = self.make_claims(self.transport)
        claim.write({"funnel_case_type_id": self.glass.id, "stage_id": self.inspection.id})
        self.assertEqual(claim.stage_id, self.inspection)

    def test_a_changed_tree_holds_at_once(self):
        self.branch()
        claim = self.make_claims(self.glass)
        self.assertIn(self.refund.id, claim.funnel_get_closed_stages())
        self.glass.parent_id = self.transport
        self.assertEqual(set(claim.funnel_get_closed_stages()), {self.inspection.id, self.repair.id, self.closed.id})
        wood = self.make_type("Wood", parent_id=self.material.id)
        self.make_claims(wood).stage_id = self.inspection

    def test_requirements_tasks_and_reminders_by_type(self):
        only_defects = f"[('funnel_case_type_id', 'child_of', [{self.defect.id}])]"
        self.demand(self.inspection, "city", applies_to=only_defects)
        task = self.make_task(self.claim, "Take pictures", applies_to=only_defects, mandatory=False)
        self.env["funnel.reminder"].create(
            {
                "name": "Look at it",
                "stage_id": self.claim.id,
                "condition": only_defects,
                "role_ids": [Command.link(self.env.ref("sales_funnel_addon.role_head").id)],
                "deadline_amount": 1,
            }
        )
        glass, damage = self.make_claims(self.glass), self.make_claims(self.transport)
        self.assertTrue(self.task_of(glass, task))
        self.assertFalse(self.task_of(damage, task))
        with self.assertRaisesRegex(ValidationError, "City"):
            glass.stage_id = self.inspection
        damage.stage_id = self.inspection
        damage.write({"stage_id": self.claim.id, "funnel_case_type_id": self.glass.id})
        self.assertTrue(self.task_of(damage, task))
        [rule] = self.env["crm.team"]._get_funnel_rules().stages[self.claim.id].reminders
        self.assertNotIn("child_of", rule.condition)

    def test_many_cases_cost_no_more_queries(self):
        self.branch()
        counts = []
        for number in (2, 40):
            claims = self.make_claims(self.glass, number) | self.make_claims(self.material, number)
            for _warm in range(2):
                self.env.flush_all()
                self.env.invalidate_all()
                before = self.env.cr.sql_log_count
                claims._describe_move_to(self.refund.id)
            counts.append(self.env.cr.sql_log_count - before)
        self.assertEqual(counts[0], counts[1])

    def test_more_types_and_ways_cost_no_more_queries(self):
        self.branch()
        counts = []
        for _round in range(2):
            claims = self.make_claims(self.glass, 3)
            self.env.flush_all()
            self.env.invalidate_all()
            claims[0].funnel_get_closed_stages()
            self.env.invalidate_all()
            before = self.env.cr.sql_log_count
            claims[0].funnel_get_closed_stages()
            counts.append(self.env.cr.sql_log_count - before)
            for target in (self.repair, self.closed):
                kind = self.make_type(f"To {target.name}", parent_id=self.transport.id)
                condition = f"[('funnel_case_type_id', 'child_of', {kind.id})]"
                self.make_way(self.claim, target, condition=condition, message="No")
        self.assertEqual(counts[0], counts[1])

    def test_a_stranger_without_rights_reads_no_case(self):
        claim = self.make_claims(self.glass)
        stranger = new_test_user(self.env, "stranger", "base.group_user")
        with self.assertRaises(AccessError):
            claim.with_user(stranger).funnel_get_closed_stages()
