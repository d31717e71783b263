"""Attacks: small files that would fill the memory or the database, or keep a worker busy for minutes."""

import io
import time
import zipfile

import pytest
import xlwt

from odoo.addons.sales_funnel_addon.tools.sheet_files import LONGEST_CELL, SheetError
from odoo.addons.sales_funnel_addon.tools.sheets import open_sheet

from ..imports import make_xlsx

SHEET, TYPES, RELS = "xl/worksheets/sheet1.xml", "[Content_Types].xml", "xl/_rels/workbook.xml.rels"
MAIN = b'<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetData>%s</sheetData></worksheet>'
TEXTS = b'<sst xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><si><t>%s</t></si></sst>'
TEXTS_TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml.sharedStrings+xml"
ROW = b'<row r="1"><c t="inlineStr"><is><t>%s</t></is></c></row>'


def make(parts, names=None):
    """Return a workbook with other parts, some of which have other names.

    :param dict parts: functions of the content of a part, by name
    :param dict names: names by name
    """
    output = io.BytesIO()
    old = zipfile.ZipFile(io.BytesIO(make_xlsx([["Name", "Phone"], ["Ivan", "8 912"]])))
    with old, zipfile.ZipFile(output, "w", zipfile.ZIP_DEFLATED) as new:
        for name in [*old.namelist(), *(name for name in parts if name not in old.namelist())]:
            content = old.read(name) if name in old.namelist() else b""
            new.writestr((names or {}).get(name, name), parts.get(name, bytes)(content))
    return output.getvalue()


def refused(content, seconds=15):
    """Return the code of what is wrong with a file, which is found out soon."""
    begin = time.monotonic()
    with pytest.raises(SheetError) as caught:
        list(open_sheet(content).rows)
    assert time.monotonic() - begin < seconds
    return caught.value.code


def test_empty_cells_up_to_the_last_column():
    rows = b"".join(b'<row r="%d"><c r="XFD%d"/></row>' % (number, number) for number in range(1, 20_000))
    assert refused(make({SHEET: lambda _old: MAIN % rows})) == "too_many_columns"


def test_a_formatted_sheet_is_read():
    rows = b"".join(b'<row r="%d"><c r="XFD%d"/></row>' % (number, number) for number in range(2, 200))
    assert list(open_sheet(make({SHEET: lambda _old: MAIN % (ROW % b"Name" + rows)})).rows) == [(1, ["Name"])]


def test_a_million_formats_of_cells():
    formats = b"<xf/>" * 1_000_000 + b"</cellXfs>"
    assert refused(make({"xl/styles.xml": lambda old: old.replace(b"</cellXfs>", formats)})) == "unpacked_too_big"


def test_one_long_text_in_every_cell():
    override = f'<Override PartName="/xl/sharedStrings.xml" ContentType="{TEXTS_TYPE}"/></Types>'.encode()
    cells = b"".join(b'<row r="%d">%s</row>' % (number, b'<c t="s"><v>0</v></c>' * 200) for number in range(1, 2_000))
    content = make(
        {
            SHEET: lambda _old: MAIN % cells,
            "xl/sharedStrings.xml": lambda _old: TEXTS % (b"x" * LONGEST_CELL),
            TYPES: lambda old: old if TEXTS_TYPE.encode() in old else old.replace(b"</Types>", override),
        }
    )
    assert len(content) < 100_000
    assert refused(content) == "unpacked_too_big"


def test_parts_with_other_names_count_as_well():
    def rename(old):
        return old.replace(b"sheet1.xml", b"sheet1.bin")

    content = make(
        {SHEET: lambda _old: MAIN % (ROW % (b"x" * (700 << 20))), TYPES: rename, RELS: rename},
        {SHEET: "xl/worksheets/sheet1.bin"},
    )
    assert refused(content) == "unpacked_too_big"
    texts = make(
        {
            "xl/texts.dat": lambda _old: TEXTS % (b"x" * (200 << 20)),
            TYPES: lambda old: old.replace(b"/xl/sharedStrings.xml", b"/xl/texts.dat").replace(
                b"</Types>",
                f'<Override PartName="/xl/texts.dat" ContentType="{TEXTS_TYPE}"/></Types>'.encode(),
            ),
        }
    )
    assert refused(texts) == "unpacked_too_big"


def test_a_document_type_after_a_long_comment():
    entity = b'<!DOCTYPE a [<!ENTITY e "boom">]>' + MAIN % (ROW % b"&e;")
    for preface in (b"", b"<!-- <a -->", b"<?x <!-- ?>", b"<!--" + b"-x" * 70_000 + b"-->", b" " * 70_000):
        assert refused(make({SHEET: lambda _old, preface=preface: preface + entity})) == "entities"
    comment = b"<!-- <!DOCTYPE in a comment is harmless -->"
    assert list(open_sheet(make({SHEET: lambda _old: comment + MAIN % (ROW % b"Name")})).rows) == [(1, ["Name"])]


def test_a_line_without_an_end():
    assert refused(b"Name;Phone\n" + b";" * (40 << 20)) == "too_many_columns"
    assert refused(b"x" * (40 << 20)) == "long_cell"


def test_sheets_with_names_that_no_database_takes():
    book = xlwt.Workbook()
    book.add_sheet("Base_1").write(0, 0, "Name")
    output = io.BytesIO()
    book.save(output)
    sheet = open_sheet(output.getvalue().replace(b"Base_1", b"Base\x001"))
    assert (sheet.name, list(sheet.rows)) == ("Base1", [(1, ["Name"])])


def test_cells_from_right_to_left_and_merged_ones():
    text = "\u202eevil\u202c שלום"
    merged = b'</sheetData><mergeCells count="1"><mergeCell ref="A1:XFD1048576"/></mergeCells>'
    content = make({SHEET: lambda old: old.replace(b"</sheetData>", merged).replace(b"Ivan", text.encode())})
    assert [cells for _number, cells in open_sheet(content).rows] == [["Name", "Phone"], [text, "8 912"]]
