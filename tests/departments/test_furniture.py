"""A client of a furniture maker on the way through every stage and every detour of the preset ``furniture``.

It is March 2026 in Moscow; Monday the 2nd is the first day. Anna sells, Head leads the department, the others do what
their role asks for.
"""

from odoo.exceptions import ValidationError
from odoo.fields import Command

from .department import DepartmentCase


class FurnitureCase(DepartmentCase):
    preset = "furniture"
    staff = ("technologist", "communications", "measurer")

    def option(self, kind, name):
        return self.ref(f"option_furniture_{kind}_{name}").id

    def inquire(self, **values):
        """Return a new deal of the salesperson with all that its first stage asks for on entering."""
        known = {
            "source_id": self.ref("source_website").id,
            "deal_type_id": self.option("deal_type", "retail_client"),
            "product_type_id": self.option("product_type", "kitchen"),
        }
        deals = self.make_leads(self.funnel, user_id=self.salesperson.id, name="Kitchen", **(known | values))
        return deals.with_user(self.salesperson)

    def fill_in_estimate(self, deal, **values):
        """Do everything that the first stage asks for before a deal leaves it."""
        deal.write(
            {
                "client_status_id": self.option("client_status", "ready_to_order"),
                "city": "Moscow",
                "general_need_ids": [Command.link(self.option("general_need", "new_home"))],
                "key_need_ids": [Command.link(self.option("key_need", "materials"))],
                "preliminary_discount": 5,
                "preliminary_amount": 300000,
                "presentation_kind": "voice",
                "presentation_date": "2026-03-03",
                **values,
            }
        )
        self.attach(deal, "estimate")
        return deal

    def order_measurement(self, deal, day, **values):
        """Write down a measurement at 12:00 of a day of March, with all that its stages ask for."""
        deal.write(
            {
                "street": "Tverskaya",
                "address_house": "1",
                "photo_allowed": "yes",
                "ledger_reference": "K-17",
                "ledger_date": "2026-03-03",
                "ledger_amount": 300000,
                "measurement_date": self.moscow(day, 12),
                **values,
            }
        )

    def prepare_measurement(self, deal):
        """Do the tasks of the stage of the measurement, each as the role concerned."""
        self.tick(deal, "measurement_discounts", "measurement_invite", "measurement_post")
        deal.with_user(self.people["communications"]).action_funnel_chat()
        self.approve(deal, "measurement_stamp", "technologist")

    def measured(self, day=6):
        """Return a deal in the stage of the measurement, on which everything has been done before its date."""
        deal = self.fill_in_estimate(self.inquire())
        self.order_measurement(deal, day)
        self.move(deal, "measurement")
        self.prepare_measurement(deal)
        return deal


class TestEstimate(FurnitureCase):
    def test_a_deal_comes_in_with_source_and_types(self):
        with self.assertRaisesRegex(ValidationError, "Type of Deal|Deal Type"):
            self.inquire(deal_type_id=False)

    def test_it_leaves_with_needs_estimate_sheet_and_presentation(self):
        with self.at(self.moscow(2, 10)):
            deal = self.inquire()
            reasons = ["Client Status", "City", "Attach at least one estimate sheet", "Give the presentation"]
            self.refuses(deal, "postponed", *reasons)

    def test_a_written_presentation_needs_a_reason_and_the_word_of_the_head(self):
        with self.at(self.moscow(3, 10)):
            deal = self.fill_in_estimate(self.inquire(), presentation_kind="whatsapp")
            self.order_measurement(deal, 12)
            self.refuses(deal, "premeasurement", "written instead of spoken", "Allow a written presentation")
            deal.written_presentation_reason = "Travels, has no time for a call"
            self.refuses(deal, "premeasurement", "Allow a written presentation")
            self.approve(deal, "estimate_written", "head")
            self.move(deal, "premeasurement")

    def test_a_client_without_a_next_step_is_reminded_of_each_working_day(self):
        with self.at(self.moscow(2, 10)):
            deal = self.inquire()
        self.assertEqual(self.told(3, 9, 59), [])
        self.assertEqual(self.told(3, 10), [("Anna", "No contact planned for today")])
        with self.at(self.moscow(3, 15)):
            deal.activity_schedule("mail.mail_activity_data_call", self.moscow(4, 12).date())
        self.assertEqual(self.told(4, 10), [], "a call is planned for that day")
        with self.at(self.moscow(4, 15)):
            deal.activity_ids.action_feedback()
            deal.agreed_contact_date = "2026-03-06"
        for day in (5, 6):
            self.assertEqual(self.told(day, 10), [], "the client agreed to another date")
        self.assertEqual(self.told(9, 10), [("Anna", "No contact planned for today")])
        with self.at(self.moscow(9, 15)):
            deal.action_funnel_reached()
        self.assertEqual(self.told(11, 10), [], "from the second week on every three days will do")
        self.assertEqual(self.told(13, 10), [("Anna", "No contact for three days")])

    def test_an_unfinished_estimate_is_told_at_the_end_of_the_day(self):
        with self.at(self.moscow(2, 10)):
            deal = self.inquire(general_need_ids=[Command.link(self.option("general_need", "new_home"))])
        self.assertEqual(self.told(2, 17, 59), [])
        self.assertEqual(self.told(2, 18), [("Anna", "Estimate unfinished")])
        with self.at(self.moscow(3, 9)):
            self.attach(deal, "estimate")
        self.assertNotIn(("Anna", "Estimate unfinished"), self.told(3, 18))


class TestPostponed(FurnitureCase):
    def test_the_next_step_is_planned_within_three_working_days_of_the_presentation(self):
        with self.at(self.moscow(5, 10)):
            deal = self.fill_in_estimate(self.inquire(), presentation_date="2026-03-05")
            self.refuses(deal, "postponed", "section of the contract", "within 3 working days")
            deal.contract_client_name = "Irina Mironova"
            activity = deal.activity_schedule("mail.mail_activity_data_call", self.moscow(11, 12).date())
            self.refuses(deal, "postponed", "within 3 working days")
            activity.date_deadline = self.moscow(10, 12).date()
            self.move(deal, "postponed")

    def test_another_date_that_the_client_agreed_to_will_do(self):
        with self.at(self.moscow(5, 10)):
            deal = self.fill_in_estimate(self.inquire(), contract_client_name="Irina", agreed_contact_date="2026-03-30")
            self.refuses(deal, "postponed", "on the date that the client agreed to")
            deal.activity_schedule("mail.mail_activity_data_call", self.moscow(30, 12).date())
            self.move(deal, "postponed")

    def test_the_department_reads_of_it_in_its_channel(self):
        channel = self.ref("channel_requests")
        with self.at(self.moscow(5, 10)):
            deal = self.fill_in_estimate(self.inquire(), contract_client_name="Irina", agreed_contact_date="2026-03-30")
            deal.activity_schedule("mail.mail_activity_data_call", self.moscow(30, 12).date())
            self.move(deal, "postponed")
        self.told(5, 10, 1)
        posted = channel.message_ids.filtered(lambda message: f'data-oe-id="{deal.id}"' in (message.body or ""))
        self.assertEqual(len(posted), 1)


class TestMeasurement(FurnitureCase):
    def test_the_date_says_which_stage_fits(self):
        with self.at(self.moscow(3, 10)):
            deal = self.fill_in_estimate(self.inquire())
            self.order_measurement(deal, 6)
            self.refuses(deal, "premeasurement", "belongs to the stage “Measurement”")
            deal.measurement_date = self.moscow(7, 12)
            self.refuses(deal, "measurement", "belongs to the stage “Pre-measurement”")
            deal.measurement_date = "2026-04-05 09:00:00"
            self.refuses(deal, "premeasurement", "defer this deal")
            deal.measurement_date = "2026-04-04 09:00:00"
            self.move(deal, "premeasurement")

    def test_a_later_one_waits_in_the_deferred_demand_and_comes_back(self):
        with self.at(self.moscow(3, 10)):
            deal = self.fill_in_estimate(self.inquire())
            deal.funnel_defer("2026-04-20", "The flat is ready in May")
            self.assertEqual(deal.team_id, self.ref("funnel_deferred"))
            deal.funnel_resume()
        self.assertEqual(self.place(deal), "estimate")

    def test_the_client_ledger_agrees_with_the_deal(self):
        with self.at(self.moscow(3, 10)):
            deal = self.fill_in_estimate(self.inquire())
            self.order_measurement(deal, 12, ledger_amount=299000)
            self.refuses(deal, "premeasurement", "The client ledger and the deal differ")
            self.assertEqual(deal.ledger_difference, -1000)
            deal.ledger_amount = 300000
            self.move(deal, "premeasurement")

    def test_the_address_and_the_answer_about_photos_are_needed(self):
        with self.at(self.moscow(3, 10)):
            deal = self.fill_in_estimate(self.inquire())
            self.order_measurement(deal, 12, photo_allowed=False)
            self.refuses(deal, "premeasurement", "whether photos may be taken")

    def test_nobody_but_the_head_goes_back_from_there(self):
        with self.at(self.moscow(3, 10)):
            deal = self.fill_in_estimate(self.inquire())
            self.order_measurement(deal, 12)
            self.move(deal, "premeasurement")
            self.refuses(deal, "estimate", "Pre-measurement")
            deal.with_user(self.head).funnel_override_move(self.stage("estimate").id, "Another project altogether")
        self.assertEqual(self.place(deal), "estimate")

    def test_the_confirmation_is_planned_three_days_before_and_follows_the_date(self):
        with self.at(self.moscow(3, 10)):
            deal = self.fill_in_estimate(self.inquire())
            self.order_measurement(deal, 12)
            self.move(deal, "premeasurement")
            planned = deal.activity_ids
            self.assertEqual(planned.mapped("date_deadline"), [self.moscow(9, 12).date()])
            deal.measurement_date = self.moscow(20, 12)
            self.assertEqual(deal.activity_ids.mapped("date_deadline"), [self.moscow(17, 12).date()])

    def test_without_the_stamp_of_the_technologist_it_is_not_confirmed(self):
        with self.at(self.moscow(3, 10)):
            deal = self.fill_in_estimate(self.inquire())
            self.order_measurement(deal, 6)
            self.move(deal, "measurement")
        self.assertEqual(self.told(5, 15, 59), [])
        names = ("Anna", "Head", "Measurer")
        self.assertEqual(self.told(5, 16), [(name, "Measurement not confirmed") for name in names])
        self.assertEqual(deal.measurement_state, "not_confirmed")

    def test_with_the_stamp_nobody_is_told(self):
        with self.at(self.moscow(3, 10)):
            deal = self.measured()
        self.assertEqual(self.told(5, 16), [])
        self.assertNotEqual(deal.measurement_state, "not_confirmed")

    def test_nobody_goes_on_without_the_tasks_of_the_measurement(self):
        with self.at(self.moscow(3, 10)):
            deal = self.fill_in_estimate(self.inquire())
            self.order_measurement(deal, 6)
            self.move(deal, "measurement")
            tasks = ["Stamp of the technologist", "Invite the communications manager", "Open the measurement chat"]
            self.refuses(deal, "contract", *tasks, "Check the estimate against the present discounts")

    def test_the_engineer_finds_it_in_the_calendar(self):
        with self.at(self.moscow(3, 10)):
            deal = self.measured()
        event = deal.sudo().measurement_event_id
        self.assertEqual(event.start, self.moscow(6, 12))
        self.assertIn(self.people["measurer"].partner_id, event.partner_ids)

    def test_the_chat_has_its_people(self):
        with self.at(self.moscow(3, 10)):
            deal = self.measured()
        members = deal.sudo().chat_channel_id.channel_partner_ids
        people = [*self.people.values(), self.head, self.salesperson]
        self.assertLessEqual({user.partner_id for user in people}, set(members))

    def test_without_contract_and_sheet_it_is_put_aside_the_next_morning(self):
        with self.at(self.moscow(3, 10)):
            deal = self.measured()
        self.told(7, 10, 44)
        self.assertEqual(self.place(deal), "measurement")
        self.told(7, 10, 45)
        self.assertEqual(self.place(deal), "no_sheet")
        self.assertEqual(deal.funnel_move_ids.sorted("id")[-1].kind, "automatic")

    def test_with_a_sheet_it_is_asked_what_came_of_it(self):
        with self.at(self.moscow(3, 10)):
            deal = self.measured()
        with self.at(self.moscow(6, 17)):
            self.attach(deal, "measurement")
        self.assertEqual(self.told(7, 10, 45), [])
        self.assertEqual(self.told(7, 11), [("Anna", "What came of the measurement?")])
        self.assertEqual(self.told(7, 12), [("Head", "Measurement without result")])
        self.assertEqual(self.place(deal), "measurement")


class TestAfterTheMeasurement(FurnitureCase):
    def called(self):
        """Return a deal whose client is called after the measurement."""
        with self.at(self.moscow(3, 10)):
            deal = self.measured()
        with self.at(self.moscow(6, 17)):
            self.refuses(deal, "call", "Attach the measurement sheet", "why there is no contract")
            self.attach(deal, "measurement")
            deal.write({"offered_discount": 7, "offered_instalments": "3 months", "no_contract_reason": "Thinks"})
            self.move(deal, "call")
        return deal

    def precontract(self):
        """Return a deal with a pre-contract of the 9th of March."""
        deal = self.called()
        with self.at(self.moscow(9, 10)):
            terms = {
                "contract_client_name": "Irina Mironova",
                "contract_number": "P-9",
                "contract_amount": 290000,
                "contract_discount": 7,
                "precontract_date": "2026-03-09",
                "expected_contract_date": "2026-04-01",
                "prepayment_amount": 9000,
            }
            self.refuses(deal, "precontract", "Contract Number")
            deal.write(terms)
            self.refuses(deal, "precontract", "at least 10,000")
            deal.prepayment_amount = 10000
            self.move(deal, "precontract")
        return deal

    def test_a_repeat_measurement_needs_a_new_date(self):
        deal = self.called()
        with self.at(self.moscow(9, 10)):
            self.refuses(deal, "repeat", "Agree on a new date")
            deal.measurement_date = self.moscow(18, 12)
            self.move(deal, "repeat")
            self.assertEqual(deal.activity_ids.mapped("date_deadline"), [self.moscow(16, 12).date()])
        self.assertEqual(self.told(19, 11), [("Anna", "What came of the measurement?")])

    def test_a_pre_contract_runs_for_thirty_days(self):
        deal = self.precontract()
        self.assertEqual(self.told(31, 10), [])
        self.assertIn(("Anna", "A week left to the contract"), self.told(32, 10))
        self.assertIn(("Head", "Pre-contract runs out"), self.told(39, 10))
        self.assertIn(("Head", "Pre-contract without the head's word"), self.told(40, 10))
        self.assertIn(("Head", "Pre-contract without the head's word"), self.told(41, 10))
        with self.at(self.moscow(41, 12)):
            self.refuses(deal, "contract", "has to let it run on")
            self.approve(deal, "precontract_extend", "head")
        self.assertEqual(self.told(42, 10), [])
        with self.at(self.moscow(42, 12)):
            self.move(deal, "contract")

    def test_the_discount_of_a_pre_contract_holds_for_its_thirty_days(self):
        deal = self.precontract()
        with self.at(self.moscow(20, 12)):
            for values in ({"contract_discount": 12}, {"precontract_date": "2026-01-01"}):
                with self.assertRaisesRegex(ValidationError, "holds for 30 days(.|\n)*Change the discount"):
                    deal.write(values)
            self.move(deal, "call")
            with self.assertRaisesRegex(ValidationError, "holds for 30 days"):
                deal.contract_discount = 12
            self.move(deal, "precontract")
            self.approve(deal, "precontract_discount", "head")
            deal.contract_discount = 12
            with self.assertRaisesRegex(ValidationError, "holds for 30 days"):
                deal.contract_discount = 15
        with self.at(self.moscow(40, 12)):
            deal.contract_discount = 5
        self.assertEqual(deal.contract_discount, 5)

    def test_the_contract_wins_the_deal(self):
        deal = self.precontract()
        with self.at(self.moscow(10, 10)):
            self.move(deal, "contract")
            deal.contract_number = False
        self.assertIn(("Anna", "Data of the contract missing"), self.told(11, 11))
        with self.at(self.moscow(11, 12)):
            self.refuses(deal, "won", "Contract Number", "Attach the signed contract")
            deal.write({"contract_number": "D-11", "contract_date": "2026-03-11", "ledger_date": "2026-03-11"})
            self.attach(deal, "contract")
            self.move(deal, "won")
        self.assertEqual(deal.won_status, "won")


class TestWholeWay(FurnitureCase):
    """One client, three weeks, every stage."""

    def test_from_the_request_to_the_contract(self):
        with self.at(self.moscow(2, 10)):
            deal = self.fill_in_estimate(self.inquire(), contract_client_name="Irina Mironova")
            deal.presentation_date = "2026-03-02"
            deal.activity_schedule("mail.mail_activity_data_call", self.moscow(5, 12).date())
            self.move(deal, "postponed")
        with self.at(self.moscow(5, 12)):
            self.order_measurement(deal, 16)
            self.move(deal, "premeasurement")
        with self.at(self.moscow(13, 10)):
            self.move(deal, "measurement")
            self.prepare_measurement(deal)
        self.told(17, 10, 45)
        self.assertEqual(self.place(deal), "no_sheet")
        with self.at(self.moscow(17, 15)):
            self.attach(deal, "measurement")
            deal.write({"offered_discount": 7, "offered_instalments": "3 months", "no_contract_reason": "Thinks"})
            self.move(deal, "call")
        with self.at(self.moscow(18, 10)):
            deal.measurement_date = self.moscow(20, 12)
            self.move(deal, "repeat")
        with self.at(self.moscow(23, 10)):
            terms = {"contract_number": "P-23", "contract_amount": 290000, "contract_discount": 7}
            dates = {"precontract_date": "2026-03-23", "expected_contract_date": "2026-04-10"}
            deal.write({**terms, **dates, "prepayment_amount": 20000})
            self.move(deal, "precontract")
        with self.at(self.moscow(30, 10)):
            self.move(deal, "contract")
            deal.write({"contract_number": "D-30", "contract_date": "2026-03-30", "ledger_date": "2026-03-30"})
            self.attach(deal, "contract")
            self.move(deal, "won")
        ways = [move.to_stage_id for move in deal.funnel_move_ids.sorted("id")]
        self.assertEqual([stage.id for stage in ways], self.funnel.stage_ids.sorted("sequence").ids)


class TestLoss(FurnitureCase):
    def test_a_loss_tells_the_story_the_amount_and_when(self):
        with self.at(self.moscow(3, 10)):
            deal = self.inquire()
            reason = {"lost_reason_id": self.ref("reason_furniture_expensive").id}
            for values in ({}, {"lost_comment": "Too much"}, {"lost_comment": "Too much", "loss_phase": "before"}):
                with self.assertRaises(ValidationError), self.env.cr.savepoint():
                    deal.action_set_lost(**reason, **values)
            told = {"lost_comment": "Found it cheaper", "loss_phase": "before", "preliminary_amount": 1}
            deal.action_set_lost(**reason, **told)
        self.assertEqual((deal.won_status, deal.lost_comment), ("lost", "Found it cheaper"))

    def test_after_the_measurement(self):
        with self.at(self.moscow(3, 10)):
            deal = self.measured()
        with self.at(self.moscow(6, 17)):
            told = {"lost_comment": "The renovation stands still", "loss_phase": "after"}
            deal.action_set_lost(lost_reason_id=self.ref("reason_furniture_renovation").id, **told)
        self.assertEqual(deal.won_status, "lost")
        self.assertFalse(self.armed(deal))
