"""Files to import: real ones as LibreOffice writes them, hostile ones, and any number of damaged ones."""

import gzip
import io
import random
import zipfile
from pathlib import Path
from unittest.mock import patch

import openpyxl
import pytest
import xlwt
from odoo.exceptions import UserError

from odoo.addons.sales_funnel_addon.tools import sheet_files, sheets
from odoo.addons.sales_funnel_addon.tools.sheet_files import SheetError
from odoo.addons.sales_funnel_addon.tools.sheets import open_sheet

from .imports import ImportCase, make_csv, make_xlsx

FILES = Path(__file__).with_name("files")
ROWS = [["Name", "Phone"], ["Ivan", "8 912 345-67-89"]]


def make_xls(rows):
    """Return rows as a workbook of Excel 97."""
    book = xlwt.Workbook()
    sheet = book.add_sheet("Base")
    for number, row in enumerate(rows):
        for column, value in enumerate(row):
            sheet.write(number, column, value)
    output = io.BytesIO()
    book.save(output)
    return output.getvalue()


def rewrite(content, name, change):
    """Return a workbook one part of which is changed."""
    output = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as old, zipfile.ZipFile(output, "w", zipfile.ZIP_DEFLATED) as new:
        for info in old.infolist():
            data = old.read(info)
            new.writestr(info.filename, change(data) if info.filename == name else data)
    return output.getvalue()


def read(content):
    return [cells for _number, cells in open_sheet(content).rows]


def refused(content):
    """Return the code of what is wrong with a file."""
    with pytest.raises(SheetError) as caught:
        read(content)
    return caught.value.code


def test_what_libreoffice_writes_is_the_same_in_both_formats():
    new = list(open_sheet((FILES / "cold_base.xlsx").read_bytes()).rows)
    old = list(open_sheet(gzip.decompress((FILES / "cold_base.xls.gz").read_bytes())).rows)
    assert len(new) == 10_001
    assert new == old
    assert new[2][1][:4] == ["Лид 1", "Иван", "Петров 1", "89120000001"]


def test_the_content_decides_what_a_file_is():
    for content in (
        make_xlsx(ROWS),
        make_xls(ROWS),
        make_csv(ROWS),
        make_csv(ROWS, "cp1251", ","),
        make_csv(ROWS, "utf-16"),
    ):
        assert read(content) == ROWS
    assert refused(b"<html><body><table><tr><td>Name</td></tr></table>") == "html"
    assert refused(b"\xef\xbb\xbf<?xml version='1.0'?><Workbook/>") == "other_format"
    assert refused(b"") == refused(b" \n ") == "empty"
    assert refused(make_xlsx([])) == "empty"


def test_encodings_of_text():
    rows = [["Имя", "Телефон", "Комментарий"], ["Иван Петров", "89123456789", "Ёлка; «кавычки» — тире"]]
    for encoding in ("utf-8", "utf-8-sig", "cp1251", "utf-16"):
        for separator in ";,\t":
            assert read(make_csv(rows, encoding, separator)) == rows, (encoding, separator)


def test_numbers_dates_formulas_and_merged_cells():
    book = openpyxl.Workbook()
    sheet = book.active
    sheet.append(["Name", "Phone", "Amount", "Date", "Formula"])
    sheet.append(["Ivan", 79123456789, 1.5, "2026-03-02", "=1+1"])
    sheet["D2"].number_format = "DD.MM.YYYY"
    sheet["D2"].value = 46083
    sheet["A4"] = "Merged"
    sheet.merge_cells("A4:B4")
    output = io.BytesIO()
    book.save(output)
    expected = ["Ivan", "79123456789", "1.5", "2026-03-02"]
    assert read(output.getvalue())[1:] == [expected, ["Merged"]], "a formula is not computed here"
    assert read(make_xls([["Phone"], [7.9123456789e10], [1e39]]))[1:] == [["79123456789"], ["1" + "0" * 39]]


def test_hostile_workbooks_are_refused():
    content = make_xlsx(ROWS)
    sheet = "xl/worksheets/sheet1.xml"
    entity = b'<?xml version="1.0"?><!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/passwd">]>'
    assert refused(rewrite(content, sheet, lambda data: entity + data)) == "entities"
    with patch.object(sheet_files, "MOST_UNPACKED", 1000):
        assert refused(content) == "unpacked_too_big"
    bomb = rewrite(content, "xl/styles.xml", lambda data: data + b" " * (sheet_files.MOST_SETTINGS + 1))
    assert len(bomb) < 100_000
    assert refused(bomb) == "unpacked_too_big"
    far = rewrite(
        content, sheet, lambda data: data.replace(b'r="2"', b'r="99999999"').replace(b'r="A2"', b'r="A99999999"')
    )
    assert refused(far) in ("too_many_rows", "damaged")
    with patch.object(sheets, "MOST_ROWS", 1):
        assert refused(make_csv([*ROWS, *ROWS])) == "too_many_rows"
    assert refused(make_csv([["x"] * 300])) == "too_many_columns"
    assert refused(make_csv([["x" * 40_000]])) == "long_cell"
    assert refused(b'Name;Phone\n"' + b"x" * 200_000) == "long_cell"


def test_protected_and_damaged_files():
    protected = sheet_files._OLE + b"\0" * 600 + "EncryptedPackage".encode("utf-16-le") + b"\0" * 600
    assert refused(protected) == "password"
    assert refused(make_xlsx(ROWS)[:-200]) == "damaged"
    assert refused(make_xls(ROWS)[:1200]) in ("damaged", "not_a_sheet")
    assert refused(b"PK\x03\x04" + b"x" * 100) == "damaged"
    assert refused(b"%PDF-1.7 \n" + bytes(range(256))) == "not_a_sheet"


@pytest.mark.parametrize("make", [make_xlsx, make_xls, make_csv])
def test_damaged_files_are_read_or_refused(make):
    """Bytes of real files are changed, cut and repeated at random: they are read, or it is said why not."""
    seed = random.randrange(10**6)
    print(f"seed {seed}")
    chance = random.Random(seed)
    original = make([["Имя", "Телефон"], *([f"Client {n}", f"8912{n:07}"] for n in range(40))])
    codes = set()
    for _number in range(150):
        content = bytearray(original)
        for _change in range(chance.randint(1, 12)):
            at = chance.randrange(len(content))
            content[at : at + chance.randint(0, 3)] = chance.randbytes(chance.randint(0, 4))
        if chance.random() < 0.2:
            del content[chance.randrange(len(content)) :]
        try:
            for number, cells in open_sheet(bytes(content)).rows:
                assert number > 0
                assert all(isinstance(cell, str) and "\x00" not in cell for cell in cells)
        except SheetError as error:
            codes.add(error.code)
    assert codes or make is make_csv


def test_random_bytes_are_read_or_refused():
    chance = random.Random(7)
    for start in (
        b"",
        b"PK\x03\x04",
        sheet_files._OLE,
        b"\x09\x08\x10\x00",
        b"\xff\xfe",
        b"\xef\xbb\xbf",
        b"Name;Phone\n",
    ):
        for size in (1, 10, 1000, 20_000):
            try:
                list(open_sheet(start + chance.randbytes(size)).rows)
            except SheetError as error:
                assert error.code


class TestFiles(ImportCase):
    def test_ten_thousand_rows_of_libreoffice(self):
        job = self.make_import((FILES / "cold_base.xlsx").read_bytes(), file_name="base.xls")
        job.action_import()
        self.run_imports(batch_size=1000)
        self.assertEqual((job.state, job.row_count), ("done", 10_000))
        self.assertEqual((job.created_count, job.duplicate_count, job.invalid_count), (9400, 500, 100))
        self.assertEqual(self.why(job, 21), "The same client as in row 18.")
        self.assertIn("“345-67-89” cannot be used", self.why(job, 52))
        self.assertEqual(len(self.cold_list.lead_ids), 9400)

    def test_every_error_has_words(self):
        job = self.make_import(make_csv(ROWS))
        facts = {"row": 5, "limit": 7, "sheet": "A", "sheets": "B"}
        codes = ["empty", "too_big", "unpacked_too_big", "too_many_rows", "too_many_columns", "long_cell", "html"]
        codes += ["other_format", "not_a_sheet", "password", "damaged", "entities", "no_such_sheet"]
        texts = {job._describe_sheet_error(SheetError(code, **facts)) for code in codes}
        self.assertEqual(len(texts), len(codes))
        self.assertFalse([text for text in texts if "%(" in text])

    def test_a_file_that_is_damaged_further_on_leaves_nothing(self):
        content = make_csv([["Name", "Phone"], *([f"C{n}", f"8912{n:07}"] for n in range(60)), ["x" * 40_000]])
        job = self.make_import(content)
        job.action_import()
        self.run_imports()
        self.assertEqual(job.state, "failed")
        self.assertRegex(job.message, "A cell in row 62 is longer than 32767 characters")
        self.assertEqual((self.get_verdicts(job), len(self.cold_list.lead_ids)), ({}, 0))

    def test_a_refused_file_says_why(self):
        for content, text in ((b"<html>", "web page"), (b"", "nothing in the file"), (b"%PDF-1", "no spreadsheet")):
            with self.assertRaisesRegex(UserError, text):
                self.make_import(content)
