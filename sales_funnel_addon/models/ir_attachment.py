from odoo import api, models
from odoo.exceptions import UserError

#: What makes a file the one that it is: its content, its name and its place.
CONTENT_FIELDS = frozenset(
    {
        *("name", "type", "url", "raw", "datas", "db_datas", "store_fname", "checksum", "mimetype"),
        *("res_model", "res_id", "res_field"),
    }
)
#: A context value that no client can send.
_MOVED = object()


class IrAttachment(models.Model):
    """A file; one that is a document of a lead stays as it is, for everybody but funnel managers."""

    _inherit = "ir.attachment"

    def write(self, vals):
        if not CONTENT_FIELDS.isdisjoint(vals):
            self.check_access("write")  # what is said below is not for people who may not know the file
            self._check_documents()
        return super().write(vals)

    @api.ondelete(at_uninstall=False)
    def _unlink_except_documents(self):
        self._check_documents()

    def _check_documents(self):
        """Refuse to delete or to replace documents.

        The chatter deletes files with the rights of the superuser, so it is the person who counts.

        :raises UserError: naming the first document
        """
        if self.env.context.get("moved_documents") is _MOVED:
            return
        files = self.sudo().filtered(lambda attachment: attachment.res_model == "crm.lead")
        if not files or self.env.user.has_group("sales_funnel_addon.group_funnel_manager"):
            return
        document = self.env["funnel.document"].sudo().search([("attachment_id", "in", files.ids)], limit=1)
        if document:
            raise UserError(
                self.env._(
                    "“%(file)s” is version %(version)s of the document “%(kind)s”. Documents are neither deleted nor "
                    "replaced: add a new version. A funnel manager can delete it.",
                    file=document.name,
                    version=document.version,
                    kind=document.kind_id.name,
                )
            )

    def _move_documents_to(self, lead):
        """Let the files of documents follow them to another lead."""
        self.with_context(moved_documents=_MOVED).write({"res_id": lead.id})
