"""What stands around a sale, on the way through the funnels of the preset ``services``.

It is March 2026 in Moscow. Anna sells, Head leads the department; whoever measures, makes, buys, checks and repairs
does what the roles ask for.
"""

from odoo.exceptions import AccessError, ValidationError

from .department import DepartmentCase


class ServicesCase(DepartmentCase):
    preset = "services"
    funnel_code = "services_presale"
    staff = ("measurer", "lawyer", "finance", "warehouse", "logistics", "production", "procurement", "quality_control")

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        names = ("presale", "sale", "production", "supply", "repeat", "warranty")
        cls.funnels = {name: cls.ref(f"funnel_services_{name}") for name in names}
        for funnel in cls.funnels.values():
            funnel.write({"user_id": cls.head.id, "resource_calendar_id": cls.funnel.resource_calendar_id.id})

    def setUp(self):
        super().setUp()
        clock = self.at(self.moscow(3, 10))
        clock.__enter__()
        self.addCleanup(clock.__exit__, None, None, None)
        self.client = self.env["res.partner"].create({"name": "Pavel Orlov"})

    def begin(self, funnel, **values):
        """Return a new card of the salesperson in the first stage of a funnel."""
        known = {
            "name": "Wardrobe",
            "user_id": self.salesperson.id,
            "partner_id": self.client.id,
            "contact_name": "Pavel Orlov",
            "phone": "+7 912 345-67-89",
            "source_id": self.ref("source_website").id,
        }
        return self.make_leads(self.funnels[funnel], **(known | values)).with_user(self.salesperson)

    def do(self, card, name, role):
        """Do a task as whoever plays a role."""
        self.task(card, name).with_user(self.people[role]).action_do()

    def only_card(self, deal, funnel):
        """Return the one card that a deal has made in a funnel, as the salesperson sees it."""
        cards = deal.sudo().funnel_card_ids.filtered(lambda card: card.team_id == self.funnels[funnel])
        self.assertEqual(len(cards), 1)
        return cards.with_user(self.salesperson)

    def win_sale(self, target="production", **values):
        """Return a sale that was won and handed over to a funnel."""
        deal = self.begin("sale", need_description="A wardrobe", expected_revenue=1000, **values)
        self.move(deal, "sale_proposal")
        self.tick(deal, "sale_proposal")
        self.move(deal, "sale_contract")
        deal.write({"contract_number": "S-1", "contract_date": "2026-03-03", "contract_amount": 1000})
        self.approve(deal, "sale_agreed", "head")
        self.move(deal, "sale_payment")
        deal.write({"prepayment_due": 500, "prepayment_amount": 500})
        deal.funnel_handover_team_id = self.funnels[target]
        self.move(deal, "sale_won")
        return deal


class TestPresale(ServicesCase):
    def test_from_the_inquiry_to_the_sale(self):
        deal = self.begin("presale", contact_name=False, partner_id=False, phone=False)
        self.refuses(deal, "presale_appointment", "Contact Name", "at least one of", "Description of the Need")
        deal.write(
            {"contact_name": "Pavel", "phone": "+7 912 345-67-89", "need_description": "An audit of the kitchen"}
        )
        self.refuses(deal, "presale_appointment", "Find out what the client wants")
        self.tick(deal, "presale_needs")
        self.move(deal, "presale_appointment")
        self.tick(deal, "presale_agree")
        self.refuses(deal, "presale_visit", "City")
        deal.write({"city": "Kazan", "measurement_date": self.moscow(5, 12), "partner_id": self.client.id})
        self.move(deal, "presale_visit")
        event = deal.sudo().measurement_event_id
        self.assertIn(self.people["measurer"].partner_id, event.partner_ids)
        self.refuses(deal, "presale_results", "Attach the report", "Carry out the measurement")
        self.do(deal, "presale_visit", "measurer")
        self.attach(deal, "report")
        self.move(deal, "presale_results")
        self.tick(deal, "presale_present")
        self.refuses(deal, "presale_won", "Estimate Amount")
        deal.write({"preliminary_amount": 900, "presentation_kind": "voice"})
        self.move(deal, "presale_won")
        sale = self.only_card(deal, "sale")
        self.assertEqual((self.place(sale), sale.user_id), ("sale_needs", self.salesperson))
        self.assertEqual((sale.need_description, sale.funnel_origin_id), (deal.need_description, deal))

    def test_nobody_calls_back(self):
        self.begin("presale")
        self.assertEqual(self.told(3, 12, 59), [])
        self.assertEqual(self.told(3, 14, 1), [("Anna", "Call the client back")])
        self.assertEqual(self.told(4, 10, 1), [("Head", "Presale without progress for a day")])

    def test_no_report_the_day_after_the_visit(self):
        deal = self.begin("presale", need_description="An audit", city="Kazan")
        self.tick(deal, "presale_needs")
        self.move(deal, "presale_appointment")
        self.tick(deal, "presale_agree")
        deal.measurement_date = self.moscow(5, 12)
        self.move(deal, "presale_visit")
        self.assertEqual(self.told(6, 10, 59), [])
        told = [("Anna", "Visit without a report"), ("Measurer", "Visit without a report")]
        self.assertEqual(self.told(6, 11, 1), told)


class TestSale(ServicesCase):
    def test_what_is_missing(self):
        deal = self.begin("sale")
        self.refuses(deal, "sale_proposal", "Description of the Need")
        deal.need_description = "A wardrobe"
        self.move(deal, "sale_proposal")
        self.refuses(deal, "sale_contract", "Present the proposal", "Expected Revenue")
        self.tick(deal, "sale_proposal")
        deal.expected_revenue = 1000
        self.move(deal, "sale_contract")
        self.refuses(deal, "sale_payment", "Contract Number", "Needs an approval: Contract agreed")
        with self.assertRaises(AccessError), self.env.cr.savepoint():
            self.task(deal, "sale_agreed").with_user(self.salesperson).action_approve()
        self.approve(deal, "sale_agreed", "head")
        deal.write({"contract_number": "S-1", "contract_date": "2026-03-03", "contract_amount": 1000})
        self.move(deal, "sale_payment")
        self.refuses(deal, "sale_won", "Prepayment Due")
        deal.prepayment_due = 500
        self.refuses(deal, "sale_won", "prepayment has not been received in full")
        deal.prepayment_amount = 500
        self.refuses(deal, "sale_won", "Choose to which funnel the deal is handed over")
        deal.write({"funnel_handover_team_id": self.funnels["supply"].id, "stage_id": self.stage("sale_won").id})
        self.assertEqual(self.place(self.only_card(deal, "supply")), "supply_check")


class TestProduction(ServicesCase):
    def test_from_the_storekeeper_to_repeat_sales(self):
        deal = self.win_sale()
        card = self.only_card(deal, "production")
        self.assertEqual(self.place(card), "production_storekeeper")
        self.refuses(card, "production_cutting", "Pick the materials")
        self.do(card, "production_pick", "warehouse")
        self.move(card, "production_cutting")
        self.refuses(card, "production_assembly", "Cut the parts")
        self.do(card, "production_cut", "production")
        self.move(card, "production_assembly")
        self.do(card, "production_assemble", "production")
        self.refuses(card, "production_done", "Quality control has not accepted the order yet")
        self.task(card, "production_quality").with_user(self.people["quality_control"]).action_approve()
        self.move(card, "production_done")
        self.assertEqual((card.won_status, deal.won_status, deal.expected_revenue), ("won", "won", 1000))
        repeat = self.only_card(card, "repeat")
        self.assertEqual((self.place(repeat), repeat.user_id), ("repeat_rhythm", self.salesperson))
        self.assertEqual(len(repeat.funnel_chain), 3, "sale, production, repeat sales")

    def test_materials_that_nobody_picks(self):
        self.win_sale()
        expected = [("Head", "Materials are not picked"), ("Warehouse", "Materials are not picked")]
        self.assertEqual(self.told(4, 10, 1), expected)


class TestSupply(ServicesCase):
    def test_from_the_check_to_the_goods(self):
        card = self.only_card(self.win_sale("supply"), "supply")
        self.refuses(card, "supply_contract", "Needs an approval: Supplier checked")
        self.refuses(card, "supply_order", "there is no way")
        self.task(card, "supply_check").with_user(self.people["lawyer"]).action_approve()
        self.move(card, "supply_contract")
        for task, role, stage, missing in (
            ("supply_contract", "procurement", "supply_order", "Conclude the contract"),
            ("supply_order", "procurement", "supply_invoice", "Place the order"),
            ("supply_pay", "finance", "supply_delivery", "Pay the invoice"),
            ("supply_accept", "warehouse", "supply_done", "Accept the goods"),
        ):
            self.refuses(card, stage, missing)
            self.do(card, task, role)
            self.move(card, stage)
        self.only_card(card, "repeat")

    def test_an_unsound_supplier_loses_the_card(self):
        card = self.begin("supply", need_description="Boards")
        refusal = {"state": "refused", "comment": "Bankrupt"}
        self.task(card, "supply_check").with_user(self.people["lawyer"]).write(refusal)
        self.assertEqual((card.won_status, card.lost_reason_id), ("lost", self.ref("reason_services_unsound")))

    def test_what_to_buy_is_written_down(self):
        card = self.begin("supply")
        self.task(card, "supply_check").with_user(self.people["lawyer"]).action_approve()
        self.refuses(card, "supply_contract", "Write what has to be bought")

    def test_a_check_that_takes_too_long(self):
        self.begin("supply", need_description="Boards")
        name = "Check of the supplier takes longer than two days"
        self.assertEqual(self.told(5, 10, 1), [("Head", name), ("Lawyer", name)])


class TestRepeatSales(ServicesCase):
    def test_an_interested_client_orders_again(self):
        card = self.begin("repeat")
        self.move(card, "repeat_interest")
        self.refuses(card, "repeat_order", "Find out the need", "Description of the Need")
        self.tick(card, "repeat_offer")
        card.need_description = "A second wardrobe"
        self.move(card, "repeat_order")
        sale = self.only_card(card, "sale")
        self.assertEqual((self.place(sale), sale.need_description), ("sale_needs", "A second wardrobe"))

    def test_each_contact_plans_the_next_three_months_later(self):
        card = self.begin("repeat")
        self.assertEqual(str(card.rhythm_date)[:10], "2026-06-03")
        activity = card.activity_ids.filtered("calendar_event_id")
        self.assertEqual(activity.user_id, self.salesperson)
        with self.at(self.moscow(3 + 31 + 30 + 31, 10)):  # the 3rd of June
            activity.action_feedback(feedback="Nothing new")
            self.env.invalidate_all()
        self.assertEqual(str(card.rhythm_date)[:10], "2026-09-03")

    def test_a_client_who_wants_no_more_calls(self):
        card = self.begin("repeat")
        card.action_set_lost(lost_reason_id=self.ref("reason_services_no_calls").id)
        self.assertEqual(card.won_status, "lost")


class TestWarranty(ServicesCase):
    def setUp(self):
        super().setUp()
        self.deal = self.win_sale()

    def claim(self, case_type=None, **values):
        case_type_id = case_type and self.ref(f"case_type_services_{case_type}").id
        values = {"need_description": "A door does not close", **values}
        return self.begin("warranty", funnel_case_type_id=case_type_id, **values)

    def test_the_claim_says_what_it_is_about(self):
        claim = self.claim(need_description=False)
        self.refuses(claim, "warranty_inspection", "choose the case type")
        claim.funnel_case_type_id = self.ref("case_type_services_defect_assembly")
        self.refuses(claim, "warranty_inspection", "Description of the Need", "Say which won deal", "day for the insp")
        claim.write({"need_description": "A door hangs", "measurement_date": self.moscow(6, 12)})
        claim.funnel_subject_id = self.deal
        self.move(claim, "warranty_inspection")
        self.assertEqual(claim.funnel_origin_id, self.deal)
        self.assertIn(claim.id, [card["id"] for card in self.deal.funnel_chain])

    def test_a_defect_is_inspected_and_repaired(self):
        claim = self.claim("defect_assembly", funnel_subject_id=self.deal.id, measurement_date=self.moscow(6, 12))
        self.refuses(claim, "warranty_replacement", "only wrong or missing parts are replaced")
        self.refuses(claim, "warranty_advice", "Advice is for questions about use")
        self.move(claim, "warranty_inspection")
        self.refuses(claim, "warranty_repair", "Attach the report of the inspection", "Inspect the defect on site")
        self.do(claim, "warranty_inspect", "measurer")
        self.attach(claim, "inspection")
        self.refuses(claim, "warranty_replacement", "A defect of the assembly is repaired")
        self.move(claim, "warranty_repair")
        self.do(claim, "warranty_repair", "production")
        self.refuses(claim, "warranty_closed", "Ask the client whether the repair is good")
        self.tick(claim, "warranty_repaired")
        self.move(claim, "warranty_closed")
        self.assertEqual((claim.won_status, self.deal.won_status), ("won", "won"))

    def test_missing_parts_are_delivered(self):
        claim = self.claim("incomplete", funnel_subject_id=self.deal.id)
        self.refuses(claim, "warranty_inspection", "Only defects and damages are inspected")
        self.move(claim, "warranty_replacement")
        self.refuses(claim, "warranty_closed", "Deliver the replacement")
        self.do(claim, "warranty_deliver", "logistics")
        self.move(claim, "warranty_closed")

    def test_a_question_is_answered(self):
        claim = self.claim("question", funnel_subject_id=self.deal.id)
        self.move(claim, "warranty_advice")
        self.refuses(claim, "warranty_closed", "Answer the question")
        self.tick(claim, "warranty_advise")
        self.move(claim, "warranty_closed")

    def test_a_new_kind_of_defect_goes_the_way_of_defects(self):
        defect = self.ref("case_type_services_defect")
        paint = self.env["funnel.case.type"].create({"name": "Paint", "parent_id": defect.id})
        claim = self.claim(funnel_subject_id=self.deal.id, measurement_date=self.moscow(6, 12))
        claim.funnel_case_type_id = paint
        self.assertNotIn(self.stage("warranty_inspection").id, claim.funnel_get_closed_stages())
        self.move(claim, "warranty_inspection")

    def test_a_claim_nobody_works_on(self):
        self.claim("question")
        self.assertEqual(self.told(3, 15, 1), [("Anna", "Call about the claim")])
        self.assertIn(("Head", "Claim without progress for a day"), self.told(4, 10, 1))

    def test_only_won_deals_of_the_same_client(self):
        claim = self.claim("question")
        other = self.begin("sale", partner_id=self.env["res.partner"].create({"name": "Olga"}).id)
        with self.assertRaisesRegex(ValidationError, "it is not won"):
            claim.funnel_subject_id = other
        self.deal.sudo().partner_id = other.partner_id
        with self.assertRaisesRegex(ValidationError, "a deal of another client"):
            claim.funnel_subject_id = self.deal
        with self.assertRaisesRegex(ValidationError, "only cards in a funnel of follow-ups"):
            other.funnel_subject_id = self.deal
