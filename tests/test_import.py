"""Importing a cold list: the columns, the check, the leads, what is refused and why, stopping and undoing."""

from odoo.exceptions import AccessError, UserError
from odoo.fields import Command
from odoo.tests import new_test_user

from .imports import ImportCase, make_csv, make_xlsx

HEADERS = ["Название лида", "Имя", "Фамилия", "Рабочий телефон", "Мобильный телефон", "Рабочий e-mail", "Комментарий"]
IVAN = ["Кухня", "Иван", "Петров", "8 (495) 123-45-67", "8 912 345-67-89", "ivan@example.com", "Звонить утром"]


class TestColumns(ImportCase):
    def get_targets(self, job):
        return {column.header: column.target for column in job.column_ids}

    def test_the_columns_are_recognised(self):
        job = self.make_import([HEADERS, IVAN])
        targets = ["name", "first_name", "last_name", "phone", "phone", "email_from", "description"]
        self.assertEqual(job.column_ids.mapped("target"), targets)
        self.assertEqual(job.column_ids[0].sample, "Кухня")
        self.assertEqual((job.state, job.header_row, job.preview), ("draft", 1, [[2, IVAN]]))
        self.assertIn("Кухня", job.preview_html)

    def test_rows_above_the_headers_are_left_out(self):
        job = self.make_import([["База за март"], [], ["Имя", "Телефон"], ["Иван", "89123456789"]])
        self.assertEqual(job.header_row, 3)
        job.header_row = 0
        self.assertEqual(job.column_ids.mapped("header"), ["Column 1", "Column 2"])
        self.assertEqual(job.preview[0], [1, ["База за март"]])

    def test_a_choice_is_remembered_for_the_header(self):
        job = self.make_import([["Кто", "Куда звонить"], ["Иван", "89123456789"]])
        self.assertEqual(job.column_ids.mapped("target"), [False, False])
        with self.assertRaisesRegex(UserError, "at least one column"):
            job.action_import()
        job.column_ids[0].target, job.column_ids[1].target = "contact_name", "phone"
        job.action_check()
        again = self.make_import([[" КТО*", "куда звонить"], ["Пётр", "89123456780"]], user=self.manager)
        self.assertEqual(again.column_ids.mapped("target"), ["contact_name", "phone"])

    def test_a_field_is_filled_from_one_column(self):
        job = self.make_import([["Город", "Населённый пункт"], ["Пермь", "Пермь"]])
        self.assertEqual(job.column_ids.mapped("target"), ["city", False])
        with self.assertRaisesRegex(UserError, "“Город” and “Населённый пункт” cannot both go into “City”"):
            job.column_ids[1].target = "city"

    def test_the_sheet_with_rows_is_taken(self):
        job = self.make_import(make_xlsx([["Name", "Phone"], ["Ivan", 79123456789]], "Base"))
        self.assertEqual((job.sheet_name, job.sheet_names), ("Base", "Base"))
        with self.assertRaisesRegex(UserError, "There is no sheet “Other” in the file. There are: Base"):
            job.sheet_name = "Other"


class TestLeads(ImportCase):
    def test_a_row_becomes_a_lead(self):
        source = self.env["utm.source"].create({"name": "Cold calls"})
        self.cold_list.source_id = source
        job = self.make_import([HEADERS, IVAN])
        job.action_import()
        self.run_imports()
        lead = self.leads_of(job)
        self.assertEqual((job.state, job.created_count, job.progress), ("done", 1, 100))
        self.assertEqual((lead.name, lead.contact_name), ("Кухня", "Петров Иван"))
        self.assertEqual(lead.phone, "8 (495) 123-45-67, 8 912 345-67-89")
        self.assertEqual(lead.client_keys, "+74951234567 +79123456789 ivan@example.com")
        self.assertEqual((lead.stage_id, lead.type, lead.user_id.id), (self.new, "lead", False))
        self.assertEqual((lead.funnel_list_id, lead.source_id), (self.cold_list, source))
        self.assertIn("Звонить утром", lead.description)
        self.assertEqual(lead.create_uid, self.head)
        self.assertEqual(lead.funnel_move_ids.mapped("kind"), ["created"])

    def test_a_check_creates_nothing(self):
        job = self.make_import([HEADERS, IVAN, IVAN])
        job.action_check()
        self.run_imports()
        self.assertEqual((job.state, job.created_count, job.duplicate_count), ("checked", 1, 1))
        self.assertEqual(self.get_verdicts(job), {2: "ok", 3: "duplicate_row"})
        self.assertEqual(self.why(job, 3), "The same client as in row 2.")
        self.assertFalse(self.cold_list.lead_ids)
        job.action_import()
        self.run_imports()
        self.assertEqual(self.get_verdicts(job), {2: "created", 3: "duplicate_row"})
        self.assertEqual(len(self.cold_list.lead_ids), 1)

    def test_typed_values(self):
        tag = self.env["crm.tag"].create({"name": "VIP"})
        headers = ["Имя", "Ответственный", "Теги", "Сумма", "Источник", "Язык", "Описание потребности"]
        row = ["Иван", "sale_anna", "vip; опт", "12 000,50 ₽", "Website", "English (US)", "Кухня"]
        job = self.make_import([headers, row, ["Пётр", "Nobody", "", "", "", "", ""], ["Анна", "", "", "много"]])
        job.action_import()
        self.run_imports()
        lead = self.leads_of(job)
        self.assertEqual((lead.user_id, lead.expected_revenue), (self.salesperson, 12000.5))
        self.assertEqual(lead.tag_ids.mapped("name"), ["VIP", "опт"])
        self.assertIn(tag, lead.tag_ids)
        self.assertEqual((lead.lang_id.code, lead.need_description), ("en_US", "Кухня"))
        self.assertRegex(self.why(job, 3), "Salesperson: “Nobody” cannot be used. Expected: one of .*Anna")
        self.assertRegex(self.why(job, 4), "Expected Revenue: “много” cannot be used. Expected: a number")

    def test_salespeople_get_leads_in_turn(self):
        oleg = new_test_user(self.env, "sale_oleg", "sales_team.group_sale_salesman", name="Oleg")
        rows = [["Имя", "Телефон"], *([f"Client {n}", f"8912345{n:04}"] for n in range(7))]
        job = self.make_import(rows, salesperson_ids=[Command.set((self.salesperson | oleg).ids)])
        job.action_import()
        self.run_imports(batch_size=3)
        people = [lead.user_id.login for lead in self.leads_of(job).sorted("id")]
        self.assertEqual(people, ["sale_anna", "sale_oleg"] * 3 + ["sale_anna"])
        self.assertFalse(self.leads_of(job).message_ids.filtered(lambda m: m.message_type != "user_notification"))

    def test_what_is_no_number_is_kept_if_there_is_another(self):
        rows = [["Имя", "Телефон", "Мобильный", "E-mail"]]
        rows += [["A", "345-67-89", "8 912 345-67-89", "ivan@"], ["B", "345-67", "", ""], ["C", "", "7,9E+10", ""]]
        rows += [["D", "9" * 40, "", ""], ["E", "-", "нет", ""], ["", "", "", ""], ["", "", "", "-"]]
        job = self.make_import(rows)
        job.action_import()
        self.run_imports()
        expected = {2: "created", 3: "invalid", 4: "invalid", 5: "invalid", 6: "created", 8: "invalid"}
        self.assertEqual(self.get_verdicts(job), expected)
        first = self.leads_of(job).sorted("id")[0]
        self.assertEqual(first.phone, "8 912 345-67-89")
        self.assertIn("345-67-89", first.description)
        self.assertIn("ivan@", first.description)
        self.assertRegex(
            self.why(job, 3), "Phone: “345-67” cannot be used. Expected: a phone number with all of its digits"
        )
        self.assertIn("nobody to call", self.why(job, 8))


class TestDuplicates(ImportCase):
    def run_rows(self, *phones, **values):
        job = self.make_import(
            [["Имя", "Телефон"], *([f"Client {n}", phone] for n, phone in enumerate(phones))], **values
        )
        job.action_import()
        self.run_imports(batch_size=2)
        return job

    def test_leads_and_contacts_are_known(self):
        self.make_leads(self.deals, phone="+7 912 000-00-01", user_id=self.salesperson.id)
        lost = self.make_leads(self.leads, phone="+7 912 000-00-02", user_id=self.salesperson.id)
        lost.action_set_lost(lost_reason_id=self.make_reason("Expensive", self.leads).id)
        self.env["res.partner"].create({"name": "Petr", "phone": "8 912 000 00 03", "user_id": self.salesperson.id})
        archived = self.make_leads(self.leads, phone="+7 912 000-00-04")
        archived.active = False
        job = self.run_rows(*(f"8912000000{n}" for n in (1, 2, 3, 4, 5, 1)))
        states = ["duplicate_known"] * 4 + ["created", "duplicate_known"]
        self.assertEqual(list(self.get_verdicts(job).values()), states)
        self.assertEqual(self.why(job, 2), "Known already: “Lead 0”, with Anna (open: Estimate)")
        self.assertEqual(self.why(job, 3), "Known already: “Lead 0”, with Anna (lost: Expensive)")
        self.assertEqual(self.why(job, 4), "Known already: the contact “Petr”, with Anna")
        self.assertIn("archived", self.why(job, 5))

    def test_a_client_of_this_very_second_is_known(self):
        lead = self.make_leads(self.deals, phone="+7 912 000-00-01")
        lead.flush_recordset()
        self.env.cr.execute(
            "UPDATE crm_lead SET create_date = (now() AT TIME ZONE 'UTC') + interval '1 second' WHERE id = %s",
            [lead.id],
        )
        lead.invalidate_recordset()
        self.assertEqual(self.get_verdicts(self.run_rows("89120000001")), {2: "duplicate_known"})

    def test_known_clients_can_be_imported_all_the_same(self):
        self.make_leads(self.deals, phone="+7 912 000-00-01", user_id=self.salesperson.id)
        job = self.run_rows("89120000001", "89120000002", "89120000001", allow_known=True)
        self.assertEqual(self.get_verdicts(job), {2: "created", 3: "created", 4: "duplicate_row"})
        self.assertEqual(self.leads_of(job).mapped("is_repeat_client"), [True, False])

    def test_duplicates_across_batches(self):
        job = self.run_rows("89120000001", "89120000002", "89120000003", "+7 912 000-00-01", "89120000003")
        self.assertEqual(self.get_verdicts(job)[5], "duplicate_row")
        self.assertEqual(self.why(job, 6), "The same client as in row 4.")

    def test_a_duplicate_of_an_invalid_row_gets_its_turn(self):
        self.demand(self.new, "city")
        rows = [
            ["Имя", "Телефон", "Город"],
            ["A", "89120000001", ""],
            ["B", "89120000001", "Пермь"],
            ["C", "89120000001"],
        ]
        job = self.make_import(rows)
        job.action_check()
        self.run_imports()
        expected = {2: "invalid", 3: "ok", 4: "duplicate_row"}
        self.assertEqual(self.get_verdicts(job), expected)
        self.assertIn("Fill in: City", self.why(job, 2))
        job.action_import()
        self.run_imports(batch_size=1)
        self.assertEqual(self.get_verdicts(job), {**expected, 3: "created"})

    def test_what_another_company_knows_stays_there(self):
        other = self.env["res.company"].create({"name": "Other"})
        self.leads.company_id = self.env.company
        team = self.make_funnel("Theirs", "lead", ["New"], company_id=other.id)
        self.make_leads(team, phone="+7 912 000-00-01", company_id=other.id)
        job = self.run_rows("89120000001")
        self.assertEqual(self.get_verdicts(job), {2: "created"})


class TestRun(ImportCase):
    def make_rows(self, count):
        return [["Имя", "Телефон"], *([f"Client {n}", f"8912345{n:04}"] for n in range(count))]

    def test_stopping_and_going_on(self):
        job = self.make_import(self.make_rows(7))
        job.action_import()
        self.env.flush_all()
        with self.registry.cursor() as cr:
            mine = job.with_env(self.env(cr=cr, user=1))
            mine._advance(3), mine._advance(3)
        self.env.invalidate_all()
        self.assertEqual((job.processed_count, job.created_count, job.is_running), (3, 3, True))
        job.action_cancel()
        self.run_imports()
        self.assertEqual((job.state, len(self.cold_list.lead_ids)), ("cancelled", 3))
        self.assertIn("The leads that are there already stay", job.message)
        job.action_import()
        self.run_imports()
        self.assertEqual((job.state, len(self.cold_list.lead_ids)), ("done", 7))

    def test_undo_keeps_what_somebody_has_worked_with(self):
        job = self.make_import(self.make_rows(5), salesperson_ids=[Command.set(self.salesperson.ids)])
        job.action_import()
        self.run_imports()
        leads = self.leads_of(job).sorted("id")
        self.as_salesperson(leads[1]).funnel_log_contact("reached")
        self.as_salesperson(leads[3]).description = "Wants a kitchen"
        names = (leads[1] + leads[3]).mapped("name")
        job.action_undo()
        self.run_imports(batch_size=2)
        self.assertEqual((job.state, job.kept_count, job.created_count), ("undone", 2, 2))
        self.assertEqual(job.message.split("\n"), names)
        self.assertEqual(leads.exists(), leads[1] + leads[3])
        states = self.get_verdicts(job)
        self.assertEqual(list(states.values()), ["undone", "created", "undone", "created", "undone"])
        self.assertIn("Kept", self.why(job, 3))
        job.action_start_over()
        self.assertEqual((job.state, job.has_begun), ("draft", False))
        job.action_import()
        self.run_imports()
        self.assertEqual((job.created_count, job.duplicate_count), (3, 2))

    def test_what_has_begun_cannot_be_changed(self):
        job = self.make_import(self.make_rows(1))
        job.action_import()
        for change in ({"header_row": 0}, {"allow_known": True}):
            with self.assertRaisesRegex(UserError, "has been begun"):
                job.write(change)
        with self.assertRaisesRegex(UserError, "has been begun"):
            job.column_ids[0].target = False
        with self.assertRaisesRegex(UserError, "stop it first"):
            job.unlink()
        self.run_imports()
        with self.assertRaisesRegex(UserError, "is imported"):
            job.action_import()

    def test_nothing_that_a_client_says_about_the_result_counts(self):
        job = self.make_import(self.make_rows(1), state="done", has_begun=True, user_id=self.manager.id, position=5)
        job.write({"state": "done", "created_count": 9, "user_id": self.manager.id})
        self.assertEqual((job.state, job.has_begun, job.user_id), ("draft", False, self.head))
        self.assertEqual((job.position, job.created_count), (0, 0))

    def test_whoever_has_left_imports_nothing(self):
        job = self.make_import(self.make_rows(1))
        job.action_import()
        self.head.active = False
        self.run_imports()
        self.assertEqual(job.state, "failed")
        self.assertIn("has left", job.message)
        self.assertFalse(self.cold_list.lead_ids)

    def test_a_manager_takes_over_from_who_has_left(self):
        job = self.make_import(self.make_rows(2))
        job.action_import()
        self.run_imports()
        theirs = job.with_user(self.manager)
        with self.assertRaisesRegex(AccessError, "is the import of a colleague"):
            theirs.action_undo()
        self.head.active = False
        theirs.action_undo()
        self.run_imports()
        self.assertEqual((theirs.state, theirs.user_id, len(self.cold_list.lead_ids)), ("undone", self.manager, 0))

    def test_a_failing_action_of_a_stage_is_a_verdict(self):
        action = self.env["ir.actions.server"].create(
            {
                "name": "Burst",
                "model_id": self.env["ir.model"]._get_id("crm.lead"),
                "state": "code",
                "code": "1 / int(not any(lead.contact_name == 'Client 3' for lead in records))",
            }
        )
        self.new.entry_action_ids = action
        job = self.make_import(self.make_rows(6))
        job.action_import()
        self.run_imports()
        self.assertEqual((job.created_count, job.invalid_count), (5, 1))
        self.assertIn("division by zero", self.why(job, 5))

    def test_a_thousand_rows_take_as_many_queries_as_ten(self):
        counts = []
        for count, start in ((10, 0), (10, 100), (300, 1000)):
            rows = [["Имя", "Телефон"], *([f"C {n}", f"8912{start + n:07}"] for n in range(count))]
            job = self.make_import(rows)
            job.action_import()
            self.env.flush_all()
            before = self.env.cr.sql_log_count
            self.run_imports(batch_size=1000)
            counts.append(self.env.cr.sql_log_count - before)
            self.assertEqual(job.created_count, count)
        _first, few, many = counts
        self.assertLess((many - few) / 290, 0.1, f"{few} queries for 10 rows, {many} for 300")


class TestReport(ImportCase):
    def test_every_row_stands_there_with_its_verdict(self):
        job = self.make_import(make_csv([["Имя", "Телефон"], ["=1+1", "89120000001"], ["B", "x"]]))
        job.action_import()
        self.run_imports()
        self.assertEqual(job._get_report_name(), "base - report of the import.xlsx")
        self.assertEqual(job.action_open_list()["res_id"], self.cold_list.id)
        self.assertEqual(job._get_report_headers(), ["Row", "What Becomes of It", "Why", "Link", "Имя", "Телефон"])
        rows = list(job._iterate_report(1))
        lead = self.leads_of(job)
        self.assertEqual(
            rows[0], ["2", "Created", "", f"{job.get_base_url()}/odoo/crm.lead/{lead.id}", "=1+1", "89120000001"]
        )
        self.assertEqual(rows[1][:2], ["3", "Invalid"])
