"""Writing tables that are read by people: text only, whatever it looks like."""

import xlsxwriter

from .sheet_cells import neutralise

#: How wide the first columns are, which say what has become of the row, and the others.
VERDICT_WIDTHS, WIDTH = (8, 22, 60, 40), 20


def write_report(output, headers, rows):
    """Write a workbook row by row, so that its size does not matter.

    :param output: a binary file
    :param list headers: what stands above the columns
    :param rows: lists of text

    >>> import io, openpyxl
    >>> output = io.BytesIO()
    >>> write_report(output, ["Row", "Verdict"], [["1", "=1+1"], ["2", "+7 912"]])
    >>> [[cell.value for cell in row] for row in openpyxl.load_workbook(output).active]
    [['Row', 'Verdict'], ['1', "'=1+1"], ['2', '+7 912']]
    """
    options = {"constant_memory": True, "strings_to_formulas": False, "strings_to_urls": False}
    with xlsxwriter.Workbook(output, options) as book:
        sheet, bold = book.add_worksheet(), book.add_format({"bold": True})
        for column in range(len(headers)):
            sheet.set_column(column, column, VERDICT_WIDTHS[column] if column < len(VERDICT_WIDTHS) else WIDTH)
        sheet.freeze_panes(1, 0)
        for column, header in enumerate(headers):
            sheet.write_string(0, column, neutralise(header), bold)
        for number, cells in enumerate(rows, 1):
            for column, text in enumerate(cells):
                if text:
                    sheet.write_string(number, column, neutralise(text))
