from itertools import islice

from odoo import api, fields, models
from odoo.exceptions import UserError, ValidationError

from ..tools.import_headers import find_header_row, recognise_all
from ..tools.import_values import is_blank
from ..tools.sheet_files import SheetError
from ..tools.sheets import open_sheet

#: How many rows are looked at before the import, how many of them are shown, and how much of a cell.
LOOKED_AT, SHOWN, LONGEST_SHOWN = 40, 10, 80
#: How many values of a column are shown as examples.
SAMPLES = 3


class FunnelImportFileMixin(models.AbstractModel):
    """The file of an import: what it is, its columns, its first rows, and words for what is wrong with it."""

    _name = "funnel.import.file.mixin"
    _description = "File of an Import"

    preview = fields.Json(readonly=True, copy=False)
    preview_html = fields.Html("First Rows", compute="_compute_preview_html", sanitize=False)
    sheet_names = fields.Char("Sheets in the File", readonly=True, copy=False)

    @api.depends("preview", "column_ids.target")
    @api.depends_context("lang")
    def _compute_preview_html(self):
        labels = dict(self.env["funnel.import.column"]._selection_target())
        for job in self:
            values = {
                "headers": [(column.header, labels.get(column.target)) for column in job.column_ids],
                "rows": [
                    (number, cells + [""] * (len(job.column_ids) - len(cells))) for number, cells in job.preview or ()
                ],
            }
            job.preview_html = bool(job.preview) and self.env["ir.qweb"]._render(
                "sales_funnel_addon.import_preview", values, lang=self.env.lang
            )

    def _open_file(self):
        """Open the file.

        :rtype: sales_funnel_addon.tools.sheets.Sheet
        :raises SheetError: when it cannot be read
        """
        attachment = (
            self.env["ir.attachment"]
            .sudo()  # files of fields are read through their record, which was checked
            .search([("res_model", "=", self._name), ("res_field", "=", "file"), ("res_id", "=", self.id)])
        )
        content = attachment.raw or b""
        attachment.invalidate_recordset(["raw"], flush=False)
        return open_sheet(content, self.sheet_name or "")

    def _load_columns(self, *, find_header=True):
        """Look at the first rows: find the headers and what they mean.

        :param bool find_header: whether to look for the row of the headers; the importer may know better
        :raises UserError: when the file cannot be read, with the reason
        """
        try:
            sheet = self._open_file()
            rows = list(islice(sheet.rows, LOOKED_AT))
        except SheetError as error:
            raise UserError(self._describe_sheet_error(error)) from error
        if not rows:
            raise UserError(self._describe_sheet_error(SheetError("empty")))
        known = self.env["funnel.import.header"]._get_known(self.company_id)
        number = find_header_row(rows, known) if find_header else self.header_row
        headers = next((cells for row, cells in rows if row == number), [])
        data = [(row, cells) for row, cells in rows if row > number]
        width = max(len(cells) for _row, cells in [*data, (number, headers)])
        headers = [*headers, *[""] * (width - len(headers))]
        # the columns are the server's to make
        self.sudo()._set(
            {
                "header_row": number,
                "sheet_name": sheet.name,
                "sheet_names": ", ".join(sheet.names),
                "preview": [(row, [cell[:LONGEST_SHOWN] for cell in cells]) for row, cells in data[:SHOWN]],
                "column_ids": [(5, 0, 0), *self._prepare_columns(headers, data, known)],
                **self._get_unread_values(),
            }
        )
        self.env["funnel.import.row"].sudo()._forget(self)

    def _prepare_columns(self, headers, data, known):
        """Return the commands that make the columns of a table."""
        commands = []
        for position, (header, target) in enumerate(zip(headers, recognise_all(headers, known), strict=True)):
            values = [
                cells[position] for _row, cells in data if position < len(cells) and not is_blank(cells[position])
            ]
            vals = {
                "position": position,
                "header": header or self.env._("Column %s", position + 1),
                "sample": " · ".join(value[:LONGEST_SHOWN] for value in dict.fromkeys(values[:SAMPLES])),
                "target": target if target in dict(self.env["funnel.import.column"]._selection_target()) else False,
            }
            commands.append((0, 0, vals))
        return commands

    def _check_targets(self, repeatable):
        """Refuse to fill a field that has one value from two columns.

        :raises ValidationError: naming both columns
        """
        seen = {}
        for column in self.column_ids.filtered("target"):
            other = seen.setdefault(column.target, column)
            if other != column and column.target not in repeatable:
                raise ValidationError(
                    self.env._(
                        "The columns “%(one)s” and “%(other)s” cannot both go into “%(field)s”.",
                        one=other.header,
                        other=column.header,
                        field=dict(column._selection_target())[column.target],
                    )
                )

    # ------------------------------------------------------------
    # WORDS
    # ------------------------------------------------------------

    def _describe_sheet_error(self, error):
        """Return what is wrong with the file, and what to do about it."""
        _ = self.env._
        words = {
            "empty": _("There is nothing in the file."),
            "too_big": _("The file is too big: at most %(limit)s MB can be imported. Split it."),
            "unpacked_too_big": _("The file unpacks to more than %(limit)s MB: this is no table of clients."),
            "too_many_rows": _("There are too many rows: at most %(limit)s can be imported at once. Split the file."),
            "too_many_columns": _("Row %(row)s has too many columns: at most %(limit)s can be imported."),
            "long_cell": _(
                "A cell in row %(row)s is longer than %(limit)s characters. In a text file, a quotation mark may be "
                "missing there."
            ),
            "html": _(
                "This is a web page that is only called a spreadsheet. Open it in a spreadsheet program and save it as "
                "xlsx."
            ),
            "other_format": _("This kind of spreadsheet cannot be read. Save it as xlsx, xls or csv."),
            "not_a_sheet": _("This is no spreadsheet: xlsx, xls and csv can be imported."),
            "password": _("The file is protected with a password. Save it without one."),
            "damaged": _(
                "The file is damaged: it cannot be read to its end. Open it in a spreadsheet program and save it anew."
            ),
            "entities": _("The file refers to other files, as no spreadsheet program does: it is not opened."),
            "no_such_sheet": _("There is no sheet “%(sheet)s” in the file. There are: %(sheets)s."),
        }
        text = words[error.code]
        return text % error.facts if error.facts else text
