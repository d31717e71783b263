from datetime import datetime, timezone

from odoo import api, fields, models
from odoo.exceptions import AccessError, ValidationError
from odoo.tools import SQL

#: What the server says about a document, whatever a client sends.
SERVER_FIELDS = ("version", "user_id", "date")


class FunnelDocument(models.Model):
    """One version of a document of a lead: a file that is kept as it is, with its kind, its number and its author."""

    _name = "funnel.document"
    _inherit = ["funnel.follows.lead.mixin"]
    _description = "Document of a Lead"
    _order = "kind_id, version desc, id desc"

    lead_id = fields.Many2one("crm.lead", required=True, index=True, ondelete="cascade")
    kind_id = fields.Many2one("funnel.document.kind", required=True, index=True, ondelete="cascade")
    attachment_id = fields.Many2one("ir.attachment", "File", required=True, ondelete="cascade")
    name = fields.Char("File Name", related="attachment_id.name")
    mimetype = fields.Char("File Type", related="attachment_id.mimetype")
    version = fields.Integer(readonly=True, help="Counted by the server, for each lead and kind of document.")
    is_latest = fields.Boolean(
        "Newest",
        compute="_compute_is_latest",
        help="It came with the last upload of its kind; others are older versions.",
    )
    note = fields.Char(help="What is new in this version.")
    user_id = fields.Many2one("res.users", "By", readonly=True)
    date = fields.Datetime(readonly=True)

    _unique_version = models.Constraint(
        "UNIQUE (lead_id, kind_id, version)", "Each version of a document has a number of its own."
    )
    _unique_attachment = models.Constraint("UNIQUE (attachment_id)", "This file is a document already.")

    @api.depends("lead_id.funnel_document_ids.date")
    def _compute_is_latest(self):
        """Files that were uploaded together are equally new."""
        groups = self._read_group([("lead_id", "in", self.lead_id.ids)], ["lead_id", "kind_id"], ["date:max"])
        latest = {(lead, kind): date for lead, kind, date in groups}
        for document in self:
            document.is_latest = document.date == latest.get((document.lead_id, document.kind_id))

    @api.constrains("lead_id", "attachment_id")
    def _check_attachment_id(self):
        """A document is a file of its own lead: nobody gets at a file by calling it a document."""
        for document in self.sudo():
            attachment = document.attachment_id
            if (attachment.res_model, attachment.res_id) != ("crm.lead", document.lead_id.id) or attachment.res_field:
                raise ValidationError(self.env._("A document is a file that is attached to its lead."))
            if attachment.type == "binary" and not attachment.file_size:
                raise ValidationError(self.env._("“%s” is empty: that is no document.", attachment.name))

    # ------------------------------------------------------------
    # ORM
    # ------------------------------------------------------------

    @api.model_create_multi
    def create(self, vals_list):
        # whatever comes as a default counts as well
        vals_list = [self._add_missing_default_values(vals) for vals in vals_list]
        leads = self.env["crm.lead"].browse({vals["lead_id"] for vals in vals_list if vals.get("lead_id")})
        leads.check_access("write")
        self._lock(leads)
        groups = self.sudo()._read_group([("lead_id", "in", leads.ids)], ["lead_id", "kind_id"], ["version:max"])
        last = {(lead.id, kind.id): version for lead, kind, version in groups}
        # to the microsecond: two uploads may come within a second
        now, prepared = datetime.now(timezone.utc).replace(tzinfo=None), []
        for vals in vals_list:
            place = vals.get("lead_id"), vals.get("kind_id")
            last[place] = last.get(place, 0) + 1
            facts = {"user_id": self.env.uid, "date": now}
            prepared.append({**vals, **facts, "version": last[place]})
        documents = super().create(prepared)
        documents._check_kinds()
        documents.lead_id._follow_with_tasks({"funnel_document_ids"})
        return documents

    def write(self, vals):
        if not self.env.su and vals.keys() - {"note"}:
            raise AccessError(self.env._("A document is kept as it is: add a new version instead of changing it."))
        return super().write(vals)

    def unlink(self):
        attachments = self.attachment_id
        result = super().unlink()
        # whoever may delete a document may delete its file; the file refuses everybody else
        attachments.sudo().unlink()
        return result

    @api.model
    def _lock(self, leads):
        """Let nobody else add documents to these leads before this transaction ends.

        The rows are written, not only locked: a transaction that has waited would go on with the versions it saw
        before; this way PostgreSQL makes it fail, and Odoo tries it again.
        """
        if leads:
            self.flush_model(["lead_id", "kind_id", "version"])
            self.env.cr.execute(
                SQL(
                    "UPDATE crm_lead SET write_uid = write_uid WHERE id IN "
                    "(SELECT id FROM crm_lead WHERE id IN %s ORDER BY id FOR NO KEY UPDATE)",
                    tuple(leads.ids),
                )
            )

    def _check_kinds(self):
        """Refuse documents that the funnel of their lead does not know."""
        for document in self.sudo():
            team, kind = document.lead_id.team_id, document.kind_id
            if not team.funnel_kind or not kind._is_offered_by(team):
                raise ValidationError(
                    self.env._(
                        "“%(kind)s” is no document of the funnel of “%(lead)s”.",
                        kind=kind.name,
                        lead=document.lead_id.display_name,
                    )
                )

    def _move_to(self, lead):
        """Carry documents over to another lead; all of its documents are numbered anew, the oldest first."""
        documents = self | lead.funnel_document_ids
        if not self:
            return
        self._lock(documents.lead_id)
        self.attachment_id._move_documents_to(lead)
        self.env.flush_all()
        # two steps: the numbers are unique at every moment
        self.env.cr.execute(
            SQL(
                "UPDATE funnel_document AS document SET lead_id = %s, version = -ranked.version FROM ("
                "SELECT id, row_number() OVER (PARTITION BY kind_id ORDER BY date, id) AS version "
                "FROM funnel_document WHERE id IN %s) AS ranked WHERE document.id = ranked.id",
                lead.id,
                tuple(documents.ids),
            )
        )
        self.env.cr.execute(SQL("UPDATE funnel_document SET version = -version WHERE id IN %s", tuple(documents.ids)))
        documents.invalidate_recordset()
        (documents.lead_id | lead).invalidate_recordset(["funnel_document_ids"])
