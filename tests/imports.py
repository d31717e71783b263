"""Tables to import, and what imports them in tests."""

import base64
import csv
import io

import openpyxl
from odoo import SUPERUSER_ID, api

from .common import FunnelCase


def make_csv(rows, encoding="utf-8", delimiter=";"):
    """Return rows as a text file."""
    output = io.StringIO()
    csv.writer(output, delimiter=delimiter).writerows(rows)
    return output.getvalue().encode(encoding)


def make_xlsx(rows, title="Sheet"):
    """Return rows as a workbook."""
    book = openpyxl.Workbook(write_only=True)
    sheet = book.create_sheet(title)
    for row in rows:
        sheet.append(row)
    output = io.BytesIO()
    book.save(output)
    return output.getvalue()


class ImportCase(FunnelCase):
    """A cold list in the funnel of leads, and its head of sales, who imports."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.env.company.country_id = cls.env.ref("base.ru")
        cls.leads.user_id = cls.head
        cls.cold_list = cls.make_list()
        cls.registry_enter_test_mode_cls()

    @classmethod
    def make_list(cls, **values):
        """Create a cold list in the funnel of leads."""
        return cls.env["funnel.list"].create({"name": "Restaurants", "team_id": cls.leads.id, **values})

    def make_import(self, rows, user=None, cold_list=None, **values):
        """Create an import of rows, or of the content of a file, as the head of sales."""
        content = rows if isinstance(rows, bytes) else make_csv(rows)
        return (
            self.env["funnel.import"]
            .with_user(user or self.head)
            .create(
                {
                    "list_id": (cold_list or self.cold_list).id,
                    "file": base64.b64encode(content),
                    "file_name": "base.csv",
                    **values,
                }
            )
        )

    def run_imports(self, batch_size=500):
        """Let the scheduled action run to its end, within the transaction of the test."""
        self.env.flush_all()
        with self.registry.cursor() as cr:
            api.Environment(cr, SUPERUSER_ID, {})["funnel.import"]._cron_run(batch_size=batch_size)
        self.env.invalidate_all()

    def get_verdicts(self, job):
        """Return the verdicts of the rows of an import, by number."""
        rows = self.env["funnel.import.row"].search([("import_id", "=", job.id)])
        return {row.number: row.state for row in rows}

    def why(self, job, number):
        """Return what is said of a row."""
        domain = [("import_id", "=", job.id), ("number", "=", number)]
        return self.env["funnel.import.row"].search(domain).message

    def leads_of(self, job):
        """Return the leads that came of an import, in the order of the file."""
        return self.env["funnel.import.row"].search([("import_id", "=", job.id)]).lead_id
