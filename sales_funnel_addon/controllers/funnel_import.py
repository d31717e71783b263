import tempfile

from odoo import http
from odoo.http import content_disposition, request

from ..tools.sheet_report import write_report

#: How many rows are read from the database at once.
AT_ONCE = 2000


class FunnelImportController(http.Controller):
    """Downloads of imports."""

    @http.route("/sales_funnel/import/<int:import_id>/report", type="http", auth="user", readonly=True)
    def report(self, import_id):
        """Return the table of an import with the verdict of each row, as xlsx.

        :param int import_id: the id of the import; whoever may not read it gets the same answer as for one that is
            not there
        """
        jobs = request.env["funnel.import"]
        job = jobs.search([("id", "=", import_id)]) if jobs.has_access("read") else jobs
        if not job:
            raise request.not_found()
        with tempfile.TemporaryFile() as output:
            write_report(output, job._get_report_headers(), job._iterate_report(AT_ONCE))
            size = output.tell()
            output.seek(0)
            content = output.read()
        headers = [
            ("Content-Type", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"),
            ("Content-Length", size),
            ("Content-Disposition", content_disposition(job._get_report_name())),
            ("X-Content-Type-Options", "nosniff"),
        ]
        return request.make_response(content, headers)
