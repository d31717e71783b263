"""Attacks: imports of cold lists, by people who want more than their table."""

from odoo import SUPERUSER_ID
from odoo.exceptions import AccessError, ValidationError
from odoo.fields import Command
from odoo.tests import new_test_user

from ..imports import ImportCase

ROWS = [["Имя", "Телефон"], ["A", "89120000001"], ["B", "89120000002"]]


class TestForgedImports(ImportCase):
    def test_an_import_is_of_whoever_makes_it(self):
        boss = new_test_user(self.env, "boss", "sales_team.group_sale_manager")
        for user in (self.manager, self.head):
            imports = self.env["funnel.import"].with_user(user)
            forged = {"default_user_id": boss.id, "default_state": "importing", "default_has_begun": True}
            job = imports.with_context(**forged).create(
                {"list_id": self.cold_list.id, "file": self.make_import(ROWS).sudo().file, "file_name": "b.csv"}
            )
            self.assertEqual((job.user_id, job.state, job.has_begun), (user, "draft", False))

    def test_columns_of_a_colleague(self):
        mine, theirs = self.make_import(ROWS), self.make_import(ROWS, user=self.manager)
        column = theirs.column_ids[0]
        for command in (
            Command.update(column.id, {"target": "city"}),
            Command.link(column.id),
            Command.create({"position": 7, "header": "X", "target": "city"}),
            Command.delete(mine.column_ids[0].id),
        ):
            with self.assertRaises(AccessError):
                mine.write({"column_ids": [command]})
        self.assertEqual((theirs.column_ids[0].target, column.import_id), ("first_name", theirs))

    def test_fields_that_no_table_fills(self):
        job = self.make_import(ROWS)
        for target in ("company_id", "team_id", "create_uid", "won_status", "funnel_origin_id", "active", "no_field"):
            with self.assertRaisesRegex(ValidationError, "no table fills that field"):
                job.column_ids[0].target = target

    def test_a_check_does_not_hold_for_other_columns(self):
        job = self.make_import(ROWS)
        self.assertTrue(job.action_check())  # XML-RPC cannot answer with nothing
        self.run_imports()
        self.assertEqual(job.state, "checked")
        job.column_ids[1].target = False
        self.assertEqual(job.state, "draft")

    def test_the_list_of_another_company(self):
        other = self.env["res.company"].create({"name": "Other"})
        team = self.make_funnel("Theirs", "lead", ["New"], company_id=other.id)
        theirs = self.make_list(name="Secret", team_id=team.id)
        with self.assertRaises(AccessError):
            self.make_import(ROWS, cold_list=theirs)
        job = self.make_import(ROWS)
        with self.assertRaises(AccessError):
            job.write({"list_id": theirs.id})

    def test_salespeople_who_cannot_work_there(self):
        other = self.env["res.company"].create({"name": "Other"})
        stranger = new_test_user(
            self.env, "stranger", "sales_team.group_sale_salesman", company_id=other.id, company_ids=[other.id]
        )
        portal = new_test_user(self.env, "guest", "base.group_portal")
        keeper = new_test_user(self.env, "keeper", "base.group_user")
        self.leads.company_id = self.env.company
        for user in (stranger, portal, keeper):
            with self.assertRaises(ValidationError):
                self.make_import(ROWS, salesperson_ids=[Command.set(user.ids)])

    def test_the_table_names_somebody_who_does_not_sell(self):
        new_test_user(self.env, "guest", "base.group_portal", name="Guest")
        job = self.make_import([["Имя", "Телефон", "Ответственный"], ["A", "89120000001", "Guest"]])
        job.action_import()
        self.run_imports()
        self.assertEqual(self.get_verdicts(job), {2: "invalid"})


class TestUndo(ImportCase):
    def make_done(self):
        job = self.make_import(ROWS)
        job.action_import()
        self.run_imports()
        return job, self.leads_of(job).sorted("id")

    def test_work_that_the_system_has_gone_over_is_kept(self):
        job, leads = self.make_done()
        leads[0].with_user(self.head).street = "Nevsky 1"
        leads.with_user(SUPERUSER_ID).write({"user_id": self.salesperson.id})
        self.env.flush_all()
        job.action_undo()
        self.run_imports()
        self.assertEqual(leads.exists(), leads[0])
        self.assertEqual((job.state, job.kept_count), ("undone", 1))

    def test_only_its_importer_takes_it_back(self):
        job, leads = self.make_done()
        for user in (self.manager, self.salesperson):
            with self.assertRaises(AccessError):
                job.with_user(user).action_undo()
        self.assertEqual(job.state, "done")

    def test_a_lead_that_was_edited_or_talked_about_is_kept(self):
        job, leads = self.make_done()
        leads[0].with_user(self.head).write({"phone": False})
        leads[1].with_user(self.head).message_post(body="Called")
        job.action_undo()
        self.run_imports()
        self.assertEqual(job.kept_count, 2)
