from odoo import models


class FunnelImportReportMixin(models.AbstractModel):
    """The report of an import: the table as it was, and before each row what has become of it."""

    _name = "funnel.import.report.mixin"
    _description = "Report of an Import"

    def _get_report_name(self):
        """Return the name of the file."""
        name = (self.file_name or "").rpartition(".")[0] or self.file_name or "import"
        return self.env._("%s - report of the import", name) + ".xlsx"

    def _get_report_headers(self):
        """Return what stands above the columns of the report."""
        own = [self.env._("Row"), self.env._("What Becomes of It"), self.env._("Why"), self.env._("Link")]
        return [*own, *self.column_ids.sorted("position").mapped("header")]

    def _iterate_report(self, at_once):
        """Yield the rows of the report as lists of text.

        :param int at_once: how many rows are read from the database at once
        """
        Row = self.env["funnel.import.row"]
        states, base, number = dict(Row._fields["state"]._description_selection(self.env)), self.get_base_url(), 0
        while rows := Row._fetch_after(self, number, at_once):
            for number, cells, state, message, lead_id in rows:
                link = f"{base}/odoo/crm.lead/{lead_id}" if lead_id else ""
                yield [str(number), states.get(state, ""), message or "", link, *cells]
