"""Documents: versions counted by the server, kept as they are, demanded by stages."""

import os
from concurrent.futures import ThreadPoolExecutor

from odoo import SUPERUSER_ID, api
from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.fields import Command
from odoo.tests import Form, new_test_user
from odoo.tools import mute_logger
from psycopg2.errors import SerializationFailure

from .common import CommittedCase, FunnelCase, FunnelFactory


class DocumentCase(FunnelCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.sheet, cls.act = cls.env["funnel.document.kind"].create(
            [{"name": "Estimate sheet"}, {"name": "Act", "team_ids": [Command.link(cls.deals.id)]}]
        )

    @classmethod
    def attach(cls, leads, *names, user=None):
        """Attach files to leads, as the salesperson."""
        return (
            cls.env["ir.attachment"]
            .with_user(user or cls.salesperson)
            .create(
                [
                    {"name": name, "raw": name.encode(), "res_model": "crm.lead", "res_id": lead.id}
                    for lead in leads
                    for name in names
                ]
            )
        )

    @classmethod
    def add(cls, lead, kind, *names, user=None):
        """Add documents to a lead, as the salesperson does it on the screen."""
        files = cls.attach(lead, *names, user=user)
        return (
            cls.env["funnel.document"]
            .with_user(user or cls.salesperson)
            .create([{"lead_id": lead.id, "kind_id": kind.id, "attachment_id": file.id} for file in files])
        )


class TestVersions(DocumentCase):
    def test_versions_are_counted_by_lead_and_kind(self):
        deal, other = self.make_deal(), self.make_deal()
        self.add(deal, self.sheet, "a.pdf", "b.pdf")
        self.add(deal, self.act, "act.pdf")
        self.add(other, self.sheet, "x.pdf")
        third = self.add(deal, self.sheet, "c.pdf")
        self.assertEqual(third.version, 3)
        deal.invalidate_recordset()
        self.assertEqual(
            [(document.kind_id.name, document.name, document.version) for document in deal.funnel_document_ids],
            [
                *(("Estimate sheet", name, version) for name, version in (("c.pdf", 3), ("b.pdf", 2), ("a.pdf", 1))),
                ("Act", "act.pdf", 1),
            ],
        )
        self.assertEqual(third.user_id, self.salesperson)

    def test_files_of_the_last_upload_are_the_newest(self):
        deal = self.make_deal()
        self.add(deal, self.sheet, "a.pdf", "b.pdf")
        # within the same second
        new = self.add(deal, self.sheet, "c.pdf", "d.pdf")
        self.assertEqual(deal.funnel_document_ids.filtered("is_latest"), new.sorted("version", reverse=True))

    def test_queries_do_not_grow_with_the_number_of_files(self):
        def queries(count):
            deals = self.as_salesperson(self.make_leads(self.deals, count, user_id=self.salesperson.id))
            values = [
                {"lead_id": file.res_id, "kind_id": self.sheet.id, "attachment_id": file.id}
                for file in self.attach(deals, "a.pdf", "b.pdf")
            ]
            self.env.flush_all()
            self.env.invalidate_all()
            before = self.env.cr.sql_log_count
            self.env["funnel.document"].with_user(self.salesperson).create(values)
            self.env.flush_all()
            return self.env.cr.sql_log_count - before

        queries(2)
        self.assertEqual(queries(2), queries(50))

    def test_a_copy_of_a_deal_has_no_documents(self):
        deal = self.make_deal()
        self.add(deal, self.sheet, "a.pdf")
        self.assertFalse(deal.copy().funnel_document_ids)

    def test_merged_deals_keep_all_documents_numbered_by_age(self):
        first, second = self.make_deal(), self.make_deal(contract_amount=100)
        added = [self.add(deal, self.sheet, name) for deal, name in zip((first, second, first), "abc", strict=True)]
        for age, document in zip((3, 2, 1), added, strict=True):
            self.env.cr.execute(
                "UPDATE funnel_document SET date = date - %s * interval '1 day' WHERE id = %s", [age, document.id]
            )
        self.env.invalidate_all()
        merged = (first | second).with_user(self.head).merge_opportunity(team_id=self.deals.id)
        documents = merged.funnel_document_ids
        self.assertEqual([(document.name, document.version) for document in documents], [("c", 3), ("b", 2), ("a", 1)])
        self.assertEqual(set(documents.attachment_id.mapped("res_id")), {merged.id})
        self.assertEqual(self.add(merged, self.sheet, "d", user=self.head).version, 4)

    def test_a_deleted_deal_takes_its_documents_along(self):
        deal = self.make_deal()
        document = self.add(deal, self.sheet, "a.pdf")
        file = document.attachment_id
        deal.with_user(new_test_user(self.env, "sale_admin", "sales_team.group_sale_manager")).unlink()
        self.assertFalse(document.exists() or file.exists())

    def test_a_document_can_do_a_task(self):
        condition = f"[('funnel_document_ids.kind_id', '=', {self.act.id})]"
        template = self.make_task(self.estimate, "Scan the act", done_condition=condition)
        deal = self.make_deal()
        self.add(deal, self.sheet, "a.pdf")
        self.assertEqual(self.task_of(deal, template).state, "open")
        self.add(deal, self.act, "act.pdf")
        self.assertEqual(self.task_of(deal, template).state, "done")


class TestRights(DocumentCase):
    """What salespeople cannot do, however they try; managers can."""

    def setUp(self):
        super().setUp()
        self.deal = self.make_deal()
        self.document = self.add(self.deal, self.sheet, "a.pdf")
        self.file = self.as_salesperson(self.document.attachment_id)

    def test_what_the_server_says_is_not_for_clients_to_say(self):
        values = {"version": 7, "user_id": self.head.id, "date": "2020-01-01"}
        file = self.attach(self.deal, "b.pdf")
        created = (
            self.env["funnel.document"]
            .with_user(self.salesperson)
            .with_context(default_version=7, default_user_id=self.head.id)
            .create({"lead_id": self.deal.id, "kind_id": self.sheet.id, "attachment_id": file.id, **values})
        )
        self.assertEqual((created.version, created.user_id), (2, self.salesperson))
        self.assertNotEqual(str(created.date)[:4], "2020")
        other = self.make_deal()
        for name, value in {**values, "kind_id": self.act.id, "lead_id": other.id, "attachment_id": file.id}.items():
            for user in (self.salesperson, self.head, self.manager):
                with self.assertRaisesRegex(AccessError, "kept as it is"):
                    self.document.with_user(user).write({name: value})
                with self.assertRaisesRegex(AccessError, "kept as it is"):
                    self.deal.with_user(user).write({"funnel_document_ids": [(1, self.document.id, {name: value})]})
        self.document.note = "For the client"

    def test_nothing_is_deleted_or_replaced(self):
        for attack in (
            lambda: self.file.unlink(),
            lambda: self.file.sudo()._delete_and_notify(),  # as the chatter does
            lambda: self.file.write({"raw": b"other"}),
            lambda: self.file.write({"datas": b"eA=="}),
            lambda: self.file.write({"name": "other.pdf"}),
            lambda: self.file.write({"res_id": self.make_deal().id}),
            lambda: self.file.write({"res_model": "res.partner", "res_id": self.env.user.partner_id.id}),
            lambda: self.file.write({"res_model": False, "res_id": False}),
            lambda: self.file.with_context(moved_documents=True).unlink(),
        ):
            with self.assertRaisesRegex(UserError, "“a.pdf” is version 1 of the document “Estimate sheet”"):
                attack()
        for attack in (
            lambda: self.document.unlink(),
            lambda: self.deal.write({"funnel_document_ids": [(2, self.document.id)]}),
            lambda: self.deal.write({"funnel_document_ids": [(5,)]}),
            lambda: self.deal.write({"funnel_document_ids": [(3, self.document.id)]}),
        ):
            with self.assertRaises(AccessError):
                attack()
        self.assertEqual((self.file.raw, self.file.res_id), (b"a.pdf", self.deal.id))
        plain = self.attach(self.deal, "plain.txt")
        plain.name = "other.txt"
        plain.unlink()

    def test_managers_may_delete(self):
        second = self.add(self.deal, self.sheet, "b.pdf")
        self.document.with_user(self.manager).unlink()
        self.assertFalse(self.file.exists())
        second.attachment_id.with_user(self.manager).sudo()._delete_and_notify()
        self.assertFalse(second.exists())

    def test_documents_follow_their_lead(self):
        theirs = self.make_leads(self.deals, user_id=self.head.id)
        [document] = self.add(theirs, self.sheet, "secret.pdf", user=self.head)
        self.assertFalse(self.env["funnel.document"].with_user(self.salesperson).search([("id", "=", document.id)]))
        with self.assertRaises(AccessError):
            document.with_user(self.salesperson).read(["name"])
        with self.assertRaises(AccessError):
            self.add(theirs, self.sheet, "mine.pdf")
        own = self.attach(self.deal, "mine.pdf")
        for lead, file in ((theirs, own), (theirs, document.attachment_id)):
            with self.assertRaises(AccessError):
                self.env["funnel.document"].with_user(self.salesperson).create(
                    {"lead_id": lead.id, "kind_id": self.sheet.id, "attachment_id": file.id}
                )

    def test_a_file_of_something_else_is_no_document(self):
        theirs = self.make_leads(self.deals, user_id=self.head.id)
        secret = self.attach(theirs, "secret.pdf", user=self.head)
        contact = self.env["ir.attachment"].create(
            {"name": "x", "raw": b"x", "res_model": "res.partner", "res_id": self.env.user.partner_id.id}
        )
        for file in (secret, contact):
            with self.assertRaisesRegex(ValidationError, "attached to its lead"):
                self.env["funnel.document"].with_user(self.salesperson).create(
                    {"lead_id": self.deal.id, "kind_id": self.sheet.id, "attachment_id": file.id}
                )

    def test_people_from_outside_see_nothing(self):
        for group in ("base.group_portal", "base.group_user"):
            user = new_test_user(self.env, f"outside_{group[-4:]}", group)
            with self.assertRaises(AccessError):
                self.document.with_user(user).read(["name"])
            with self.assertRaises(AccessError):
                self.env["funnel.document"].with_user(user).search([])
            with self.assertRaises(AccessError):
                self.env["funnel.document"].with_user(user).create(
                    {"lead_id": self.deal.id, "kind_id": self.sheet.id, "attachment_id": self.file.id}
                )

    def test_a_kind_belongs_to_funnels(self):
        lead = self.as_salesperson(self.make_leads(self.leads, user_id=self.salesperson.id))
        known = [kind["name"] for kind in lead.funnel_document_kinds]
        self.assertTrue("Estimate sheet" in known and "Act" not in known)
        with self.assertRaisesRegex(ValidationError, "“Act” is no document of the funnel"):
            self.add(lead, self.act, "act.pdf")
        stock = self.env["crm.lead"].create({"name": "Stock", "user_id": self.salesperson.id, "team_id": False})
        self.assertFalse(stock.funnel_document_kinds)
        with self.assertRaisesRegex(ValidationError, "is no document of the funnel"):
            self.add(stock, self.sheet, "a.pdf")

    def test_a_kind_in_use_is_archived(self):
        with self.assertRaisesRegex(UserError, "Archive it"):
            self.sheet.with_user(self.manager).unlink()
        self.demand_kind(self.contract, "attachments", document_kind_id=self.act.id)
        with self.assertRaisesRegex(UserError, "Archive it"):
            self.act.with_user(self.manager).unlink()
        self.sheet.active = False
        self.assertEqual(self.document.kind_id, self.sheet)
        for user in (self.salesperson, self.head):
            with self.assertRaises(AccessError):
                self.act.with_user(user).name = "Mine"


class TestRequirement(DocumentCase):
    def test_only_documents_of_the_kind_count(self):
        requirement = self.demand_kind(self.contract, "attachments", document_kind_id=self.sheet.id)
        self.assertEqual(requirement.name, "Estimate sheet")
        deal = self.make_deal()
        self.attach(deal, "loose.pdf")
        self.add(deal, self.act, "act.pdf")
        with self.assertRaisesRegex(ValidationError, "Add the document: Estimate sheet"):
            deal.stage_id = self.contract
        verdict = deal.funnel_check_move(self.contract.id)
        self.assertIn("Add the document: Estimate sheet", str(verdict))
        self.add(deal, self.sheet, "sheet.pdf")
        deal.stage_id = self.contract
        self.assertEqual(deal.stage_id, self.contract)

    def test_several_may_be_needed(self):
        self.demand_kind(self.contract, "attachments", document_kind_id=self.sheet.id, minimum=2)
        deal = self.make_deal()
        self.add(deal, self.sheet, "a.pdf")
        with self.assertRaisesRegex(ValidationError, "Add documents: Estimate sheet, at least 2"):
            deal.stage_id = self.contract
        self.add(deal, self.sheet, "b.pdf")
        deal.stage_id = self.contract

    def test_it_speaks_the_language_of_the_reader(self):
        self.env["res.lang"]._activate_lang("ru_RU")
        self.sheet.with_context(lang="ru_RU").name = "Лист просчёта"
        self.demand_kind(self.contract, "attachments", document_kind_id=self.sheet.id)
        with self.assertRaisesRegex(ValidationError, "Лист просчёта"):
            self.make_deal().with_context(lang="ru_RU").stage_id = self.contract

    def test_it_is_chosen_in_the_form(self):
        with Form(self.env["funnel.requirement"].with_user(self.manager)) as form:
            form.stage_id = self.contract
            form.kind = "attachments"
            form.document_kind_id = self.sheet
        self.assertEqual(form.record.document_kind_id, self.sheet)

    def test_the_check_takes_as_many_queries_for_many(self):
        self.demand_kind(self.contract, "attachments", document_kind_id=self.sheet.id)

        def queries(count):
            deals = self.make_leads(self.deals, count)
            self.env.flush_all()
            self.env.invalidate_all()
            before = self.env.cr.sql_log_count
            deals._judge_moves({deal.id: deal._get_target_state(self.contract.id) for deal in deals})
            return self.env.cr.sql_log_count - before

        queries(2)
        self.assertEqual(queries(2), queries(50))


class TestTwoUploadsAtOnce(CommittedCase):
    def found(self, env):
        team = FunnelFactory.make_funnel("Uploads", "deal", ["One"])
        kind, lead = env["funnel.document.kind"].create({"name": "Sheet"}), FunnelFactory.make_leads(team)
        self.kind_id, self.lead_id = kind.id, lead.id
        return lead, kind, team.stage_ids, team

    def upload(self, cr):
        env = api.Environment(cr, SUPERUSER_ID, {})
        content = os.urandom(8)  # two that write the same file at once would collide in the file store
        file = env["ir.attachment"].create(
            {"name": "x", "raw": content, "res_model": "crm.lead", "res_id": self.lead_id}
        )
        values = {"lead_id": self.lead_id, "kind_id": self.kind_id, "attachment_id": file.id}
        version = env["funnel.document"].create(values).version
        env.flush_all()
        return version

    def test_the_second_has_to_count_again(self):
        with self.registry.cursor() as second:
            second.execute("SELECT 1 FROM crm_lead WHERE id = %s", [self.lead_id])  # its snapshot is from before
            with self.registry.cursor() as first:
                self.assertEqual(self.upload(first), 1)
            with self.assertRaises(SerializationFailure), mute_logger("odoo.sql_db"):
                self.upload(second)  # never a violated constraint, which Odoo would not try again
            second.rollback()
            self.assertEqual(self.upload(second), 2)  # as Odoo tries again

    def test_many_at_once_get_different_versions(self):
        def upload_and_try_again(_number):
            while True:
                with self.registry.cursor() as cr:
                    try:
                        return self.upload(cr)
                    except SerializationFailure:
                        cr.rollback()

        with mute_logger("odoo.sql_db"), ThreadPoolExecutor(4) as pool:
            versions = list(pool.map(upload_and_try_again, range(8)))
        self.assertEqual(sorted(versions), list(range(1, 9)))
