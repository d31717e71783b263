"""Attacks on documents: what others may learn of them, and how a stage is passed, or barred for ever."""

from odoo.exceptions import AccessError, ValidationError
from odoo.fields import Command
from odoo.tests import new_test_user

from ..test_documents import DocumentCase


class TestDocumentAttacks(DocumentCase):
    def test_refusals_tell_strangers_nothing(self):
        theirs = self.make_leads(self.deals, user_id=self.head.id)
        file = self.add(theirs, self.sheet, "hidden.pdf", user=self.head).attachment_id
        for user in (self.salesperson, new_test_user(self.env, "outside", "base.group_portal")):
            for attack in (lambda one: one.write({"name": "mine.pdf"}), lambda one: one.unlink()):
                with self.assertRaises(AccessError) as caught:
                    attack(file.with_user(user))
                self.assertNotIn("hidden", str(caught.exception))

    def test_the_lead_comes_from_the_context(self):
        deal = self.make_deal()
        self.add(deal, self.sheet, "a.pdf")
        context = {"default_lead_id": deal.id, "default_kind_id": self.sheet.id}
        Document = self.env["funnel.document"].with_user(self.salesperson).with_context(**context)
        self.assertEqual(Document.create({"attachment_id": self.attach(deal, "b.pdf").id}).version, 2)
        theirs = self.make_leads(self.deals, user_id=self.head.id)
        with self.assertRaises(AccessError):
            Document.with_context(default_lead_id=theirs.id).create({"attachment_id": self.attach(deal, "c.pdf").id})

    def test_an_empty_file_is_no_document(self):
        deal = self.make_deal()
        file = self.attach(deal, "sheet.pdf")
        file.raw = b""
        with self.assertRaisesRegex(ValidationError, "“sheet.pdf” is empty"):
            self.env["funnel.document"].with_user(self.salesperson).create(
                {"lead_id": deal.id, "kind_id": self.sheet.id, "attachment_id": file.id}
            )

    def test_a_stage_requires_only_what_its_leads_can_have(self):
        foreign = self.env["funnel.document.kind"].create({"name": "Form", "team_ids": [Command.link(self.leads.id)]})
        with self.assertRaisesRegex(ValidationError, "“Contract” requires documents of the kind “Form”"):
            self.demand_kind(self.contract, "attachments", document_kind_id=foreign.id)
        requirement = self.demand_kind(self.contract, "attachments", document_kind_id=self.sheet.id)
        for values in ({"active": False}, {"team_ids": [Command.link(self.leads.id)]}):
            with self.assertRaisesRegex(ValidationError, "“Contract” requires documents of the kind “Estimate sheet”"):
                self.sheet.with_user(self.manager).write(values)
        self.sheet.team_ids = self.deals | self.leads
        requirement.active = False
        self.sheet.active = False
