"""A project for engineering equipment on the way through every stage of the preset ``equipment``.

It is March 2026 in Moscow. Anna sells, Head leads the department; finance, the lawyer, the application engineer and
procurement do what their roles ask for.
"""

from odoo.exceptions import AccessError
from odoo.fields import Command

from .department import DepartmentCase


class EquipmentCase(DepartmentCase):
    preset = "equipment"
    staff = ("finance", "lawyer", "application_engineer", "procurement")

    def setUp(self):
        super().setUp()
        clock = self.at(self.moscow(3, 10))
        clock.__enter__()
        self.addCleanup(clock.__exit__, None, None, None)

    def option(self, kind, name):
        return self.ref(f"option_equipment_{kind}_{name}").id

    def inquire(self, **values):
        """Return a new deal of the salesperson whose client card is filled in."""
        known = {
            "contact_name": "Pavel Orlov",
            "phone": "+7 912 345-67-89",
            "source_id": self.ref("source_events").id,
            "customer_kind_id": self.option("customer_kind", "end_customer"),
            "supply_preference_id": self.option("supply_preference", "domestic"),
            "partner_id": self.env["res.partner"].create({"name": "Pavel Orlov"}).id,
        }
        deals = self.make_leads(self.funnel, user_id=self.salesperson.id, name="Boiler house", **(known | values))
        return deals.with_user(self.salesperson)

    def checked(self, **values):
        """Return a deal that finance and the lawyer look at."""
        deal = self.inquire(**values)
        self.move(deal, "needs")
        deal.need_description = "Heating for a greenhouse"
        deal.equipment_category_ids = [Command.link(self.option("equipment_category", "typical"))]
        self.move(deal, "check")
        return deal

    def offered(self, **values):
        """Return a deal whose client may choose among three offers."""
        deal = self.checked(**values)
        self.task(deal, "check_restrictions").with_user(self.people["finance"]).action_approve()
        self.task(deal, "check_counterparty").with_user(self.people["lawyer"]).action_approve()
        self.move(deal, "proposal")
        self.task(deal, "proposal_options").with_user(self.people["application_engineer"]).action_do()
        for name, price in (("economy", 1000), ("standard", 2000), ("premium", 3000)):
            self.quote(deal, name, price)
        return deal

    def quote(self, deal, price_range, price):
        """Make a quotation in a price range, as the salesperson."""
        product = self.env["product.product"].search([("name", "=", "Boiler")], limit=1)
        product = product or self.env["product.product"].create(
            {"name": "Boiler", "invoice_policy": "order", "taxes_id": [Command.clear()]}
        )
        return (
            self.env["sale.order"]
            .with_user(self.salesperson)
            .create(
                {
                    "opportunity_id": deal.id,
                    "partner_id": deal.partner_id.id,
                    "price_range_id": self.ref(f"price_range_{price_range}").id,
                    "order_line": [Command.create({"product_id": product.id, "price_unit": price})],
                }
            )
        )

    def contracted(self, **values):
        """Return a deal whose contract over 2,000 stands."""
        deal = self.offered(**values)
        deal.order_ids.filtered(lambda order: order.amount_untaxed == 2000).action_confirm()
        deal.installation_address = "Kazan, Lenina st. 1"
        self.move(deal, "contract")
        deal.write({"contract_kind": "standard", "contract_number": "E-1", "contract_date": "2026-03-03"})
        return deal


class TestClient(EquipmentCase):
    def test_the_card_of_the_client_is_filled_in(self):
        deal = self.inquire(contact_name=False, partner_id=False, phone=False, customer_kind_id=False)
        self.refuses(deal, "needs", "Contact Name", "Fill in at least one of: ", "Kind of Customer|Customer Kind")

    def test_an_engineering_company_has_a_name(self):
        kind = self.option("customer_kind", "engineering_company")
        deal = self.inquire(customer_kind_id=kind, partner_name=False, partner_id=False)
        self.refuses(deal, "needs", "is a legal entity")
        deal.partner_name = "Termo Ltd"
        self.move(deal, "needs")

    def test_need_and_categories(self):
        deal = self.inquire()
        self.move(deal, "needs")
        self.refuses(deal, "check", "Description of the Need", "Categor")


class TestCheck(EquipmentCase):
    def test_it_is_asked_for_at_once_and_nobody_passes_without_it(self):
        deal = self.checked()
        states = {task.template_id.name: task.state for task in deal.sudo().funnel_task_ids}
        self.assertEqual(states, {"No restrictions on the client": "requested", "Counterparty checked": "requested"})
        self.refuses(deal, "proposal", "No restrictions on the client", "Counterparty checked")
        with self.assertRaises(AccessError), self.env.cr.savepoint():
            self.task(deal, "check_restrictions").with_user(self.people["lawyer"]).action_approve()

    def test_debts_are_looked_at_for_repeat_clients_only(self):
        self.inquire()
        deal = self.checked()
        self.assertTrue(deal.is_repeat_client)
        self.assertEqual(self.task(deal, "check_debts").state, "requested")

    def test_a_refusal_loses_the_deal_and_is_counted(self):
        deal = self.checked(expected_revenue=50000)
        passed = self.checked(phone="+7 912 000-00-01", expected_revenue=150000)
        refusal = {"state": "refused", "comment": "Under sanctions"}
        self.task(deal, "check_restrictions").with_user(self.people["finance"]).write(refusal)
        self.assertEqual(deal.won_status, "lost")
        self.assertEqual(deal.lost_reason_id, self.ref("reason_equipment_blocked"))
        self.assertIn("Under sanctions", deal.lost_comment)
        self.env.flush_all()
        Report = self.env["funnel.check.report"].with_user(self.head)
        rows = Report.search([("team_id", "=", self.funnel.id)])
        self.assertEqual(rows.lead_id, deal | passed)
        names = ("entered_count", "blocked_count", "blocked_amount")
        measures = [f"{name}:sum" for name in names]
        [row] = Report.formatted_read_group([("team_id", "=", self.funnel.id)], ["user_id"], measures)
        self.assertEqual([row[name] for name in measures], [2, 1, 50000])


class TestProject(EquipmentCase):
    def test_three_quotations_in_three_ranges(self):
        deal = self.checked()
        self.task(deal, "check_restrictions").with_user(self.people["finance"]).action_approve()
        self.task(deal, "check_counterparty").with_user(self.people["lawyer"]).action_approve()
        self.move(deal, "proposal")
        self.refuses(deal, "contract", "in three price ranges", "Choose the options with an application engineer")
        self.quote(deal, "economy", 1000)
        self.quote(deal, "economy", 1100)
        self.quote(deal, "standard", 2000)
        self.task(deal, "proposal_options").with_user(self.people["application_engineer"]).action_do()
        self.assertEqual(deal.quotation_range_count, 2)
        self.refuses(deal, "contract", "in three price ranges")

    def test_the_accepted_quotation_gives_equipment_and_price(self):
        self.refuses(self.offered(), "contract", "Have a quotation accepted")
        deal = self.contracted(phone="+7 912 000-00-02")
        self.assertEqual(deal.equipment_price, 2000)
        self.assertIn("Boiler", deal.equipment)

    def test_an_adapted_contract_goes_to_the_lawyer(self):
        deal = self.contracted()
        deal.contract_kind = "adapted"
        self.refuses(deal, "prepayment", "Adapt the contract")
        self.task(deal, "contract_adapt").with_user(self.people["lawyer"]).action_do()
        self.move(deal, "prepayment")

    def test_it_is_delivered_commissioned_accepted_and_paid(self):
        deal = self.contracted()
        self.move(deal, "prepayment")
        self.refuses(deal, "delivery", "Prepayment Due")
        deal.prepayment_due = 600
        deal.prepayment_amount = 500
        self.refuses(deal, "delivery", "has not been received in full")
        deal.prepayment_amount = 600
        self.move(deal, "delivery")
        self.refuses(deal, "commissioning", "Organise the delivery")
        self.task(deal, "delivery").with_user(self.people["procurement"]).action_do()
        self.move(deal, "commissioning")
        self.refuses(deal, "acceptance", "Commission the equipment on site")
        self.tick(deal, "commissioning")
        self.move(deal, "acceptance")
        self.refuses(deal, "payment", "Attach the scans of the signed documents")
        self.attach(deal, "signed", "act.pdf")
        self.move(deal, "payment")
        self.refuses(deal, "won", "has not paid the whole contract amount")
        deal.received_amount = 2000
        self.move(deal, "won")
        self.assertEqual(deal.won_status, "won")

    def test_a_loss_always_has_a_comment(self):
        deal = self.inquire()
        for name in ("price", "delivery", "disappeared", "supplier", "not_needed", "terms", "blocked", "other"):
            reason = self.ref(f"reason_equipment_{name}")
            with self.subTest(name), self.assertRaisesRegex(Exception, "needs a comment"):
                deal.action_set_lost(lost_reason_id=reason.id)
        deal.action_set_lost(lost_reason_id=self.ref("reason_equipment_price").id, lost_comment="Too dear by half")
        self.assertEqual(deal.won_status, "lost")
