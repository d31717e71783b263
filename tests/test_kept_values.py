"""What stays as it was entered while a lead is in a stage."""

from odoo.exceptions import ValidationError
from odoo.fields import Command
from odoo.tests import Form

from .common import FunnelCase


class TestKeptValues(FunnelCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.agreed = cls.make_approval(cls.contract, cls.env.ref("sales_funnel_addon.role_head"), "Change the discount")
        cls.agreed.mandatory = False
        cls.rule = cls.demand(
            cls.contract,
            "contract_discount",
            "expected_contract_date",
            moment="keep",
            release_template_id=cls.agreed.id,
        )

    def make_promise(self, **values):
        """Return a deal with a discount of 7 % in the stage where it is kept."""
        deal = self.make_deal(contract_discount=7, **values)
        deal.stage_id = self.contract
        return deal

    def refuses(self, deals, **vals):
        with self.assertRaisesRegex(ValidationError, "Contract Discount") as caught:
            deals.write(vals)
        return str(caught.exception)

    def approve(self, deal):
        task = self.task_of(deal, self.agreed)
        task.action_request()
        task.with_user(self.head).action_approve()

    def test_it_is_entered_once(self):
        deal = self.make_deal()
        deal.stage_id = self.contract
        deal.contract_discount = 7
        text = self.refuses(deal, contract_discount=8)
        for words in (deal.name, "Stays as it was entered", "Needs an approval: Change the discount"):
            self.assertIn(words, text)
        self.refuses(deal, contract_discount=0)
        deal.write({"contract_discount": 7.0, "contract_number": "P-1"})
        self.assertEqual((deal.contract_discount, deal.contract_number), (7, "P-1"))
        deal.expected_contract_date = "2026-05-01"

    def test_nobody_changes_it_on_the_way_out_or_as_head(self):
        deal = self.make_promise()
        for user in (self.salesperson, self.head, self.manager):
            self.refuses(deal.with_user(user), stage_id=self.estimate.id, contract_discount=9)
        self.refuses(deal.sudo(), contract_discount=9)
        deal.stage_id = self.estimate
        deal.contract_discount = 9
        deal.write({"stage_id": self.contract.id, "contract_discount": 10})
        self.assertEqual(deal.contract_discount, 10, "it is kept from here on")
        self.refuses(deal, contract_discount=11)

    def test_an_approval_releases_one_change(self):
        deal = self.make_promise()
        self.approve(deal)
        deal.contract_number = "P-1"
        self.assertEqual(self.task_of(deal, self.agreed).state, "approved", "nothing that is kept has changed")
        deal.contract_discount = 9
        self.assertEqual(self.task_of(deal, self.agreed).state, "open")
        self.refuses(deal, contract_discount=10)

    def test_every_lead_of_a_batch_is_judged_by_itself(self):
        released, kept, empty = deals = self.make_promise() | self.make_promise() | self.make_deal()
        empty.stage_id = self.contract
        kept.name = "Kept"
        self.approve(released)
        text = self.refuses(deals, contract_discount=5)
        self.assertEqual(text.count("Stays as it was entered"), 1)
        self.assertIn("Kept", text)
        (released | empty).write({"contract_discount": 5})
        self.assertEqual((deals - kept).mapped("contract_discount"), [5, 5])

    def test_only_for_some(self):
        self.rule.write(
            {"applies_to": "[('expected_revenue', '>', 100)]", "message": "Large deals keep their discount"}
        )
        small, large = self.make_promise(expected_revenue=50), self.make_promise(expected_revenue=500)
        small.contract_discount = 8
        self.assertIn("Large deals keep their discount", self.refuses(large, contract_discount=8))
        self.refuses(large, contract_discount=8, expected_revenue=50)

    def test_imports_and_the_web_client_are_refused(self):
        deal = self.make_promise()
        rows = [[str(deal.id), "9"]]
        messages = deal.load([".id", "contract_discount"], rows)["messages"]
        self.assertIn("Contract Discount", messages[0]["message"])
        with self.assertRaisesRegex(ValidationError, "Contract Discount"):
            deal.web_save({"contract_discount": 9}, {})
        deal.invalidate_recordset()
        self.assertEqual(deal.contract_discount, 7)

    def test_other_teams_and_other_stages_are_free(self):
        deal = self.make_promise()
        deal.stage_id = self.measurement
        deal.contract_discount = 1
        self.rule.active = False
        deal.stage_id = self.contract
        deal.contract_discount = 2
        self.assertEqual(deal.contract_discount, 2)

    def test_no_field_wears_a_mark_for_it(self):
        required, asked, _hidden = self.env["crm.lead"]._get_form_modifiers()
        self.assertNotIn(str(self.contract.id), f"{required.get('contract_discount')} {asked.get('contract_discount')}")

    def test_the_number_of_queries_does_not_grow_with_the_leads(self):
        counts = []
        for many in (2, 20):
            deals = self.make_leads(self.deals, many, contract_discount=7, stage_id=self.contract.id)
            self.env.flush_all()
            self.env.invalidate_all()
            before = self.cr.sql_log_count
            with self.assertRaises(ValidationError), self.env.cr.savepoint():
                deals.write({"contract_discount": 8})
            counts.append(self.cr.sql_log_count - before)
        self.assertLessEqual(counts[1], counts[0])

    def test_what_can_be_kept_and_released(self):
        with self.assertRaisesRegex(ValidationError, "Only fields of the lead"):
            self.demand_condition(self.contract, "[('city', '=', 'Perm')]", "Perm", moment="keep")
        elsewhere = self.make_approval(self.done, self.agreed.role_id, "Elsewhere")
        for template in (elsewhere, self.make_task(self.contract, "No approval")):
            with self.assertRaisesRegex(ValidationError, "released by an approval of that stage"):
                self.rule.release_template_id = template
        copied = self.contract.copy({"team_ids": [Command.set(self.deals.ids)]})
        self.assertEqual(copied.requirement_ids.mapped("moment"), ["keep"])
        with Form(self.rule) as form:
            form.moment = "enter"
        self.assertEqual(self.rule.moment, "enter")

    def test_the_map_shows_it(self):
        [funnel] = self.deals.funnel_get_map()["funnels"]
        [stage] = [stage for stage in funnel["stages"] if stage["id"] == self.contract.id]
        self.assertIn("Stays as it was entered", stage["keep"][0]["text"])
